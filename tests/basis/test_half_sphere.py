"""Real functions by half of a sphere of plane waves."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.half_sphere import fft_shape, half_sphere, whole_box
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


@pytest.mark.parametrize("shape", [(4, 6, 8), (5, 6, 4), (6, 4, 5), (7, 5, 3)])
def test_all_plane_waves_of_a_box(shape):
    """Any function at the points is a sum of them; ½|G|² is T of its discrete transform."""
    edges = np.array([5.0, 6.5, 4.0])
    box = whole_box(np.diag(edges), shape)
    f = np.random.default_rng(0).normal(size=(3, *shape))
    X = box.coefficients(jnp.asarray(f))
    assert box.rows == len(X) == np.prod(shape)
    np.testing.assert_allclose(box.values(X), f, atol=1e-13)
    np.testing.assert_allclose(np.sum(X**2, axis=0), np.mean(f**2, axis=(1, 2, 3)), atol=1e-13)
    k = [2 * np.pi * np.fft.fftfreq(m, 1 / m) / L for m, L in zip(shape, edges, strict=True)]
    T = sum(x**2 for x in np.meshgrid(*k, indexing="ij")) / 2
    expected = np.fft.ifftn(T * np.fft.fftn(f, axes=(1, 2, 3)), axes=(1, 2, 3)).real
    np.testing.assert_allclose(box.values(box.K2[:, None] / 2 * X), expected, atol=1e-12)


def test_a_sphere_is_a_prefix_of_a_whole_box():
    edges = np.diag([9.0, 8.0, 7.0])
    box, own = whole_box(edges, (12, 12, 10)), half_sphere(edges, CUTOFF, PER_K)
    assert (np.diff(box.K2[: box.rows - box.alone]) > -1e-9).all()
    np.testing.assert_array_equal(box.prefix(CUTOFF).n, own.n)
