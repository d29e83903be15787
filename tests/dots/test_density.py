"""|ψ|² on the box: closed form, norm, order of the points."""

import jax.numpy as jnp
import numpy as np

from nnpp.dots.density import densities, density, unwrapped
from nnpp.dots.functions import middle, points
from tests.dots.samples import EDGES, basis, block, gaussian, orthogonal_spinors


def test_density_of_gaussians():
    of = basis()
    X = block(of, gaussian(1.6, (1, 0, 0)), gaussian(1.6, (0, 0, -1)))
    rho = densities(of, X)
    np.testing.assert_allclose(rho.sum((1, 2, 3)) * of.volume / rho[0].size, 1, atol=1e-12)
    r2 = np.sum((points(of, np.zeros(3)) - [1.0, 0, 0]) ** 2, axis=-1)
    expected = np.exp(-r2 / 1.6**2) / (np.pi * 1.6**2) ** 1.5
    np.testing.assert_allclose(rho[0], expected, atol=1e-6)
    w = jnp.array([0.3, 2.0])
    np.testing.assert_allclose(density(of, X, w), 0.3 * rho[0] + 2 * rho[1], atol=1e-14)


def test_a_kramers_pair_has_the_mean_density_of_both():
    of = basis()
    X = block(of, gaussian(1.6), gaussian(1.5))
    np.testing.assert_allclose(
        densities(of, orthogonal_spinors(of, X)), densities(of, X), atol=1e-14
    )


def test_unwrapped_density_lies_around_moved_sites():
    """A density at a site in the middle of the array, at the site plus half the cell."""
    of, site = basis(), np.array([1.0, -2.0, 0.5])
    rho = np.asarray(unwrapped(densities(of, block(of, gaussian(1.6, site)))))[0]
    place = np.stack(np.meshgrid(*[np.arange(m) / m for m in of.shape], indexing="ij"), -1)
    mean = np.einsum("xyz,xyzi->i", rho, place * EDGES) / rho.sum()
    np.testing.assert_allclose(mean, site + EDGES / 2, atol=1e-6)


def test_points_start_half_a_cell_from_the_centre():
    of = basis()
    centre = middle(np.array([[1.0, 0, 0], [3.0, 0, 0]]), of.cell)
    np.testing.assert_allclose(centre * EDGES, [2, 0, 0])
    r = points(of, centre)
    np.testing.assert_allclose(r[0, 0, 0], [-2, 0, 0], atol=1e-12)
    assert (np.abs(r).max((0, 1, 2)) <= EDGES / 2 + 1e-9).all()
