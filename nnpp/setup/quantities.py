"""Targets that depend on wave functions: masses, deformation potentials, couplings, ε."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES, fixed_at_gamma
from nnpp.config.targets import (
    CouplingTarget,
    DielectricTarget,
    DotGapTarget,
    EnergyTarget,
    Level,
    MassTarget,
    StretchTarget,
    Target,
)
from nnpp.errors import InputError
from nnpp.fitting.targets.quantity import Quantity
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.couplings import Coupled, moved, pair
from nnpp.observables.deformation import Stretched
from nnpp.observables.dielectric import Dielectric, Response
from nnpp.observables.edges import (
    Edges,
    Measure,
    conduction_by_volume,
    gap_by_volume,
    kane,
    valence_by_volume,
)
from nnpp.observables.fields import multiplet
from nnpp.observables.masses import Masses, small_k
from nnpp.potentials.interface import require_curve
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.dots import check_dot_target
from nnpp.structures.kpoints import listed
from nnpp.structures.symmetry import mesh_off_gamma, space_group
from nnpp.units import HARTREE_EV

KINDS = {
    "kane_energy": kane,
    "gap_by_volume": gap_by_volume,
    "conduction_by_volume": conduction_by_volume,
    "valence_by_volume": valence_by_volume,
}
"""The number that each kind of target at Γ measures."""

MASSES = ("electron_mass", "heavy_hole_mass", "light_hole_mass")

BY_VOLUME = (*(kind for kind in KINDS if kind.endswith("by_volume")), "stretched")
OF_VALENCE = (*(kind for kind in KINDS if kind != "conduction_by_volume"), *MASSES[1:])
ZINC_BLENDE_OR_DIAMOND = ("(216)", "(227)")
"""Numbers of the space groups in which the valence edge at Γ is Γ15, or Γ8 with spin-orbit."""

LARGEST = 1500
"""More functions need gigabytes and minutes for dense matrices and their derivatives."""


TOGETHER = 1e-5 / HARTREE_EV
"""Levels closer than this are coupled as one multiplet, as in DeePseudopot [hartree]."""


def is_cubic(case: Case) -> bool:
    """Return whether the crystal has zinc-blende or diamond symmetry (Γ15, Γ8)."""
    return any(n in space_group(case.crystal) for n in ZINC_BLENDE_OR_DIAMOND)


def at_gamma(case: Case) -> System:
    """Return the plane waves of a system at Γ."""
    return case.at(listed(case.crystal, np.zeros((1, 3))))


def quantities(case: Case, start: Potential) -> Iterator[Quantity]:
    """Yield all such targets of a system.

    Args:
        case: the system.
        start: the potential that the fit starts from, which determines multiplets.
    """
    targets = case.spec.targets
    masses = [t for t in targets if isinstance(t, MassTarget)]
    if masses:
        yield _masses(case, masses)
    energies = [t for t in targets if isinstance(t, EnergyTarget)]
    yield from (_at_edge(case, t) for t in energies if t.kind in KINDS)
    yield from (_dielectric(case, t) for t in targets if isinstance(t, DielectricTarget))
    yield from _stretched(case, [t for t in targets if isinstance(t, StretchTarget)])
    yield from _coupled(case, [t for t in targets if isinstance(t, CouplingTarget)], start)


def _masses(case: Case, targets: list[MassTarget]) -> Quantity:
    """Return the inverse masses at Γ as targets; r = √w (m₀/m − 1) eV."""
    k = small_k(case.crystal, 1 if is_cubic(case) else 3)
    rule = fixed_at_gamma(RULES[case.spec.plane_waves])
    m = np.array([target.value for target in targets])
    weight = np.array([target.weight for target in targets])
    kinds = tuple(target.kind for target in targets)
    return Quantity(
        system=system(case.crystal, listed(case.crystal, k), case.spec.cutoff, rule),
        value=jnp.asarray(1 / m),
        scale=jnp.asarray(np.sqrt(weight) * m / HARTREE_EV),
        measure=Masses(kinds, Edges(case.occupied, case.spinor)),
        name=f"{case.spec.name}: {', '.join(kinds)}",
    )


def _at_edge(case: Case, target: EnergyTarget) -> Quantity:
    """Return a number that states of the band edges determine, as a target."""
    measure = Measure(KINDS[target.kind], Edges(case.occupied, case.spinor))
    y, s = jnp.asarray(target.value)[None], jnp.sqrt(jnp.asarray(target.weight))[None]
    return Quantity(at_gamma(case), y, s, measure, f"{case.spec.name}: {target.kind}")


def _dielectric(case: Case, target: DielectricTarget) -> Quantity:
    """Return ε₁ or ε₂, summed over a mesh."""
    kpoints = mesh_off_gamma(case.crystal, target.mesh)
    edges = Edges(case.occupied, case.spinor)
    response = Response(target.energy, target.width, target.part == "imaginary")
    measure = Dielectric(edges, tuple(np.asarray(kpoints.weights).tolist()), response)
    y = jnp.asarray(target.value)[None]
    scale = jnp.sqrt(jnp.asarray(target.weight))[None] / HARTREE_EV
    name = f"{case.spec.name}: {target.place if target.energy else 'dielectric'}"
    return Quantity(case.at(kpoints), y, scale, measure, name)


def _stretched(case: Case, rows: list[StretchTarget]) -> Iterator[Quantity]:
    """Yield all rows of a system as one quantity, if there are any."""
    if not rows:
        return
    levels = [level for row in rows for level in (row, row.above) if level is not None]
    points = sorted({level.kpoint for level in levels})

    def place(level: Level) -> tuple[int, int]:
        return points.index(level.kpoint), _level(case, level.band)

    above = (None if row.above is None else place(row.above) for row in rows)
    measure = Stretched(
        tuple(map(place, rows)), tuple(above), tuple(row.stretch for row in rows)
    )
    at_points = case.at(listed(case.crystal, np.array(points)))
    _check_basis(case, at_points, levels)
    yield Quantity(
        at_points, *_values_and_scales(rows), measure, f"{case.spec.name}: stretched"
    )


def _coupled(case: Case, rows: list[CouplingTarget], start: Potential) -> Iterator[Quantity]:
    """Yield the rows of each k and q as one quantity.

    Levels that are degenerate with the potential `start` are coupled as one multiplet.
    """
    by_place = defaultdict(list)
    for row in rows:
        by_place[row.kpoint, row.q].append(row)
    for (k, q), of_place in by_place.items():
        rule = RULES[case.spec.plane_waves]
        both = pair(case.crystal, np.array(k), np.array(q), case.spec.cutoff, rule)
        _check_basis(case, both.system, of_place)
        at = moved(start, both)
        E = [np.linalg.eigvalsh(np.asarray(H)) for H in (at.left, at.right)]
        members = []
        for row in of_place:
            left, right = (multiplet(levels, _level(case, row.band), TOGETHER) for levels in E)
            members.append((left, right))
        places = tuple((row.atom - 1, "xyz".index(row.along)) for row in of_place)
        at_k, by_q = (" ".join(f"{x:g}" for x in vector) for vector in (k, q))
        name = f"{case.spec.name}: couplings from {at_k} by {by_q}"
        yield Quantity(
            both, *_values_and_scales(of_place), Coupled(places, tuple(members)), name
        )


def _values_and_scales(rows: list) -> tuple[jnp.ndarray, jnp.ndarray]:
    """Return the values and the square roots of the weights."""
    return (
        jnp.asarray([row.value for row in rows]),
        jnp.sqrt(jnp.asarray([row.weight for row in rows])),
    )


def _level(case: Case, band: int) -> int:
    """Return the index of the level, from 0, of a band counted as `spin` says."""
    return (band - 1) // case.times


def _check_basis(case: Case, system: System, levels: Sequence[Level]) -> None:
    """Raise an error if the basis has fewer functions than the highest of the levels."""
    band, functions = max(level.band for level in levels), system.max_levels(case.spinor)
    if _level(case, band) >= functions:
        raise InputError(
            f"band {band} is more than the basis of {functions} functions has",
            "raise the cutoff",
        )


def check_target(case: Case, potential: Potential, target: Target) -> None:
    """Raise an InputError for a target that the system does not have or that is too large.

    Targets of levels alone are not checked.
    """
    kind = target.kind
    if isinstance(target, DotGapTarget):
        check_dot_target(potential, target)
    if isinstance(target, CouplingTarget):
        _check_atom(case, target)
    if isinstance(target, CouplingTarget | StretchTarget):
        _check_band(case, target)
    elif kind not in (*KINDS, *MASSES, "dielectric"):
        return
    if kind in OF_VALENCE and not is_cubic(case):
        group = space_group(case.crystal)
        raise InputError(
            f"{kind} is defined for zinc blende and diamond only; this is {group}",
            "remove the target",
        )
    if kind.endswith("hole_mass") and not case.spinor:
        raise InputError(
            f"{kind} is a mass of Γ8, but no element has a spin-orbit strength",
            "add spin_orbit to an element, or remove the target",
        )
    if kind in (*BY_VOLUME, "coupling"):
        require_curve(potential.local, kind)
    functions = case.n_plane_waves * (1 + case.spinor)
    if functions > LARGEST:
        raise InputError(
            f"{kind}: dense matrices of {functions} functions, but the limit is {LARGEST}",
            "lower the cutoff, or remove the target",
        )


def _check_atom(case: Case, row: CouplingTarget) -> None:
    """Raise an error for an atom that the crystal does not have."""
    atoms = len(case.crystal.symbols)
    if row.atom > atoms:
        raise InputError(f"there is no atom {row.atom}", f"write 1 to {atoms}")


def _check_band(case: Case, row: CouplingTarget | StretchTarget) -> None:
    """Raise an error for a level that the fit does not compute."""
    also = row.above if isinstance(row, StretchTarget) else None
    band = max(level.band for level in (row, also) if level is not None)
    if _level(case, band) >= case.n_levels:
        raise InputError(
            f"there is no band {band}",
            f"write 1 to {case.n_levels * case.times}, or raise `bands`",
        )
