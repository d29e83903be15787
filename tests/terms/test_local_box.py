"""The local potential of many atoms in a box."""

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.terms.local_box import box_shells, local_potential, resampled, structure_factor

CELL = np.diag([7.0, 8.0, 9.0])
SHAPE = (8, 10, 12)


def _atoms(count):
    rng = np.random.default_rng(0)
    return rng.uniform(size=(count, 3)), rng.normal(size=count)


def _frequencies():
    n = [np.fft.fftfreq(m, 1 / m) for m in SHAPE]
    n[2] = np.arange(SHAPE[2] // 2 + 1.0)
    return np.stack(np.meshgrid(*n, indexing="ij"), axis=-1)


def test_structure_factor_is_the_sum_over_atoms():
    x, w = _atoms(70)  # more than one block
    expected = np.exp(-2j * np.pi * _frequencies() @ x.T) @ w
    np.testing.assert_allclose(
        structure_factor(jnp.asarray(x), jnp.asarray(w), SHAPE), expected, atol=1e-11
    )


def test_potential_is_the_sum_of_those_of_the_atoms():
    """A Gaussian that is narrow in q: V(r) is a sum of Gaussians about the atoms."""
    (x, w), width = _atoms(3), 6.0
    lengths = box_shells(CELL, SHAPE)
    v = (np.pi * width) ** 1.5 * np.exp(-width * np.asarray(lengths.q) ** 2 / 4)
    V = local_potential(
        lengths, [jnp.asarray(x)], [jnp.asarray(w)], [jnp.asarray(v)], 7.0 * 8 * 9
    )
    points = np.stack(np.meshgrid(*[np.arange(m) / m for m in SHAPE], indexing="ij"), -1)
    images = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    expected = np.zeros(SHAPE)
    for at, weight in zip(x, w, strict=True):
        r = (points[..., None, :] - at - images) @ CELL
        expected += weight * np.exp(-np.sum(r**2, axis=-1) / width).sum(axis=-1)
    np.testing.assert_allclose(V, expected, atol=2e-4)  # the box cuts the Gaussian in q


def test_gradient_by_positions_equals_differences():
    x, w = _atoms(3)
    lengths = box_shells(CELL, SHAPE)
    v = jnp.exp(-(lengths.q**2))

    def f(x):
        return jnp.sum(
            local_potential(lengths, [jnp.asarray(x)], [jnp.asarray(w)], [v], 500.0)[1] ** 3
        )

    slope = jax.grad(f)(jnp.asarray(x))[1, 2]
    h = np.zeros((3, 3))
    h[1, 2] = 1e-5
    np.testing.assert_allclose(slope, (f(x + h) - f(x - h)) / 2e-5, rtol=1e-7)


def test_a_smaller_box_keeps_the_low_frequencies():
    x, w = _atoms(5)
    small = (6, 8, 8)

    def potential(shape):
        lengths = box_shells(CELL, shape)
        v = jnp.where(lengths.q < 2.0, 1.0, 0.0)  # within both boxes
        return local_potential(lengths, [jnp.asarray(x)], [jnp.asarray(w)], [v], 500.0)

    np.testing.assert_allclose(resampled(potential(SHAPE), small), potential(small), atol=1e-12)
