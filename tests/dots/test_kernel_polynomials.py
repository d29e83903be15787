"""Density of states by kernel polynomials against dense eigenvalues."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.dots.functions import points
from nnpp.dots.kernel_polynomials import spectral_density
from nnpp.hamiltonian.dot import DotHamiltonian
from tests.dots.samples import basis

WIDTH = 0.03
VECTORS = 24


@cache
def case(spinor=False):
    """A well with two minima, its levels, and energies over all of its spectrum."""
    of = basis(1.2, 1.5, 0.55)
    r = points(of, np.zeros(3))
    V = -1.5 * np.exp(-np.sum((r - [1.5, 0, 0]) ** 2, axis=-1) / 8)
    H = DotHamiltonian(of, jnp.asarray(of.K2 / 2), jnp.asarray(V), (), spinor)
    scalar = DotHamiltonian(of, H.T, H.V, (), False)
    E = np.linalg.eigvalsh(np.asarray((scalar @ jnp.eye(of.rows)[:, None])[:, 0]))
    return H, E, np.linspace(E[0] - 0.3, E[-1] + 0.3, 400)


@pytest.mark.parametrize("spinor", [False, True])
def test_density_is_that_of_broadened_levels_within_the_error_bars(spinor):
    H, E, energy = case(spinor)
    found = spectral_density(H, energy, WIDTH, VECTORS, jax.random.key(1))
    x = energy[:, None] - E
    sigma = found.resolution[:, None].clip(1e-9)
    expected = (np.exp(-(x**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)).sum(axis=1)
    off = np.abs(found.density - expected)
    assert (off < 4 * found.error + 0.02 * expected.max()).all()
    assert found.error.max() < 0.5 * expected.max()


def test_all_rows_are_counted():
    H, E, energy = case()
    found = spectral_density(H, energy, WIDTH, 4, jax.random.key(0))
    assert np.trapezoid(found.density, energy) == pytest.approx(H.rows, rel=1e-3)
    assert found.below[-1] == pytest.approx(H.rows, rel=1e-4)
    assert found.below[0] == pytest.approx(0, abs=0.05)
    counted = np.searchsorted(E, energy)
    assert np.abs(found.below - counted).max() < 4 * found.below_error.max() + 2


def test_error_falls_with_the_number_of_vectors():
    H, _, energy = case()
    few, many = (
        spectral_density(H, energy, WIDTH, n, jax.random.key(3)).error.mean() for n in (8, 128)
    )
    assert many == pytest.approx(few / 4, rel=0.3)


def test_a_level_has_the_stated_width():
    """One level, whose trace each vector gives exactly."""
    of, V = basis(1.2, 1.5, 0.55), jnp.full((4, 4, 4), 0.2).at[0, 0, 0].set(-3)
    H = DotHamiltonian(of.prefix(1e-3), jnp.zeros(1), V, (), False)
    energy = np.linspace(-3, 0.5, 4001)
    found = spectral_density(H, energy, WIDTH, 2, jax.random.key(0))
    E = float((H @ jnp.ones((1, 1, 1)))[0, 0, 0])
    mean = np.trapezoid(energy * found.density, energy)
    second = np.trapezoid((energy - E) ** 2 * found.density, energy)
    assert mean == pytest.approx(E, abs=0.01)
    assert np.sqrt(second) == pytest.approx(np.interp(E, energy, found.resolution), rel=0.15)
