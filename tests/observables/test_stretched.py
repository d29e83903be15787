"""The older definition of deformation potentials, from two volumes that are built by hand."""

import jax
import numpy as np
import pytest

from nnpp.basis.rules import Rule
from nnpp.hamiltonian.bulk import at_shells, matrix
from nnpp.observables.deformation import Stretched, by_volume, strain_derivative
from tests import systems

CUTOFF = 1.8
KPOINTS = [np.zeros(3), np.array([0.5, 0.5, 0])]


def levels(structure, potential):
    """Levels at both k-points in the integers that they have without strain, by NumPy."""
    found = []
    for k in KPOINTS:
        K = np.asarray(systems.at(systems.zincblende(), [k], CUTOFF).waves.K[0])
        n = np.rint(K @ np.linalg.inv(np.asarray(systems.zincblende().reciprocal)) - k)
        s = systems.at(structure, [k], CUTOFF, rule=Rule(lambda *_, n=n: [n.astype(int)]))
        found.append(
            np.linalg.eigvalsh(np.asarray(jax.jit(matrix)(at_shells(potential, s), s)))
        )
    return found


def test_two_volumes_by_hand():
    """A level, a gap at one k and one between two, at two stretches."""
    potential, structure = systems.everything(), systems.zincblende()
    measure = Stretched(((0, 7), (0, 8), (1, 8)), (None, (0, 7), (0, 7)), (1.01, 0.99, 1.01))
    found = np.asarray(measure(potential, systems.at(structure, KPOINTS, CUTOFF)))
    at = {
        s: levels(structure.strained((s - 1) * np.eye(3)), potential) for s in (1, 1.01, 0.99)
    }

    def D(s, E):
        volume = float(structure.volume)
        grown = s**3 * volume
        return (E(at[1]) - E(at[s])) / (volume - grown) * (volume + grown) / 2

    wanted = [
        D(1.01, lambda E: E[0][7]),
        D(0.99, lambda E: E[0][8] - E[0][7]),
        D(1.01, lambda E: E[1][8] - E[0][7]),
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-7)


def test_near_volumes_give_the_derivative():
    potential, system = (
        systems.everything(),
        systems.at(systems.zincblende(), [KPOINTS[0]], 1.8),
    )
    near = Stretched(((0, 7),) * 2, (None,) * 2, (1.0005, 0.9995))(potential, system)
    exact = float(by_volume(strain_derivative(potential, system), 4, 8))
    assert float(near.mean()) == pytest.approx(exact, rel=1e-5)
