"""Targets that come in rows, as files of the older code have them: couplings, two volumes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES
from nnpp.config.targets import CouplingTarget, Level, StretchTarget
from nnpp.errors import InputError
from nnpp.fitting.targets.quantity import Quantity
from nnpp.hamiltonian.bulk import System
from nnpp.observables.couplings import Coupled, moved, pair
from nnpp.observables.deformation import Stretched
from nnpp.observables.fields import multiplet
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV

TOGETHER = 1e-5 / HARTREE_EV
"""Levels closer than this couple as one multiplet, as in the older code [hartree]."""


def stretched(case: Case, rows: list[StretchTarget]) -> Iterator[Quantity]:
    """All rows of a case as one; nothing if there are none."""
    if not rows:
        return
    named = [level for row in rows for level in (row, row.above) if level is not None]
    points = sorted({level.kpoint for level in named})

    def place(row: StretchTarget) -> tuple[int, int]:
        return points.index(row.kpoint), _level(case, row.band)

    above = (
        None if r.above is None else (points.index(r.above.kpoint), _level(case, r.above.band))
        for r in rows
    )
    measure = Stretched(
        tuple(map(place, rows)), tuple(above), tuple(row.stretch for row in rows)
    )
    system = case.at(listed(case.crystal, np.array(points)))
    _refuse_beyond(case, system, named)
    yield Quantity(system, *_aim(rows), measure, f"{case.spec.name}: stretched")


def coupled(case: Case, rows: list[CouplingTarget], start: Potential) -> Iterator[Quantity]:
    """The rows of each k and q as one; levels that lie together at the start stay together."""
    by_place = defaultdict(list)
    for row in rows:
        by_place[row.kpoint, row.q].append(row)
    for (k, q), of_place in by_place.items():
        rule = RULES[case.spec.plane_waves]
        both = pair(case.crystal, np.array(k), np.array(q), case.spec.cutoff, rule)
        _refuse_beyond(case, both.system, of_place)
        at = moved(start, both)
        E = [np.linalg.eigvalsh(np.asarray(H)) for H in (at.left, at.right)]
        members = []
        for row in of_place:
            left, right = (multiplet(levels, _level(case, row.band), TOGETHER) for levels in E)
            members.append((left, right))
        places = tuple((row.atom - 1, "xyz".index(row.along)) for row in of_place)
        at_k, by_q = (" ".join(f"{x:g}" for x in vector) for vector in (k, q))
        name = f"{case.spec.name}: couplings from {at_k} by {by_q}"
        yield Quantity(both, *_aim(of_place), Coupled(places, tuple(members)), name)


def _aim(rows: list) -> tuple[jnp.ndarray, jnp.ndarray]:
    """Values, and roots of weights."""
    return (
        jnp.asarray([row.value for row in rows]),
        jnp.sqrt(jnp.asarray([row.weight for row in rows])),
    )


def _level(case: Case, band: int) -> int:
    """The level, from 0, of a band counted as `spin` says."""
    return (band - 1) // case.times


def _refuse_beyond(case: Case, system: System, named: Sequence[Level]) -> None:
    """Refuse a level beyond the plane waves of one of its k-points."""
    band, room = max(level.band for level in named), system.max_levels(case.spinor)
    if _level(case, band) >= room:
        raise InputError(f"band {band} lies beyond {room} functions", "raise the cutoff")


def refuse_unknown_atom(case: Case, row: CouplingTarget) -> None:
    """Refuse an atom that is not there."""
    atoms = len(case.crystal.symbols)
    if row.atom > atoms:
        raise InputError(f"there is no atom {row.atom}", f"write 1 to {atoms}")


def refuse_unknown_band(case: Case, row: CouplingTarget | StretchTarget) -> None:
    """Refuse a level beyond those that the fit computes; others would not be known either."""
    also = row.above if isinstance(row, StretchTarget) else None
    band = max(level.band for level in (row, also) if level is not None)
    if _level(case, band) >= case.n_levels:
        raise InputError(
            f"there is no band {band}",
            f"write 1 to {case.n_levels * case.times}, or raise `bands`",
        )
