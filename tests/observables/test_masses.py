"""Masses against closed forms, and against differences of levels in the same plane waves."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.kdotp import CUBIC, curvatures, expansion, inverse_masses, luttinger
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.table import Table
from nnpp.structures.crystal import crystal
from tests import systems
from tests.observables.hand import levels_near

OBLIQUE = np.array([2.0, -1.0, 3.0]) / np.sqrt(14)
SIDE = 6.0
"""Of a simple cubic cell [bohr]."""


def second_differences(E, n, h=0.02):
    """∂²E/∂κ² along n by five points, at h and h/2, and their limit."""
    at = {x: E(x * h * n) for x in (-2, -1, -0.5, 0, 0.5, 1, 2)}
    coarse, fine = (
        (-at[2 * x] + 16 * at[x] - 30 * at[0] + 16 * at[-x] - at[-2 * x]) / (12 * (x * h) ** 2)
        for x in (1, 0.5)
    )
    return (16 * fine - coarse) / 15


def expanded(potential, system):
    return expansion(at_shells(potential, system), system)


def of_one_length(v):
    """One species whose form factor is v at |G| = 2π/a, and nothing elsewhere."""
    return Potential(Table((2 * np.pi / SIDE,), jnp.array([[v]])), Strengths(), ("Si",))


def box(k, cutoff):
    return systems.at(crystal(np.eye(3) * SIDE, [[0.0] * 3], ("Si",)), [k], cutoff)


def test_free_electrons_have_mass_one():
    about = expanded(of_one_length(0.0), box([0.1, 0.2, 0.05], 2.0))
    np.testing.assert_allclose(inverse_masses(about, 0, 1), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(curvatures(about, 0, 3, OBLIQUE), 1, atol=1e-12)


@pytest.mark.parametrize("v", [0.7, -3.0])
def test_two_waves_at_a_zone_boundary(v):
    """E = ½κ² + ½(G/2)² ± √((Gκ/2)² + V²) along G, so that 1/m = 1 ± G²/4|V|."""
    G, V = 2 * np.pi / SIDE, abs(v) / SIDE**3
    about = expanded(of_one_length(v), box([0.5, 0, 0], 1.01 * (G / 2) ** 2 / 2))
    assert len(about.H) == 2
    for band, sign in enumerate((-1, 1)):
        m = inverse_masses(about, band, band + 1)
        np.testing.assert_allclose(np.diag(m), [1 + sign * G**2 / (4 * V), 1, 1], rtol=1e-12)


@pytest.fixture(
    scope="module", params=["gamma", pytest.param("elsewhere", marks=pytest.mark.slow)]
)
def case(request):
    """Every term at Γ of zinc blende, and where nothing is degenerate."""
    k = {"gamma": [0.0, 0, 0], "elsewhere": systems.GENERIC_K[3]}[request.param]
    system = systems.at(systems.zincblende(), [k], 2.5)
    potential = systems.everything()
    return request.param, levels_near(potential, system), expanded(potential, system)


def test_masses_are_differences_of_levels(case):
    where, levels, about = case
    groups = {"gamma": ((2, 4), (4, 8), (8, 10)), "elsewhere": ((0, 1), (7, 8), (8, 10))}
    curved = [(n, second_differences(levels, n)) for n in (CUBIC[0], OBLIQUE)]
    for first, last in groups[where]:
        m = np.asarray(inverse_masses(about, first, last))
        np.testing.assert_allclose(m, m.T, atol=1e-12)
        for n, of_level in curved:
            mean = of_level[first:last].mean()
            assert n @ m @ n == pytest.approx(mean, rel=1e-6, abs=1e-7)
            each = np.asarray(curvatures(about, first, last, n))
            assert each.mean() == pytest.approx(n @ m @ n, rel=1e-10)


def germanium():
    """Cohen and Bergstresser's germanium [rydberg], with spin-orbit; a centre of inversion."""
    a, form = 10.69, {3: -0.23, 8: 0.01, 11: 0.06}
    cell = systems.FCC * a
    volume = abs(np.linalg.det(cell))
    q = tuple(2 * np.pi / a * np.sqrt(n) for n in form)
    v = jnp.array([[x / 2 * volume / 2] for x in form.values()])
    potential = Potential(Table(q, v), Strengths(spin_orbit=jnp.array([1.0])), ("Ge",))
    return potential, systems.at(crystal(cell, systems.EIGHTH, ("Ge", "Ge")), [[0.0] * 3], 3.0)


def test_luttinger_s_numbers_are_fits_of_the_bands():
    potential, system = germanium()
    levels, about = levels_near(potential, system), expanded(potential, system)
    gamma = np.asarray(luttinger(about, 4))
    for n, mixed in zip(CUBIC, gamma[1:], strict=True):
        curved = second_differences(levels, n, 0.004)[4:8]
        E = -gamma[0] + 2 * mixed * np.array([-1, -1, 1, 1])
        np.testing.assert_allclose(curved, E, rtol=1e-5)
        np.testing.assert_allclose(curvatures(about, 4, 8, n), E, rtol=1e-9)
