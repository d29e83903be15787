"""Masses from stored levels: Kane's formula is recovered, and levels of k·p theory."""

import numpy as np
import pytest

from nnpp.basis.rules import RULES, fixed_at_gamma
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables import curvature
from nnpp.observables.bands import levels
from nnpp.observables.curvature import electron, holes
from nnpp.observables.edges import Edges
from nnpp.observables.kdotp import expansion, inverse_masses, luttinger
from nnpp.structures.kpoints import listed
from nnpp.structures.symmetry import rotations
from tests import systems
from tests.structures.cells import wurtzite

ALONG = np.array([[1, 0, 0], [0, 0, 1], [0.5, np.sqrt(3) / 2, 0]])
"""Directions x, z and one in the basal plane."""


def cartesian(structure):
    """The point group, as matrices k → k R."""
    B = np.asarray(structure.reciprocal)
    return np.linalg.inv(B) @ rotations(structure) @ B


def kane(k, A, alpha):
    """Δ of Δ(1 + αΔ) = ½ k·A·k."""
    q = np.einsum("ki,ij,kj->k", k, A, k) / 2
    return (np.sqrt(1 + 4 * alpha * q) - 1) / (2 * alpha)


def test_a_non_parabolic_band_of_a_hexagonal_crystal():
    """Five points on a and on c: masses 0.1 and 0.08; the basal plane alone is not enough."""
    steps = np.arange(1, 6)[:, None] * 0.01
    k = np.concatenate([steps * axis for axis in ALONG[:2]])
    A = np.diag([10.0, 10.0, 12.5])
    delta = kane(k, A, 3.0)
    R = cartesian(wurtzite())
    found = curvature.curvature(k, delta, R)
    assert found is not None
    assert found.inverse == pytest.approx(np.trace(A) / 3, rel=1e-9)
    assert (found.points, found.reach) == (10, pytest.approx(0.05))
    assert found.residual < 1e-12
    assert curvature.curvature(k[:5], delta[:5], R) is None, "nothing along c"
    turned = np.concatenate([k[5:], steps * ALONG[2]])
    assert curvature.curvature(turned, kane(turned, A, 3.0), R).inverse == pytest.approx(
        32.5 / 3
    )


@pytest.mark.parametrize(
    ("k", "why"),
    [
        ([0.03, 0.04], "two points for two numbers"),
        ([0.030, 0.031, 0.033], "all points at one distance"),
        ([0.03, 0.06, 0.09], "too far"),
        ([0.0, 0.0, 0.03, 0.05], "Γ does not count"),
    ],
)
def test_points_that_are_too_few_or_too_coarse(k, why):
    k = np.outer(k, [1.0, 0, 0])
    delta = kane(k, 10 * np.eye(3), 3.0)
    assert curvature.curvature(k, delta, cartesian(systems.zincblende())) is None, why


def test_levels_that_do_not_follow_the_formula():
    k = np.outer(np.arange(1, 6) * 0.01, [1.0, 0, 0])
    delta = kane(k, 10 * np.eye(3), 3.0)
    R = cartesian(systems.zincblende())
    assert curvature.curvature(k, delta, R) is not None
    bent = delta * (1 + 0.1 * np.array([1, -1, 1, -1, 1]))
    assert curvature.curvature(k, bent, R) is None


def test_levels_of_a_potential_give_the_masses_of_kp_theory():
    """Zinc blende with spin-orbit coupling: levels along 100 and 111 with the basis of Γ."""
    potential, structure = systems.everything(), systems.zincblende()
    steps = np.arange(7)[:, None] * 0.007
    k = np.concatenate([steps * [0, 1.0, 0], steps[1:] * np.array([1, -1, 1]) / np.sqrt(3)])
    fractional = k @ np.linalg.inv(np.asarray(structure.reciprocal))
    rule = fixed_at_gamma(RULES["smooth"])
    here = system(structure, listed(structure, fractional), 3.0, rule)
    E, edges = np.asarray(levels(potential, here, 10)), Edges(8, True)
    about = expansion(at_shells(potential, here), here)
    one, two, three = map(float, luttinger(about, 4))
    mean = float(np.trace(inverse_masses(about, 8, 10))) / 3
    at_gamma = E[0]
    found = electron(k, E, at_gamma, edges, cartesian(structure))
    assert found is not None and found.inverse == pytest.approx(mean, rel=0.01)
    expected = {
        "heavy 100": one - 2 * two, "light 100": one + 2 * two,
        "heavy 111": one - 2 * three, "light 111": one + 2 * three,
    }  # fmt: skip
    fits = {name: -fit.inverse for name, fit in holes(k, E, at_gamma, edges)}
    assert fits == pytest.approx(expected, rel=0.03)
