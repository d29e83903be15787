"""One system of a fit: its crystal, k-points, plane waves and reference."""

from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES
from nnpp.config.kpoints import KPointsSpec, ListedPoints, MeshPoints, PathPoints
from nnpp.config.systems import System as SystemSpec
from nnpp.eigensolvers.choice import SOLVERS
from nnpp.eigensolvers.wanted import Solver
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.bands import occupied_levels
from nnpp.setup.reference import Reference
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import electrons
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.paths import path
from nnpp.structures.symmetry import SAME_K, mesh

UNSTRAINED = 1e-4
"""A strain of less is rounding."""


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
    reference: Reference | None
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
    def unstrained(self) -> bool:
        """Whether no atom is strained."""
        return float(jnp.max(jnp.abs(self.crystal.strains))) < UNSTRAINED

    @property
    def twice(self) -> bool:
        """Whether lists and files give each spinless level twice."""
        doubled = (
            self.spec.spin == "doubled" if self.reference is None else self.reference.doubled
        )
        return doubled and not self.spinor

    @property
    def times(self) -> int:
        """How often lists and files give each level."""
        return 2 if self.twice else 1

    @property
    def occupied_in_reference(self) -> int:
        """Full levels at each k, counted as the reference does."""
        return self.occupied * self.times

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
            return -(-self.spec.bands // self.times)
        wanted = self.occupied + (8 if self.spinor else 4)
        if self.reference is None:
            return wanted
        return max(wanted, -(-self.reference.E.shape[1] // self.times))

    @property
    def n_plane_waves(self) -> int:
        """Plane waves, where they are most."""
        return int(np.asarray(self.system.waves.real).sum(axis=1).max())

    @property
    def solve(self) -> Solver:
        """The eigensolver."""
        return SOLVERS[self.spec.solver]

    @cached_property
    def system(self) -> System:
        """Its plane waves and all that atoms and k-points fix; built when first asked for."""
        return self.at(self.kpoints)

    def at(self, kpoints: KPoints) -> System:
        """The same crystal and basis at other k-points."""
        return system(self.crystal, kpoints, self.spec.cutoff, RULES[self.spec.plane_waves])


def kpoints_of(spec: KPointsSpec, crystal: Crystal, reference: Reference | None) -> KPoints:
    """The k-points that a fit asks for."""
    if isinstance(spec, PathPoints):
        return path(crystal, spec.pieces, spec.points)
    if isinstance(spec, MeshPoints):
        return mesh(crystal, spec.mesh)
    if isinstance(spec, ListedPoints):
        weights = None if spec.weights is None else np.array(spec.weights)
        return listed(crystal, np.array(spec.fractional), weights)
    assert reference is not None, "the schema refuses k-points of no reference"
    return reference.kpoints
