"""A fit made ready: every system with its crystal, k-points, plane waves and reference."""

from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

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
from nnpp.potentials.potential import Potential
from nnpp.potentials.table import Table


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
    def n_levels(self) -> int:
        """Distinct levels wanted at each k."""
        if self.spec.bands is not None:
            return -(-self.spec.bands // (2 if self.twice else 1))
        wanted = self.occupied + (8 if self.spinor else 4)
        if self.reference is None:
            return wanted
        return max(wanted, -(-self.reference.E.shape[1] // (2 if self.twice else 1)))

    @cached_property
    def system(self) -> System:
        """Its plane waves and all that atoms and k-points fix; built when first asked for."""
        return self.at(self.kpoints)

    def at(self, kpoints: KPoints) -> System:
        """The same crystal and basis at other k-points."""
        return system(self.crystal, kpoints, self.spec.cutoff, RULES[self.spec.plane_waves])


def prepare(fit: Fit) -> list[Case]:
    """Every system of a fit."""
    crystals = read_crystals(fit.spec)
    return [_case(fit, i, crystal) for i, crystal in enumerate(crystals)]


def _case(fit: Fit, i: int, crystal: Crystal) -> Case:
    spec = fit.spec.systems[i]
    reference = read_reference(fit.spec, i, crystal)
    with fit.spec.origin.telling("systems", i, "kpoints"):
        kpoints = kpoints_of(spec.kpoints, crystal, reference)
    case = Case(spec, crystal, kpoints, reference, fit.spec.has_spin_orbit, ())
    with fit.spec.origin.telling("systems", i):
        notes = (*_notes(case), *(() if reference is None else reference.notes))
    return Case(spec, crystal, kpoints, reference, fit.spec.has_spin_orbit, notes)


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


def _notes(case: Case) -> list[str]:
    """What is lawful but may not be what was meant."""
    notes, cells = [], primitive_cells(case.crystal)
    if cells > 1:
        on_path = isinstance(case.spec.kpoints, PathPoints)
        path_note = "; its path is that of the primitive cell" if on_path else ""
        notes.append(f"the cell holds {cells} primitive cells, so bands are folded{path_note}")
    if case.spec.plane_waves != "per-k":
        notes.append(
            f"plane waves `{case.spec.plane_waves}` break symmetry at the zone boundary; "
            "`per-k` keeps it"
        )
    if case.reference is not None and case.reference.E.shape[1] < case.occupied * (
        2 if case.twice else 1
    ):
        notes.append("the reference holds fewer bands than are occupied")
    if case.electrons % 2 == 0 and case.n_levels <= case.occupied:
        notes.append("no conduction band is asked for, so no gap is told")
    return notes


def refuse_lost_table_entries(fit: Fit, i: int, potential: Potential, system: System) -> None:
    """A table known only at lengths that a crystal does not have would act as no potential."""
    if not isinstance(potential.local, Table):
        return
    lost = potential.local.unmet(system.q)
    columns = np.asarray(potential.columns(system.species))
    values = np.asarray(potential.local.v)[:, columns]
    rows = [row for q, row in zip(potential.local.q, values, strict=True) if q in lost]
    if any(np.any(row) for row in rows):
        raise fit.spec.origin.error(
            f"{fit.spec.systems[i].name}: no |G−G′| of this crystal is {lost[0]:.6f} bohr⁻¹, "
            "so that entry of the table would be lost",
            "list v at 2π/a·√n for the lattice constant of this crystal",
            *("potential", "elements"),
        )


def weights_of(case: Case, reference: Float[Array, "k band"]) -> Float[Array, "k band"]:
    """w_k·w_b, times the factor of every window that the reference level lies in."""
    weights = case.spec.weights
    bands = reference.shape[1]
    w_b = jnp.ones(bands) if weights.bands is None else jnp.asarray(weights.bands)[:bands]
    assert case.reference is not None, "weights are asked for beside a reference"
    w = case.reference.k_weights[:, None] * w_b
    for window in weights.windows:
        inside = (reference >= window.low) & (reference <= window.high)
        w = w * jnp.where(inside, window.weight, 1.0)
    return w
