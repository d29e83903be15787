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
"""Smaller strains are rounding errors."""


@dataclass(frozen=True)
class Case:
    """One system of a fit, ready to be solved.

    Attributes:
        spec: its section of the fit.
        crystal: the atoms.
        kpoints: the k-points to solve.
        reference: the reference bands, or None.
        spinor: whether a level holds one electron.
        notes: remarks for the user.
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
        return electrons(self.crystal, self.spec.electrons)

    @property
    def occupied(self) -> int:
        """Number of occupied levels at each k."""
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
        """Number of occupied levels at each k, counted as in the reference."""
        return self.occupied * self.times

    @property
    def comparable(self) -> bool:
        """Whether there is a reference at the k-points to solve."""
        if self.reference is None or len(self.kpoints) != len(self.reference.kpoints):
            return False
        apart = self.kpoints.fractional - self.reference.kpoints.fractional
        return float(jnp.max(jnp.abs(apart))) < SAME_K

    @property
    def n_levels(self) -> int:
        """Number of distinct levels to solve at each k."""
        if self.spec.bands is not None:
            return -(-self.spec.bands // self.times)
        wanted = self.occupied + (8 if self.spinor else 4)
        if self.reference is None:
            return wanted
        return max(wanted, -(-self.reference.E.shape[1] // self.times))

    @property
    def n_plane_waves(self) -> int:
        """Largest number of plane waves at any k."""
        return int(np.asarray(self.system.waves.real).sum(axis=1).max())

    @property
    def solve(self) -> Solver:
        """The eigensolver."""
        return SOLVERS[self.spec.solver]

    @cached_property
    def system(self) -> System:
        """Plane waves and everything that atoms and k-points determine; built on first use."""
        return self.at(self.kpoints)

    def at(self, kpoints: KPoints) -> System:
        """Return the same crystal and basis at other k-points."""
        return system(self.crystal, kpoints, self.spec.cutoff, RULES[self.spec.plane_waves])


def kpoints_of(spec: KPointsSpec, crystal: Crystal, reference: Reference | None) -> KPoints:
    """Return the k-points that a fit specifies."""
    if isinstance(spec, PathPoints):
        return path(crystal, spec.pieces, spec.points)
    if isinstance(spec, MeshPoints):
        return mesh(crystal, spec.mesh)
    if isinstance(spec, ListedPoints):
        weights = None if spec.weights is None else np.array(spec.weights)
        return listed(crystal, np.array(spec.fractional), weights)
    assert reference is not None, "the schema requires a reference for its k-points"
    return reference.kpoints
