"""Targets against numbers by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.fitting.targets.curves import FormTarget
from nnpp.fitting.targets.levels import AtGammaTarget, BandsTarget, GapTarget
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import Absolute, Level, Top
from nnpp.observables.gaps import direct_gap_at, splitting_at
from nnpp.structures.kpoints import listed
from tests import systems
from tests.fitting.samples import holding, trained

E = jnp.array([[-3.0, -1.0, 2.0, 5.0], [-2.5, -0.5, 1.5, 4.0]])
"""Two k-points, two filled bands: the top at the second k, the bottom there too."""


def bands(E=E, occupied=2, spinor=False, first=(0.0, 0.0, 0.0)):
    k = np.linspace(0.0, 0.4, len(E))[:, None] + np.asarray(first)
    return Bands(listed(systems.zincblende(), k), jnp.asarray(E), occupied, spinor)


@pytest.mark.parametrize(
    ("zero", "origin"),
    [(Absolute(), 0.0), (Top(2), -0.5), (Level(0, 2), 2.0), (Level(1, 0), -2.5)],
)
def test_bands_from_every_zero(zero, origin):
    """r = √w (E − E₀ − E_ref), k by k."""
    reference = jnp.array([[-2.0, 0.0, 3.0], [-1.0, 0.25, 2.0]])
    weights = jnp.array([[1.0, 4.0, 9.0], [0.0, 16.0, 0.25]])
    target = BandsTarget(reference, weights, zero, False)
    apart = np.asarray(E)[:, :3] - origin - np.asarray(reference)
    roots = np.array([[1.0, 2.0, 3.0], [0.0, 4.0, 0.5]])
    assert np.allclose(target(bands()), (roots * apart).ravel(), atol=1e-15)
    assert np.allclose(target.error(bands()), apart, atol=1e-15)


def test_the_reference_counts_every_level_twice():
    reference = jnp.array([[-3.0, -3.1, -1.0, -1.2], [-2.0, -2.5, -0.5, -0.5]])
    target = BandsTarget(reference, jnp.ones((2, 4)), Absolute(), True)
    twice = np.repeat(np.asarray(E), 2, axis=1)[:, :4]
    assert np.allclose(target.error(bands()), twice - np.asarray(reference), atol=1e-15)
    top = BandsTarget(reference, jnp.ones((2, 4)), Top(4), True)
    assert np.allclose(top.error(bands()), twice + 0.5 - np.asarray(reference), atol=1e-15)
    spinors = BandsTarget(reference, jnp.ones((2, 4)), Absolute(), True)
    assert np.allclose(
        spinors.error(bands(twice, occupied=4, spinor=True)), twice - np.asarray(reference)
    )


def test_gap():
    """1.5 − (−0.5) = 2, aimed at 1.25 with weight 16."""
    (r,) = GapTarget(jnp.asarray(1.25), jnp.asarray(16.0))(bands())
    assert float(r) == 4 * 0.75
    overlapping = jnp.array([[0.0, 1.0], [0.5, 2.0], [1.5, 3.0]])
    (r,) = GapTarget(jnp.asarray(0.0), jnp.asarray(1.0))(bands(overlapping, occupied=1))
    assert float(r) == -0.5


def test_direct_gap():
    """At the first k, 2 + 1 = 3, aimed at 2.5 with weight 4."""
    (r,) = AtGammaTarget(jnp.asarray(2.5), jnp.asarray(4.0), direct_gap_at, gamma=0)(bands())
    assert float(r) == 2 * 0.5


def test_splitting():
    """Γ at the second place; four levels at 0.7 and two at 0.3 below two empty ones."""
    other = np.linspace(-3, 3, 10)
    gamma = np.array([-2.0, -2.0, 0.3, 0.3, 0.7, 0.7, 0.7, 0.7, 2.0, 2.0])
    there = bands(np.stack([other, gamma]), occupied=8, spinor=True, first=(-0.4, 0, 0))
    there = Bands(listed(systems.zincblende(), [[0.4, 0, 0], [0, 0, 0]]), there.E, 8, True)
    (r,) = AtGammaTarget(jnp.asarray(0.1), jnp.asarray(9.0), splitting_at, gamma=1)(there)
    assert float(r) == pytest.approx(3 * 0.3, abs=1e-14)


def test_form():
    """A table of two lengths, looked up at both and aimed at other numbers."""
    potential = holding([2.0, 5.0])
    q, v = jnp.array([1.0, 2.0]), jnp.array([[1.0], [7.0]])
    target = FormTarget(q, v, jnp.array([4.0, 0.25]))
    parameters = trained(potential)
    r = target.observe(parameters, parameters.start())
    assert np.allclose(r, [2.0, -1.0], atol=1e-15)
    r, J = target.linear(parameters, parameters.start())
    assert np.allclose(r, [2.0, -1.0], atol=1e-15)
    assert np.allclose(J, np.diag([2.0, 0.5]), atol=1e-15)
    assert target.held_out(r).shape == (0,)
