"""Masses: k·p theory about one k, to second order, exact in the plane waves of that k.

    H(k+κ) = H + κ_i H_i + ½ κ_i κ_j H_ij + …

H_i = ∂H/∂k_i is the velocity, with what the non-local terms add to the momentum; ∂V/∂k = 0.
Onto a group of levels m, the others being l (Löwdin), the part of second order is ½ κ_i κ_j D_ij,

    ⟨m|D_ij|m′⟩ = ⟨m|H_ij|m′⟩ + ½ Σ_l (⟨m|H_i|l⟩⟨l|H_j|m′⟩ + i↔j) (1/(E_m−E_l) + 1/(E_m′−E_l)).

Of one level, or a pair that only reversal of time makes two, (1/m*)_ij = tr D_ij / tr 1. Four
levels Γ8 have Luttinger's three numbers: along 100 the D of one direction is −(γ₁ ± 2γ₂), along
111 it is −(γ₁ ± 2γ₃), each twice (Luttinger, Phys. Rev. 102, 1030 (1956)). Units: 1/mₑ.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.eigensolvers.multiplet import Group, coupled, group, projector
from nnpp.hamiltonian import AtShells, System, hamiltonian, values
from nnpp.pytree import pytree

CUBIC = np.array([[1.0, 0, 0], np.ones(3) / np.sqrt(3)])
"""The directions 100 and 111."""


@pytree
class Expansion:
    """H about one k.

    Attributes:
        levels: the group whose masses are wanted.
        H_i: ∂H/∂k_i [hartree·bohr].
        H_ij: ∂²H/∂k_i∂k_j [hartree·bohr²].
    """

    levels: Group
    H_i: Complex[Array, "3 n n"]
    H_ij: Complex[Array, "3 3 n n"]


def expansion(
    numbers: AtShells, system: System, first: int, last: int, k: int = 0
) -> Expansion:
    """H about the `k`-th k-point of `system`, for the levels `first` to `last`, not included."""
    V, waves = values(numbers, system), jax.tree.map(lambda x: x[k], system.waves)

    def H(kappa: Float[Array, " 3"]) -> Complex[Array, "n n"]:
        moved: PlaneWaves = replace(waves, K=waves.K + kappa)
        return hamiltonian(moved, system, V).matrix()

    def first_order(kappa: Float[Array, " 3"]) -> Complex[Array, "3 n n"]:
        return jnp.moveaxis(jax.jacfwd(H)(kappa), -1, 0)

    here = jnp.zeros(3)
    H_ij = jnp.moveaxis(jax.jacfwd(first_order)(here), -1, 0)
    return Expansion(group(H(here), first, last), first_order(here), H_ij)


def inverse_masses(about: Expansion) -> Float[Array, "3 3"]:
    """(1/m*)_ij, the mean of the group."""
    P = projector(about.levels)
    X = jax.vmap(coupled, in_axes=(None, 0))(about.levels, about.H_i)
    bare = jnp.einsum("ab,ijba->ij", P, about.H_ij).real
    mixed = 2 * jnp.einsum("iab,jba->ij", about.H_i, X).real
    return (bare + (mixed + mixed.T) / 2) / about.levels.count


def along(about: Expansion, direction: Float[Array, " 3"]) -> Complex[Array, "n n"]:
    """D of one direction, zero outside the group."""
    P, n = projector(about.levels), jnp.asarray(direction)
    H_1 = jnp.einsum("i,iab->ab", n, about.H_i)
    H_2 = jnp.einsum("i,j,ijab->ab", n, n, about.H_ij)
    mixed = P @ H_1 @ coupled(about.levels, H_1)
    return P @ H_2 @ P + mixed + mixed.conj().T


def curvatures(about: Expansion, direction: Float[Array, " 3"]) -> Float[Array, " m"]:
    """∂²E/∂κ² of each level of the group along `direction`, rising; each is 1/m*."""
    U = about.levels.U[:, about.levels.first : about.levels.last]
    return jnp.linalg.eigvalsh(U.conj().T @ along(about, direction) @ U)


def luttinger(about: Expansion) -> Float[Array, " 3"]:
    """γ₁, γ₂, γ₃ of the four levels Γ8 in zinc blende or diamond, γ₂ and γ₃ as positive.

    tr D = −4γ₁ and tr D² = 4γ₁² + 16γ² of either direction; nothing asks which level is which.
    """
    D = jnp.stack([along(about, jnp.asarray(n)) for n in CUBIC])
    one = -jnp.einsum("daa->d", D).real / 4
    two = jnp.einsum("dab,dba->d", D, D).real / 4
    return jnp.concatenate([one[:1], jnp.sqrt(two - one**2) / 2])
