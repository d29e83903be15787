"""Deformation potentials against differences between cells that are built anew."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import Rule
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import at_shells, hamiltonian, values
from nnpp.observables.deformation import (
    SHEARS,
    by_strain,
    by_volume,
    shear,
    strain_derivative,
)
from nnpp.observables.kdotp import CUBIC, expansion
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from tests import systems

CUTOFF = 2.3
GROUPS = {"gamma": ((2, 4), (4, 8), (8, 10)), "elsewhere": ((0, 1), (7, 8), (8, 10))}
OBLIQUE = np.array([[0.3, 0.2, -0.1], [0.2, -0.5, 0.4], [-0.1, 0.4, 0.6]])


def levels_of(structure, potential, k):
    """Levels of the cell under a strain η, built anew with the integers that it has without."""
    K = np.asarray(systems.at(structure, [k], CUTOFF).waves.K[0])
    n = np.rint(K @ np.linalg.inv(np.asarray(structure.reciprocal)) - k).astype(int)

    def E(eta):
        s = systems.at(structure.strained(eta), [k], CUTOFF, rule=Rule(lambda *_: [n]))
        return np.linalg.eigvalsh(np.asarray(matrix(potential, s)))

    return E


@jax.jit
def matrix(potential, s):
    """H at the one k of a system."""
    waves = jax.tree.map(lambda x: x[0], s.waves)
    return hamiltonian(waves, s, values(at_shells(potential, s), s)).matrix()


def slope(E, eta, h=1e-3):
    """dE/dt of levels under t·η, by four points."""
    return (8 * (E(h * eta) - E(-h * eta)) - E(2 * h * eta) + E(-2 * h * eta)) / (12 * h)


@pytest.mark.parametrize("where", GROUPS)
def test_slopes_are_differences_between_cells(where):
    """Every term, under a strain of no symmetry, the dilation among what it changes."""
    k = {"gamma": np.zeros(3), "elsewhere": systems.GENERIC_K[3]}[where]
    structure, potential = systems.zincblende(), systems.everything()
    at = strain_derivative(potential, systems.at(structure, [k], CUTOFF))
    dE = slope(levels_of(structure, potential, k), OBLIQUE)
    for first, last in GROUPS[where]:
        of_group = np.sum(np.asarray(by_strain(at, first, last)) * OBLIQUE)
        assert of_group == pytest.approx(dE[first:last].mean(), rel=1e-6, abs=1e-8)


def test_free_electrons_follow_their_wave_vectors():
    """E = ½K², so that ∂E/∂η = −KKᵀ and dE/d ln Ω = −⅔E."""
    nothing = Potential(Zunger(jnp.array([[0.0, 1, 0, 1]])), Strengths(), ("Si",))
    k = np.array([0.1, 0.2, 0.05])
    system = systems.at(systems.zincblende("Si", "Si"), [k], 1.0)
    at = strain_derivative(nothing, system)
    K = np.asarray(system.waves.K[0])
    lowest = K[np.argmin(np.sum(K**2, axis=1))]
    np.testing.assert_allclose(by_strain(at, 0, 1), -np.outer(lowest, lowest), atol=1e-12)
    assert float(by_volume(at, 0, 1)) == pytest.approx(-(lowest @ lowest) / 3, rel=1e-12)


def test_levels_of_gamma_8_part_as_pikus_and_bir_say():
    structure, potential, k = systems.zincblende(), systems.everything(), np.zeros(3)
    system = systems.at(structure, [k], CUTOFF)
    about = expansion(at_shells(potential, system), system)
    found = np.asarray(shear(strain_derivative(potential, system), about, 4))
    E = levels_of(structure, potential, k)
    for eta, potential_of, n in zip(SHEARS, found, CUBIC, strict=True):
        h = 1e-4
        up, down = (E(x * eta)[4:8] for x in (h, -h))
        parted = (up[2:].mean() - up[:2].mean() + down[2:].mean() - down[:2].mean()) / 2
        assert parted == pytest.approx(2 * abs(potential_of) * h, rel=1e-4)
        heavy = heavier_pair(structure, potential, 0.02 * eta, n)
        assert (heavy == "upper") == (potential_of < 0)


def heavier_pair(structure, potential, eta, n, step=0.004):
    """Which pair of Γ8 in a strained cell has the smaller curvature along n."""
    b = np.asarray(structure.strained(eta).reciprocal)
    near = step * n @ np.linalg.inv(b)
    here, there = (levels_of(structure.strained(eta), potential, k)(np.zeros((3, 3)))[4:8]
                   for k in (np.zeros(3), near))  # fmt: skip
    curved = np.abs(there - here).reshape(2, 2).mean(axis=1)
    return "lower" if curved[0] < curved[1] else "upper"


def test_a_table_has_no_slope():
    with pytest.raises(InputError, match="lengths that a table does not have"):
        strain_derivative(systems.table(), systems.at(systems.zincblende(), [[0.0] * 3], 1.2))
