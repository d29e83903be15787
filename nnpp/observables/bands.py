"""Bands: Eₙ(k), the lowest eigenvalues of H(k) at every k-point."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.choice import automatic
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.levels import eigenvalues
from nnpp.eigensolvers.wanted import Lowest, Solution, Solver
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import AtShells, System, Values, at_shells, hamiltonian
from nnpp.observables.batched import LevelRequest, in_rows, map_row
from nnpp.observables.completeness import complete
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
        kpoints: where.
        E: the levels in rising order [hartree].
        occupied: how many levels are full at each k (two electrons a level without spin).
        spinor: whether each level holds one electron (spin-orbit) or two.
    """

    kpoints: KPoints
    E: Float[Array, "k band"]
    occupied: int = static()
    spinor: bool = static()

    def doubled(self) -> "Bands":
        """Every spinless level written twice, as files that count electrons want it."""
        if self.spinor:
            return self
        return Bands(self.kpoints, jnp.repeat(self.E, 2, axis=1), 2 * self.occupied, True)


def levels(
    potential: Potential, system: System, n: int, solve: Solver = automatic
) -> Float[Array, "k level"]:
    """The `n` lowest levels at every k of `system` [hartree]; differentiable, jitted."""
    check_room(potential, system, n)
    return all_levels([LevelRequest(at_shells(potential, system), system, n, solve)])[0]


def all_levels(asked: Sequence[LevelRequest]) -> list[Float[Array, "k level"]]:
    """The lowest levels of several systems [hartree]; differentiable, jitted."""
    return in_rows(_levels, asked)


def states(
    potential: Potential, system: System, n: int, solve: Solver = automatic
) -> tuple[Float[Array, "k level"], Complex[Array, "k g level"]]:
    """The `n` lowest levels [hartree] and their states at every k."""
    check_room(potential, system, n)
    return in_rows(_states, [LevelRequest(at_shells(potential, system), system, n, solve)])[0]


@partial(jit_blocking, static_argnames=("n", "solve"))
def _levels(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[Array, ...]:
    """Levels of systems of equal shapes."""

    def at_k(waves: PlaneWaves, numbers: AtShells, V: Values, system: System) -> Array:
        return eigenvalues(hamiltonian(waves, system, V), Lowest(n), solve)

    return map_row(at_k, numbers, systems, n, solve)


@partial(jit_blocking, static_argnames=("n", "solve"))
def _states(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[Any, ...]:
    """Levels and states of systems of equal shapes."""

    def at_k(waves: PlaneWaves, numbers: AtShells, V: Values, system: System) -> Solution:
        return solve(hamiltonian(waves, system, V), Lowest(n))

    return map_row(at_k, numbers, systems, n, solve)


def check_room(potential: Potential, system: System, n: int) -> None:
    """Refuse more levels than the smallest basis of any k has; rows beyond only fill up."""
    spinor = potential.spinor
    room = system.room(spinor)
    if not 0 < n <= room:
        raise InputError(
            f"{n} bands do not fit into {room} {'spinors' if spinor else 'plane waves'}",
            "raise the cutoff or ask for another number of bands",
        )


def occupied_levels(electrons: int, spinor: bool) -> int:
    """How many levels `electrons` fill at each k."""
    if electrons % 2 and not spinor:
        raise InputError(
            f"{electrons} electrons do not fill spinless levels in pairs",
            "state an even number of `electrons`, or use spin-orbit",
        )
    return electrons if spinor else electrons // 2


def validated(E: Float[Array, "k level"]) -> Float[Array, "k level"]:
    """`E`, once known to be finite and below the rows that only fill up."""
    if not float(jnp.max(E)) < FILLING / 2:  # NaN is not below either
        raise InputError(
            f"levels reach {float(jnp.max(E)):g} hartree",
            "the potential is infinite or absurd at some |G−G′|: mend its parameters, or set "
            "`solver: dense` if they are meant",
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
    """The `n` lowest bands; by default the occupied ones and four more (eight spinors)."""
    spinor = potential.spinor
    count = valence_electrons_of(crystal) if electrons is None else electrons
    occupied = occupied_levels(count, spinor)
    n = occupied + (8 if spinor else 4) if n is None else n
    E = validated(levels(potential, system, n, solve))
    if solve is not dense:
        complete(E, potential, system)
    return Bands(kpoints, E, occupied, spinor)
