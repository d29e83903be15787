"""Masses from levels at small k against k·p theory, and their derivatives."""

import jax
import numpy as np
import pytest

from nnpp.basis.rules import RULES, fixed_at_gamma
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables.edges import Edges
from nnpp.observables.kdotp import CUBIC, curvatures, expansion, inverse_masses, luttinger
from nnpp.observables.masses import Masses, small_k
from nnpp.structures.kpoints import listed
from tests import systems

KINDS = ("electron_mass", "heavy_hole_mass", "light_hole_mass")

EDGES = Edges(8, True)

CLOSE = 5e-5
"""Relative difference of one small k from k·p theory, O(h²)."""


def at_small_k(structure, rule, directions=1, cutoff=3.0):
    k = small_k(structure, directions)
    return system(structure, listed(structure, k), cutoff, fixed_at_gamma(RULES[rule]))


@pytest.mark.parametrize("rule", ["smooth", "per-k"])
def test_masses_of_zinc_blende_are_those_of_kp_theory(rule):
    potential, structure = systems.everything(), systems.zincblende()
    here = at_small_k(structure, rule)
    electron, heavy, light = map(float, Masses(KINDS, EDGES)(potential, here))
    about = expansion(at_shells(potential, here), here)
    one, two, _ = map(float, luttinger(about, 4))
    m = np.asarray(inverse_masses(about, 8, 10))
    np.testing.assert_allclose(m, electron * np.eye(3), rtol=CLOSE, atol=1e-9)
    assert (heavy, light) == pytest.approx((one - 2 * two, one + 2 * two), rel=CLOSE)
    holes = -np.asarray(curvatures(about, 4, 8, CUBIC[0]))
    assert (holes[2], holes[0]) == pytest.approx((heavy, light), rel=CLOSE)
    assert light > heavy + 0.01


def test_without_cubic_symmetry_the_mean_over_directions_is_taken():
    potential = systems.cdse()
    structure = systems.zincblende().strained(systems.LOW_SYMMETRY)
    here = at_small_k(structure, "smooth", 3)
    found = float(Masses(("electron_mass",), Edges(4, False))(potential, here)[0])
    about = expansion(at_shells(potential, here), here)
    assert found == pytest.approx(float(np.trace(inverse_masses(about, 4, 5))) / 3, rel=CLOSE)
    axes = np.diag(inverse_masses(about, 4, 5))
    assert np.ptp(axes) > 1e-3 * np.mean(axes)


def test_derivatives_are_differences():
    """∂(1/m)/∂a₀ of the Zunger form of Cd."""
    here, measure = (
        at_small_k(systems.zincblende(), "smooth"),
        Masses(("electron_mass",), Edges(4, False)),
    )
    potential = systems.cdse()
    leaves, tree = jax.tree.flatten(potential)

    def y(x):
        return measure(jax.tree.unflatten(tree, [leaves[0] * (1 + x), *leaves[1:]]), here)[0]

    h = 1e-4
    exact = float(jax.grad(y)(0.0))
    assert exact == pytest.approx(float(y(h) - y(-h)) / (2 * h), rel=1e-4)
    assert abs(exact) > 1e-3
