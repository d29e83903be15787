"""The empty lattice: E = ½|k+G|², to 1e-10 hartree, in cells of every kind."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from tests import systems

CELLS = {
    "cubic": np.eye(3) * 8.0,
    "fcc": systems.FCC * 11.0,
    "hexagonal": np.array([[8.0, 0, 0], [-4.0, 4.0 * np.sqrt(3), 0], [0, 0, 13.0]]),
    "triclinic": np.array([[7.0, 0.3, -0.2], [1.1, 8.0, 0.4], [-0.9, 2.0, 9.0]]),
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("spin", [False, True])
def test_free_electrons(cell, spin):
    structure = crystal(CELLS[cell], [[0.0, 0.0, 0.0]], ("H",))
    form = Zunger(jnp.array([[0.0, 1.0, 2.0, 1.0]]))
    zero = Strengths(spin_orbit=jnp.zeros(1)) if spin else Strengths()
    k = np.array([[0.0, 0, 0], [0.5, 0, 0], [0.13, -0.41, 0.27]])
    E = np.asarray(levels(Potential(form, zero, ("H",)), systems.at(structure, k, 2.0), 14))
    b = np.asarray(structure.reciprocal)
    n = np.stack(np.meshgrid(*[np.arange(-6, 7)] * 3, indexing="ij"), -1).reshape(-1, 3)
    for i, x in enumerate(k):
        free = np.sort(np.sum(((n + x) @ b) ** 2, axis=1) / 2)
        free = np.repeat(free, 2) if spin else free
        assert np.abs(E[i] - free[:14]).max() < 1e-10
    assert np.ptp(E) > 0.1
