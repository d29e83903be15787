"""The kinetic energy against its formula in NumPy, and how smoothly it leaves the basis."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.terms.kinetic import kinetic

K_MAX = 3.0


def T(K, K_max=K_MAX):
    """T of plane waves along one axis [hartree]."""
    K = jnp.atleast_1d(K)
    waves = PlaneWaves(
        K=K[:, None] * jnp.array([0.6, 0.0, 0.8]),
        code=jnp.zeros(len(K), int),
        real=jnp.ones(len(K), bool),
        K_max=jnp.asarray(K_max),
    )
    return kinetic(waves).d


def test_a_sharp_cutoff_changes_nothing():
    K = np.linspace(0, 5, 40)
    assert np.array_equal(T(K, np.inf), np.sum((K[:, None] * [0.6, 0, 0.8]) ** 2, -1) / 2)


def test_the_formula():
    K = np.array([0.0, 2.0, 2.699, 2.75, 2.8, 2.85, 2.9, 2.95])
    t = (K / K_MAX - 0.9) / 0.1
    with np.errstate(all="ignore"):
        g = np.where(t > 0, np.exp(1 / (1 - t) - 1 / t), 0)
    assert np.allclose(T(K), K**2 / 2 * (1 + g), rtol=1e-12)
    assert T(2.85)[0] == pytest.approx(2.85**2)  # g(1/2) = 1


@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_are_continuous_where_the_change_begins(order):
    """Each derivative of T − ½K² starts at zero, and none is NaN at K = 0."""
    f = lambda K: T(K)[0] - K**2 / 2  # noqa: E731
    for _ in range(order):
        f = jax.grad(f)
    assert f(2.7) == 0
    assert 0 <= abs(f(2.7 + 1e-3)) < 1e-6
    assert abs(f(2.85)) > 1
    assert f(0.0) == 0


def test_the_energy_rises_to_infinity():
    """T grows to 7·10³ times the cutoff before a plane wave is dropped, and stays finite."""
    K = np.linspace(2.6, 3.1, 2000)
    at = np.asarray(T(K))
    assert np.all(np.diff(at[K < 2.97]) > 0)
    assert T(0.99 * K_MAX)[0] == pytest.approx(0.98 * K_MAX**2 / 2 * 7.25e3, rel=1e-2)
    assert np.isfinite(at).all()
    assert np.all(at[K > 0.99 * K_MAX] > 3e4)
