"""Levels as functions of the geometry: the basis of deformation potentials and masses."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.observables.bands import levels
from tests import systems


def stretched(system, t):
    """The system with every K scaled by 1 + t."""
    return replace(system, waves=replace(system.waves, K=system.waves.K * (1 + t)))


@pytest.mark.parametrize("spin", [pytest.param(False, marks=pytest.mark.slow), True])
def test_derivative_with_respect_to_k_at_gamma(spin):
    """Finite where K = 0 and where rows only fill up, and equal to central differences."""
    k = np.array([[0.0, 0.0, 0.0], [0.13, 0.27, -0.31]])
    system = systems.at(systems.zincblende().strained(systems.LOW_SYMMETRY), k, cutoff=2.0)
    assert not np.asarray(system.waves.real).all()
    potential, n = systems.everything(spin=spin), 6

    def f(t):
        pairs = levels(potential, stretched(system, t), n).reshape(2, n // 2, 2)
        return jnp.sum(pairs, axis=2)

    _, slope = jax.jvp(f, (0.0,), (1.0,))
    assert np.isfinite(slope).all()
    assert np.abs(slope).min() > 1e-3
    h = 1e-4
    difference = (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
    assert np.abs(slope - difference).max() < 1e-8
