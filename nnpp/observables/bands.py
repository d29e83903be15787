"""Bands: Eₙ(k), the lowest eigenvalues of H(k) at every k-point."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.devices.tracing import concrete
from nnpp.eigensolvers.choice import automatic, faster
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.levels import eigenvalues
from nnpp.eigensolvers.wanted import Lowest, Solution, Solver
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import AtShells, System, Values, at_shells, hamiltonian
from nnpp.observables.batched import LevelRequest, map_kpoints, solve_by_shape
from nnpp.observables.completeness import complete
from nnpp.observables.shapes import common, common_waves, cut, real_rows
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import electrons as valence_electrons_of
from nnpp.structures.kpoints import KPoints
from nnpp.terms.kinetic import FILLING


@pytree
class Bands:
    """Levels at a set of k-points.

    Attributes:
        kpoints: the k-points.
        E: the levels in ascending order [hartree].
        occupied: number of occupied levels at each k (two electrons a level without spin).
        spinor: whether each level holds one electron (spin-orbit) or two.
    """

    kpoints: KPoints
    E: Float[Array, "k band"]
    occupied: int = static()
    spinor: bool = static()

    def doubled(self) -> "Bands":
        """Return bands with every spinless level twice, as files that count electrons need."""
        if self.spinor:
            return self
        return Bands(self.kpoints, jnp.repeat(self.E, 2, axis=1), 2 * self.occupied, True)


def levels(
    potential: Potential, system: System, n: int, solve: Solver = automatic
) -> Float[Array, "k level"]:
    """Return the `n` lowest levels at every k of `system` [hartree]; differentiable, jitted."""
    return solve_one(_levels, potential, system, n, solve)


def all_levels(requests: Sequence[LevelRequest]) -> list[Float[Array, "k level"]]:
    """Return the lowest levels of several systems [hartree]; differentiable, jitted."""
    return solve_by_shape(_levels, requests)


def states(
    potential: Potential, system: System, n: int, solve: Solver = automatic
) -> tuple[Float[Array, "k level"], Complex[Array, "k g level"]]:
    """Return the `n` lowest levels [hartree] and their states at every k."""
    E, psi = solve_one(_states, potential, system, n, solve)
    g, spins = system.waves.K.shape[1], 1 + potential.spinor
    if psi.shape[1] == g * spins:
        return E, psi

    def without_padding(psi: Any) -> Any:
        return psi.reshape(len(psi), spins, -1, n)[:, :, :g].reshape(len(psi), -1, n)

    return E, cut(psi, without_padding)


def solve_one(
    program: Callable[..., tuple], potential: Potential, system: System, n: int, solve: Solver
) -> Any:
    """Run a compiled `program` for systems of equal shapes on one system.

    The system is padded: another number of k-points mostly runs the same program.

    Args:
        program: maps numbers, systems, n and solver to one result for each system.
        potential: the potential.
        system: the system.
        n: number of levels; an error if the basis has fewer functions.
        solve: the eigensolver.

    Returns:
        The result of `program` for this system.
    """
    check_level_count(potential, system, n)
    padded = common(system)
    request = LevelRequest(at_shells(potential, padded), padded, n, solve)
    return real_rows(solve_by_shape(program, [request])[0], len(system.waves.K))


@partial(jit_blocking, static_argnames=("n", "solve"))
def _levels(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[Array, ...]:
    """Return the levels of systems of equal shapes."""

    def at_k(waves: PlaneWaves, numbers: AtShells, V: Values, system: System) -> Array:
        return eigenvalues(hamiltonian(waves, system, V), Lowest(n), solve)

    return map_kpoints(at_k, numbers, systems, n, solve)


@partial(jit_blocking, static_argnames=("n", "solve"))
def _states(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[Any, ...]:
    """Return levels and states of systems of equal shapes."""

    def at_k(waves: PlaneWaves, numbers: AtShells, V: Values, system: System) -> Solution:
        return solve(hamiltonian(waves, system, V), Lowest(n))

    return map_kpoints(at_k, numbers, systems, n, solve)


def check_level_count(potential: Potential, system: System, n: int) -> None:
    """Raise an error if `n` exceeds the smallest basis; other rows are only padding."""
    spinor = potential.spinor
    largest = system.max_levels(spinor)
    if not 0 < n <= largest:
        raise InputError(
            f"{n} bands do not fit into {largest} {'spinors' if spinor else 'plane waves'}",
            "raise the cutoff or request another number of bands",
        )


def check_complete(
    E: Float[Array, "k level"], potential: Potential, system: System, solve: Solver
) -> None:
    """Raise an error if a level was missed, which a dense solver cannot do."""
    size = common_waves(system.waves.K.shape[1]) * (1 + potential.spinor)
    if (faster(size, Lowest(E.shape[1])) if solve is automatic else solve) is not dense:
        complete(E, potential, system)


def occupied_levels(electrons: int, spinor: bool) -> int:
    """Return the number of levels that `electrons` occupy at each k."""
    if electrons % 2 and not spinor:
        raise InputError(
            f"{electrons} electrons do not fill spinless levels in pairs",
            "state an even number of `electrons`, or use spin-orbit",
        )
    return electrons if spinor else electrons // 2


def validated(E: Float[Array, "k level"]) -> Float[Array, "k level"]:
    """Return `E` after checking that it is finite and below the padding rows."""
    highest = float(np.max(np.asarray(concrete(E, "a level"))))
    if not highest < FILLING / 2:  # NaN is not below either
        raise InputError(
            f"levels reach {highest:g} hartree",
            "the potential is infinite or extreme at some |G−G′|: correct its parameters, or "
            "set `solver: dense` if they are intended",
        )
    return E


def bands(
    potential: Potential,
    system: System,
    crystal: Crystal,
    kpoints: KPoints,
    n: int | None = None,
    electrons: int | None = None,
    solve: Solver = automatic,
) -> Bands:
    """Return the lowest bands of a crystal.

    Args:
        potential: the potential.
        system: the plane waves of the crystal at `kpoints`.
        crystal: the atoms, from which the valence electrons are counted.
        kpoints: the k-points.
        n: number of bands; by default the occupied ones and four more (eight spinors).
        electrons: valence electrons in the cell, if not the usual ones of its elements.
        solve: the eigensolver.

    Returns:
        The bands, energies in hartree.
    """
    spinor = potential.spinor
    count = valence_electrons_of(crystal, electrons)
    occupied = occupied_levels(count, spinor)
    n = occupied + (8 if spinor else 4) if n is None else n
    E = validated(levels(potential, system, n, solve))
    check_complete(E, potential, system, solve)
    return Bands(kpoints, E, occupied, spinor)
