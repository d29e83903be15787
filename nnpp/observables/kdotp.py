"""k·p theory about one k: masses, Luttinger's parameters, velocities and Kane's energy.

    H(k+κ) = H + κ_i H_i + ½ κ_i κ_j H_ij + …

H_i = ∂H/∂k_i = i[H, r_i] is the velocity v_i. T = ½K² gives k+G; V(r) adds nothing: ∂V/∂k = 0;
non-local and spin-orbit terms add a momentum of their own, without which no sum rule holds
(Starace, Phys. Rev. A 3, 1242 (1971)). Projected on a group of levels m, the others being l
(Löwdin), the second order is ½ κ_i κ_j D_ij, exact in the plane waves of that k:

    ⟨m|D_ij|m′⟩ = ⟨m|H_ij|m′⟩ + ½ Σ_l (⟨m|H_i|l⟩⟨l|H_j|m′⟩ + i↔j) (1/(E_m−E_l) + 1/(E_m′−E_l)).

For one level, or a Kramers pair, (1/m*)_ij = tr D_ij / tr 1. The four levels Γ8 have
Luttinger's three parameters: along 100 the D of one direction is −(γ₁ ± 2γ₂), along 111 it is
−(γ₁ ± 2γ₃), each twice (Luttinger, Phys. Rev. 102, 1030 (1956)). Between the conduction edge c
of zinc blende and its valence edge v, the three levels Γ15, or Γ8 and Γ7 together,

    E_P = (2/3)(1/n_c) Σ_ci Σ_v |⟨c|v_i|v⟩|²

is Kane's energy 2|⟨S|p_x|X⟩|² (Kane, J. Phys. Chem. Solids 1, 249 (1957)).
Units: 1/mₑ for D; hartree·bohr for v; hartree for E_P.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.eigensolvers.multiplet import Group, coupled, group, projector
from nnpp.hamiltonian.bulk import AtShells, System, matrix
from nnpp.pytree import pytree

Direction = Float[Array | np.ndarray, " 3"]
"""A unit vector."""

CUBIC = np.array([[1.0, 0, 0], np.ones(3) / np.sqrt(3)])
"""Unit vectors along 100 and 111."""


@pytree
class Velocity:
    """H at one k and the velocity v_i = H_i.

    Attributes:
        H: H(k) [hartree].
        H_i: ∂H/∂k_i [hartree·bohr].
    """

    H: Complex[Array, "n n"]
    H_i: Complex[Array, "3 n n"]


@pytree
class Expansion(Velocity):
    """H at one k to second order.

    Attributes:
        H_ij: ∂²H/∂k_i∂k_j [hartree·bohr²].
    """

    H_ij: Complex[Array, "3 3 n n"]


def velocity(numbers: AtShells, system: System) -> Velocity:
    """Return H and the velocity at the first k-point of `system`."""
    return _velocity(numbers, system.bare(numbers))


def expansion(numbers: AtShells, system: System) -> Expansion:
    """Return H and its derivatives at the first k-point of `system`."""
    return _expansion(numbers, system.bare(numbers))


# The compiled functions take a system without names, so that crystals of other elements share
# the program.


@jax.jit
def _velocity(numbers: AtShells, system: System) -> Velocity:
    H_i, H = _slope(numbers, system, jnp.zeros(3))
    return Velocity(H, jnp.moveaxis(H_i, -1, 0))


@jax.jit
def _expansion(numbers: AtShells, system: System) -> Expansion:
    def slope(kappa: Float[Array, " 3"]) -> tuple[Array, tuple[Array, Array]]:
        H_i, H = _slope(numbers, system, kappa)
        return H_i, (H, H_i)

    H_ij, (H, H_i) = jax.jacfwd(slope, has_aux=True)(jnp.zeros(3))
    return Expansion(H, jnp.moveaxis(H_i, -1, 0), jnp.moveaxis(H_ij, (-2, -1), (0, 1)))


def _slope(numbers: AtShells, system: System, kappa: Float[Array, " 3"]) -> tuple[Array, Array]:
    """Return ∂H/∂κ_i, i being the last axis, and H, both at κ."""

    def H(kappa: Float[Array, " 3"]) -> tuple[Array, Array]:
        M = matrix(numbers, system, kappa)
        return M, M

    return jax.jacfwd(H, has_aux=True)(kappa)


def inverse_masses(about: Expansion, first: int, last: int) -> Float[Array, "3 3"]:
    """Return (1/m*)_ij, the mean over the levels `first` to `last` − 1 [1/mₑ]."""
    levels = group(about.H, first, last)
    P, X = projector(levels), jax.vmap(coupled, in_axes=(None, 0))(levels, about.H_i)
    bare = jnp.einsum("ab,ijba->ij", P, about.H_ij).real
    mixed = 2 * jnp.einsum("iab,jba->ij", about.H_i, X).real
    return (bare + (mixed + mixed.T) / 2) / (last - first)


def along(about: Expansion, levels: Group, direction: Direction) -> Complex[Array, "n n"]:
    """Return D of one direction; it is zero outside the group [1/mₑ]."""
    P, n = projector(levels), jnp.asarray(direction)
    H_1 = jnp.einsum("i,iab->ab", n, about.H_i)
    H_2 = jnp.einsum("i,j,ijab->ab", n, n, about.H_ij)
    mixed = P @ H_1 @ coupled(levels, H_1)
    return P @ H_2 @ P + mixed + mixed.conj().T


def curvatures(
    about: Expansion, first: int, last: int, direction: Direction
) -> Float[Array, " m"]:
    """Return ∂²E/∂κ² = 1/m* along `direction` of levels `first` to `last` − 1, ascending."""
    levels = group(about.H, first, last)
    U = levels.U[:, first:last]
    return jnp.linalg.eigvalsh(U.conj().T @ along(about, levels, direction) @ U)


def luttinger(about: Expansion, first: int) -> Float[Array, " 3"]:
    """Return γ₁, γ₂, γ₃ of the four levels from `first`, Γ8 of a cubic crystal.

    tr D = −4γ₁ and tr D² = 4γ₁² + 16γ² for both directions, so that heavy and light levels need
    not be identified; γ₂ and γ₃ are taken as positive.
    """
    levels = group(about.H, first, first + 4)
    D = jnp.stack([along(about, levels, n) for n in CUBIC])
    one = -jnp.einsum("daa->d", D).real / 4
    two = jnp.einsum("dab,dba->d", D, D).real / 4
    return jnp.concatenate([one[:1], jnp.sqrt(two - one**2) / 2])


def squared(at: Velocity, left: tuple[int, int], right: tuple[int, int]) -> Float[Array, "3 3"]:
    """Return Σ_lr Re ⟨l|v_i|r⟩⟨r|v_j|l⟩ over two groups of levels; differentiable."""
    P, Q = (projector(group(at.H, *levels)) for levels in (left, right))
    return jnp.einsum("iab,jba->ij", P @ at.H_i @ Q, at.H_i).real


def kane_energy(
    at: Velocity, conduction: tuple[int, int], valence: tuple[int, int]
) -> Float[Array, ""]:
    """Return Kane's energy E_P between two groups of levels, the band edges [hartree]."""
    count = conduction[1] - conduction[0]
    return 2 / 3 * jnp.trace(squared(at, conduction, valence)) / count
