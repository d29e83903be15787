"""Momentum between levels: v_i = ∂H/∂k_i = i[H, r_i], what non-local terms add included.

T alone gives v = k+G; V(r) adds nothing; a non-local or spin-orbit term has a momentum of its
own, without which no sum rule holds (Starace, Phys. Rev. A 3, 1242 (1971)). Between the
conduction edge c of zinc blende and its valence edge,

    E_P = (2/3)(1/n_c) Σ_ci Σ_v |⟨c|v_i|v⟩|²,

v the three levels Γ15, or Γ8 and Γ7 together, is Kane's energy 2|⟨S|p_x|X⟩|² (Kane, J. Phys.
Chem. Solids 1, 249 (1957)). Units: hartree·bohr for v; hartree for E_P.
"""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.choice import Solver, automatic
from nnpp.eigensolvers.multiplet import group, projector
from nnpp.hamiltonian.bulk import AtShells, System, Values, at_shells, hamiltonian, matrix
from nnpp.observables.bands import check_room
from nnpp.observables.batched import LevelRequest, in_rows, map_row
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree


@pytree
class Velocity:
    """H at one k and ∂H/∂k_i.

    Attributes:
        H: [hartree].
        v: [hartree·bohr].
    """

    H: Complex[Array, "n n"]
    v: Complex[Array, "3 n n"]


def velocity(numbers: AtShells, system: System) -> Velocity:
    """At the first k-point of `system`."""
    return _velocity(numbers, system.bare(numbers))


@jax.jit
def _velocity(numbers: AtShells, system: System) -> Velocity:
    """The same without names, so that crystals of other elements share the program."""

    def H(kappa: Float[Array, " 3"]) -> tuple[Array, Array]:
        waves: PlaneWaves = replace(system.waves, K=system.waves.K + kappa)
        M = matrix(numbers, replace(system, waves=waves))
        return M, M

    v, here = jax.jacfwd(H, has_aux=True)(jnp.zeros(3))
    return Velocity(here, jnp.moveaxis(v, -1, 0))


def squared(at: Velocity, left: tuple[int, int], right: tuple[int, int]) -> Float[Array, "3 3"]:
    """Σ_lr Re ⟨l|v_i|r⟩⟨r|v_j|l⟩ over two groups of levels; differentiable."""
    P, Q = (projector(group(at.H, *levels)) for levels in (left, right))
    return jnp.einsum("iab,jba->ij", P @ at.v @ Q, at.v).real


def kane_energy(
    at: Velocity, conduction: tuple[int, int], valence: tuple[int, int]
) -> Float[Array, ""]:
    """E_P between the two edges [hartree]."""
    count = conduction[1] - conduction[0]
    return 2 / 3 * jnp.trace(squared(at, conduction, valence)) / count


def levels_and_velocities(
    potential: Potential, system: System, n: int, solve: Solver = automatic
) -> tuple[Float[Array, "k level"], Complex[Array, "k 3 level level"]]:
    """The `n` lowest levels at every k [hartree], and ⟨m|v_i|n⟩ between them."""
    check_room(potential, system, n)
    return in_rows(_row, [LevelRequest(at_shells(potential, system), system, n, solve)])[0]


@partial(jit_blocking, static_argnames=("n", "solve"))
def _row(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[tuple[Array, Array], ...]:
    """Systems of equal shapes."""

    def at_k(
        waves: PlaneWaves, numbers: AtShells, V: Values, system: System
    ) -> tuple[Array, Array]:
        E, psi = solve(hamiltonian(waves, system, V), n)

        def on_states(kappa: Float[Array, " 3"]) -> Complex[Array, "g level"]:
            return hamiltonian(replace(waves, K=waves.K + kappa), system, V) @ psi

        vs = [jax.jvp(on_states, (jnp.zeros(3),), (unit,))[1] for unit in jnp.eye(3)]
        return E, jnp.stack([psi.conj().T @ x for x in vs])

    return map_row(at_k, numbers, systems, n, solve)
