"""Relaxation of a dot by any calculator of ASE."""

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.optimize import FIRE
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from nnpp.errors import InputError
from nnpp.structures.dots.dot import Dot, dot
from nnpp.units import BOHR_ANGSTROM


def relaxed_by(calculator: Calculator, of: Dot, force: float = 0.02, steps: int = 500) -> Dot:
    """Return the dot with its atoms relaxed by FIRE; passivants move with the nearest atom.

    Args:
        calculator: a calculator of ASE, which is given the atoms without passivants.
        of: the dot.
        force: the largest force on an atom at the end [eV/Å].
        steps: the largest number of steps.

    Raises:
        InputError: if the forces are larger after all steps.
    """
    is_atom = ~of.is_passivant
    r = np.asarray(of.positions)
    atoms = Atoms(of.atoms, r[is_atom] * BOHR_ANGSTROM)
    atoms.calc = calculator
    with FIRE(atoms, logfile=None) as search:  # pyright: ignore[reportArgumentType] -- no log
        if not search.run(fmax=force, steps=steps):
            raise InputError(
                f"forces exceed {force:g} eV/Å after {steps} steps", "allow more steps"
            )
    moved = np.asarray(atoms.positions) / BOHR_ANGSTROM - r[is_atom]
    return dot(r + moved[_nearest(r[is_atom], r)], of.symbols)


def _nearest(
    atoms: Float[np.ndarray, "atom 3"], r: Float[np.ndarray, "site 3"]
) -> Int[np.ndarray, " site"]:
    """Return the nearest atom of each site; that of an atom is itself."""
    return np.asarray(KDTree(atoms).query(r)[1])
