"""A dot is relaxed by a calculator of ASE; its passivants move along."""

import numpy as np
import pytest
from ase.calculators.lj import LennardJones

from nnpp.errors import InputError
from nnpp.formats.dot_relaxation import relaxed_by
from nnpp.structures.dots.dot import dot
from nnpp.units import BOHR_ANGSTROM

SIGMA = 2.4
R = np.array([[0, 0, 0], [0, 0, 2.9], [0, 0, -0.7]]) / BOHR_ANGSTROM


def test_two_atoms_reach_the_minimum_of_lennard_jones():
    of = dot(R, ("Cd", "Se", "P1"))
    found = relaxed_by(LennardJones(sigma=SIGMA, epsilon=0.3, rc=20), of, force=1e-4)
    assert found.symbols == of.symbols
    r = np.asarray(found.positions) * BOHR_ANGSTROM
    assert r[1, 2] - r[0, 2] == pytest.approx(2 ** (1 / 6) * SIGMA, abs=1e-3)
    assert r[0, 2] - r[2, 2] == pytest.approx(0.7), "the passivant follows Cd"


def test_a_relaxation_that_does_not_end_is_refused():
    with pytest.raises(InputError, match=r"forces exceed 0\.0001 eV/Å after 2 steps"):
        relaxed_by(LennardJones(sigma=SIGMA), dot(R, ("Cd", "Se", "P1")), 1e-4, 2)
