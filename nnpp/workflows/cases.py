"""A fit made ready: every system with its crystal, k-points, plane waves and reference."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES
from nnpp.crystal.crystal import Crystal
from nnpp.crystal.electrons import electrons
from nnpp.crystal.kpoints import KPoints, listed
from nnpp.crystal.paths import path
from nnpp.crystal.symmetry import mesh, primitive_cells
from nnpp.hamiltonian import System, system
from nnpp.io.inputs import Fit
from nnpp.io.reference import ReferenceBands, read_reference
from nnpp.io.schema.kpoints import KPointsSpec, ListedPoints, MeshPoints, PathPoints
from nnpp.io.schema.systems import System as SystemSpec
from nnpp.io.structures import read_crystals
from nnpp.observables.bands import occupied_levels
from nnpp.potentials.table import Table
from nnpp.workflows.potential import before_training

MOST_PLANE_WAVES = 20_000
"""More make one H(k) larger than 6.4 GB, and one solution longer than an hour."""

SAME_K = 1e-9
"""Two k-points are one when their coordinates agree to this."""


@dataclass(frozen=True)
class Case:
    """One system of a fit, ready to be solved.

    Attributes:
        spec: what the fit says of it.
        crystal: its atoms.
        kpoints: where levels are wanted.
        reference: the bands to compare with.
        spinor: whether levels hold one electron.
        notes: what a user should know.
    """

    spec: SystemSpec
    crystal: Crystal
    kpoints: KPoints
    reference: ReferenceBands | None
    spinor: bool
    notes: tuple[str, ...]

    @property
    def electrons(self) -> int:
        """Valence electrons in the cell."""
        return electrons(self.crystal) if self.spec.electrons is None else self.spec.electrons

    @property
    def occupied(self) -> int:
        """Full levels at each k."""
        return occupied_levels(self.electrons, self.spinor)

    @property
    def twice(self) -> bool:
        """Whether lists and files give each spinless level twice."""
        doubled = (
            self.spec.spin == "doubled" if self.reference is None else self.reference.doubled
        )
        return doubled and not self.spinor

    @property
    def occupied_in_reference(self) -> int:
        """Full levels at each k, counted as the reference does."""
        return self.occupied * (2 if self.twice else 1)

    @property
    def comparable(self) -> bool:
        """Whether there is a reference, and at the k-points where levels are wanted."""
        if self.reference is None or len(self.kpoints) != len(self.reference.kpoints):
            return False
        apart = self.kpoints.fractional - self.reference.kpoints.fractional
        return float(jnp.max(jnp.abs(apart))) < SAME_K

    @property
    def n_levels(self) -> int:
        """Distinct levels wanted at each k."""
        if self.spec.bands is not None:
            return -(-self.spec.bands // (2 if self.twice else 1))
        wanted = self.occupied + (8 if self.spinor else 4)
        if self.reference is None:
            return wanted
        return max(wanted, -(-self.reference.E.shape[1] // (2 if self.twice else 1)))

    @property
    def n_plane_waves(self) -> int:
        """Plane waves, where they are most."""
        return int(np.asarray(self.system.waves.real).sum(axis=1).max())

    @cached_property
    def system(self) -> System:
        """Its plane waves and all that atoms and k-points fix; built when first asked for."""
        return self.at(self.kpoints)

    def at(self, kpoints: KPoints) -> System:
        """The same crystal and basis at other k-points."""
        return system(self.crystal, kpoints, self.spec.cutoff, RULES[self.spec.plane_waves])


def prepare(fit: Fit) -> list[Case]:
    """Every system of a fit, refused where it could not be solved."""
    cases = [_case(fit, i, crystal) for i, crystal in enumerate(read_crystals(fit.spec))]
    for i, case in enumerate(cases):
        _refuse_unreached_zero(fit, i, case)
        _refuse_huge_basis(fit, i, case)
        with fit.spec.origin.telling("systems", i, "cutoff"):
            _refuse_too_many_bands(fit, i, case)
            _refuse_lost_table_entries(fit, i, case)
    return cases


def _case(fit: Fit, i: int, crystal: Crystal) -> Case:
    """One system, with what is known of it."""
    spec = fit.spec.systems[i]
    reference = read_reference(fit.spec, i, crystal)
    with fit.spec.origin.telling("systems", i, "kpoints"):
        kpoints = kpoints_of(spec.kpoints, crystal, reference)
    case = Case(spec, crystal, kpoints, reference, fit.spec.has_spin_orbit, ())
    with fit.spec.origin.telling("systems", i):
        return replace(case, notes=tuple(_notes(case)))


def kpoints_of(
    spec: KPointsSpec, crystal: Crystal, reference: ReferenceBands | None
) -> KPoints:
    """The k-points that a fit asks for."""
    if isinstance(spec, PathPoints):
        auto = spec.path == "auto"
        pieces = None if auto else tuple(tuple(p.split()) for p in spec.path.split("|"))
        return path(crystal, pieces, spec.points)
    if isinstance(spec, MeshPoints):
        return mesh(crystal, spec.mesh)
    if isinstance(spec, ListedPoints):
        return listed(crystal, spec.fractional, spec.weights)
    assert reference is not None, "the schema refuses k-points of no reference"
    return reference.kpoints


def _notes(case: Case) -> Iterator[str]:
    """What is lawful but may not be what was meant."""
    cells, reference = primitive_cells(case.crystal), case.reference
    if cells > 1:
        on_path = isinstance(case.spec.kpoints, PathPoints)
        path_note = "; its path is that of the primitive cell" if on_path else ""
        yield f"the cell holds {cells} primitive cells, so bands are folded{path_note}"
    if case.spec.plane_waves != "per-k":
        yield (
            f"plane waves `{case.spec.plane_waves}` break symmetry at the zone boundary; "
            "`per-k` keeps it"
        )
    if case.n_levels <= case.occupied:
        yield "no conduction band is asked for, so no gap is told"
    if reference is None:
        return
    yield from reference.notes
    if reference.E.shape[1] < case.occupied_in_reference:
        yield "the reference holds fewer bands than are occupied"
    if not case.comparable:
        yield "the reference is at other k-points: it may be drawn, but is not compared"


def _refuse_huge_basis(fit: Fit, i: int, case: Case) -> None:
    """A cutoff in another unit than was meant asks for a matrix that no memory holds.

    N ≈ Ω K³/6π², K²/2 = cutoff: the plane waves in a sphere.
    """
    K = (2 * case.spec.cutoff) ** 0.5
    waves = float(case.crystal.volume) * K**3 / (6 * np.pi**2)
    if waves > MOST_PLANE_WAVES:
        raise fit.spec.origin.error(
            f"{case.spec.name}: about {waves:.0e} plane waves are too many for a dense H(k)",
            "lower the cutoff, and look at its unit",
            *("systems", i, "cutoff"),
        )


def _refuse_too_many_bands(fit: Fit, i: int, case: Case) -> None:
    """More levels than plane waves and spins cannot be asked for."""
    room = (1 + case.spinor) * int(np.asarray(case.system.waves.real).sum(axis=1).min())
    if case.n_levels > room:
        raise fit.spec.origin.error(
            f"{case.spec.name}: {case.n_levels} bands do not fit into {room} plane waves"
            + (" and spins" if case.spinor else ""),
            "raise the cutoff or ask for fewer bands",
            *("systems", i, "bands"),
        )


def _refuse_unreached_zero(fit: Fit, i: int, case: Case) -> None:
    """A reference that ends below the valence top has no energy zero there."""
    if case.reference is None or case.spec.zero != "vbm":
        return
    bands = case.reference.E.shape[1]
    if bands < case.occupied_in_reference:
        raise fit.spec.origin.error(
            f"{bands} reference bands do not reach the valence top, "
            f"band {case.occupied_in_reference}",
            "use `zero: absolute`, or give more bands",
            *("systems", i, "zero"),
        )


def _refuse_lost_table_entries(fit: Fit, i: int, case: Case) -> None:
    """A table known only at lengths that a crystal does not have would act as no potential."""
    potential, system = before_training(fit.spec.potential), case.system
    if not isinstance(potential.local, Table):
        return
    lost = potential.local.unmet(system.q)
    columns = np.asarray(potential.columns(system.species))
    values = np.asarray(potential.local.v)[:, columns]
    rows = zip(potential.local.q, values, strict=True)
    unseen = [q for q, row in rows if q in lost and np.any(row)]
    if unseen:
        raise fit.spec.origin.error(
            f"{case.spec.name}: no |G−G′| of this crystal is {unseen[0]:.6f} bohr⁻¹, "
            "so that entry of the table would be lost",
            "list v at 2π/a·√n for the lattice constant of this crystal",
            *("potential", "elements"),
        )
