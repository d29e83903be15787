"""Names of `import nnpp`, each loaded on first use; __init__.py reads this file.

A comment starts a group; docs/python.md lists the same groups.
"""

# ruff: noqa: I001 -- in groups

# Fitted potentials
from nnpp.workflows.load import load as load
from nnpp.workflows.load import Fitted as Fitted
from nnpp.workflows.load import calculator as calculator
from nnpp.workflows.python.fit import fit as fit
from nnpp.workflows.python.bands import CrystalBands as CrystalBands
from nnpp.workflows.python.bands import BandGap as BandGap

# Crystals and k-points
from nnpp.structures.crystal import Crystal as Crystal
from nnpp.structures.crystal import crystal as crystal
from nnpp.structures.kpoints import KPoints as KPoints
from nnpp.structures.kpoints import listed as listed
from nnpp.structures.paths import path as path
from nnpp.structures.paths import special_points as special_points
from nnpp.structures.symmetry import mesh as mesh
from nnpp.structures.symmetry import space_group as space_group

# Hamiltonian
from nnpp.hamiltonian.bulk import System as System
from nnpp.hamiltonian.bulk import system as system
from nnpp.hamiltonian.bulk import at_shells as at_shells
from nnpp.hamiltonian.bulk import matrix as matrix
from nnpp.basis.rules import PER_K as PER_K
from nnpp.basis.rules import SMOOTH as SMOOTH

# Levels and what follows from them
from nnpp.observables.bands import Bands as Bands
from nnpp.observables.bands import bands as bands
from nnpp.observables.bands import levels as levels
from nnpp.observables.bands import states as states
from nnpp.observables.gaps import gap as gap
from nnpp.observables.gaps import direct_gap_at as direct_gap_at
from nnpp.observables.gaps import spin_orbit_splitting as spin_orbit_splitting
from nnpp.observables.deformation import by_strain as by_strain
from nnpp.observables.deformation import by_volume as by_volume
from nnpp.observables.deformation import strain_derivative as strain_derivative
from nnpp.observables.deformation import strained as strained
from nnpp.observables.kdotp import expansion as expansion
from nnpp.observables.kdotp import inverse_masses as inverse_masses
from nnpp.observables.kdotp import luttinger as luttinger

# Potentials and terms
from nnpp.potentials.potential import Potential as Potential
from nnpp.potentials.neural import Neural as Neural
from nnpp.potentials.zunger import Zunger as Zunger
from nnpp.potentials.table import Table as Table
from nnpp.potentials.potential import Strengths as Strengths
from nnpp.terms.term import Term as Term
from nnpp.terms.term import register as register

# Errors and units
from nnpp.errors import InputError as InputError
from nnpp.errors import NnppError as NnppError
from nnpp.units import HARTREE_EV as HARTREE_EV
from nnpp.units import BOHR_ANGSTROM as BOHR_ANGSTROM

__version__: str
__all__: list[str]

PRECISION: dict[str, bool | str]
SAFE_XLA_FLAG: str
MAX_DEVICES: int
