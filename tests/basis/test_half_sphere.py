"""Real functions by half of a sphere of plane waves."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.half_sphere import fft_shape, half_sphere
from nnpp.basis.rules import PER_K

CELL = np.array([[9.0, 0.4, 0.0], [0.3, 8.0, 0.2], [0.0, -0.5, 7.0]])
CUTOFF = 1.2


@pytest.fixture(scope="module")
def sphere():
    """A small sphere in an oblique cell."""
    return half_sphere(CELL, CUTOFF, PER_K)


def test_rows_are_as_many_as_plane_waves_and_rise(sphere):
    (n,) = PER_K.select(CELL, np.zeros((1, 3)), CUTOFF)
    assert sphere.rows == len(n)
    assert (np.diff(sphere.K2) > -1e-9).all()
    assert sphere.K2[-1] / 2 < CUTOFF


def test_values_are_the_sum_over_plane_waves(sphere):
    x = np.random.default_rng(0).normal(size=sphere.rows)
    points = np.stack(
        np.meshgrid(*[np.arange(m) / m for m in sphere.shape], indexing="ij"), axis=-1
    )
    phase = 2 * np.pi * points @ sphere.n[1:].T
    expected = x[0] + np.sqrt(2) * (np.cos(phase) @ x[1::2] - np.sin(phase) @ x[2::2])
    np.testing.assert_allclose(sphere.values(jnp.asarray(x[:, None]))[0], expected, atol=1e-12)


def test_coefficients_invert_values(sphere):
    X = jnp.asarray(np.random.default_rng(1).normal(size=(sphere.rows, 6)))
    np.testing.assert_allclose(sphere.coefficients(sphere.values(X)), X, atol=1e-12)


def test_rows_are_orthonormal(sphere):
    f = np.asarray(sphere.values(jnp.eye(sphere.rows)[:, :30])).reshape(30, -1)
    np.testing.assert_allclose(f @ f.T / f.shape[1], np.eye(30), atol=1e-12)


def test_a_smaller_cutoff_is_a_prefix(sphere):
    smaller, own = sphere.prefix(0.6), half_sphere(CELL, 0.6, PER_K)
    np.testing.assert_array_equal(smaller.n, own.n)
    assert smaller.shape == own.shape
    np.testing.assert_array_equal(smaller.K2, sphere.K2[: smaller.rows])


def test_precision_of_the_functions_is_kept(sphere):
    X = np.random.default_rng(2).normal(size=(sphere.rows, 3))
    V = jnp.asarray(np.random.default_rng(3).normal(size=sphere.shape))
    single = sphere.multiplied(V, jnp.asarray(X, jnp.float32))
    assert single.dtype == jnp.float32
    np.testing.assert_allclose(single, sphere.multiplied(V, jnp.asarray(X)), atol=1e-5)


def test_lengths_of_the_box_are_even_and_fast():
    assert fft_shape(np.diag([45.6, 41.6, 36.0]), 5.0, 1.5) == (72, 64, 60)
