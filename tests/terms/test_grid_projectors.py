"""Projectors at the points of a grid: their sum of products is the weight they are made of."""

import numpy as np
import pytest
from scipy.integrate import quad, simpson
from scipy.special import spherical_jn

from nnpp.terms.fitted.nonlocal_ import inner_weight, outer_weight
from nnpp.terms.fitted.spin_orbit import weight
from nnpp.terms.grid_projectors import POINTS, cut_radius, grid_functions, grid_radial


def mixed(r):
    return inner_weight(r) - 0.5 * outer_weight(r)


def product(W, K, L):
    """∫ r² j₁(Kr) W j₁(Lr) dr by adaptive quadrature."""

    def f(r):
        return r**2 * spherical_jn(1, K * r) * W(np.array([r]))[0] * spherical_jn(1, L * r)

    return quad(f, 0, cut_radius(0.5))[0]


@pytest.mark.parametrize("W, accuracy", [(weight, 5e-3), (mixed, 6e-3)])
def test_products_have_the_matrix_elements_of_the_weight(W, accuracy):
    """Σ sign F_m(K) F_m(K′) = ∫ r² j₁(Kr) W j₁(K′r) dr, with the transforms F of five p."""
    radial, K = grid_radial(W, 0.5), np.array([0.4, 1.0, 1.7, 2.5])
    r = radial.step * np.arange(POINTS)
    j = spherical_jn(1, np.outer(K, r))
    F = simpson(j[:, :, None] * (r**2)[:, None] * radial.p, x=r, axis=1)
    expected = [[product(W, p, q) for q in K] for p in K]
    found = (F * radial.sign) @ F.T
    np.testing.assert_allclose(found, expected, atol=accuracy * np.abs(expected).max())


def test_negative_weights_have_negative_signs():
    assert (grid_radial(weight, 0.5).sign > 0).all()
    assert set(grid_radial(mixed, 0.5).sign) == {-1.0, 1.0}


def test_functions_of_an_atom():
    """p(r) √(3/4π) x/r within r_c, and zero at the atom and beyond."""
    radial = grid_radial(weight, 0.8)
    x, tau = 0.8 * np.arange(16), np.array([4.8, 5.0, 5.1])
    f = np.asarray(grid_functions((x, x, x), tau, radial))
    d = np.stack(np.meshgrid(x - tau[0], x - tau[1], x - tau[2], indexing="ij"))
    r = np.sqrt(np.sum(d**2, axis=0))
    assert not f[..., r > cut_radius(0.8)].any()
    assert (np.abs(f[..., r < 3.5]).max(axis=(0, 1)) > 0).all()
    rows = radial.step * np.arange(POINTS)
    p = np.interp(r, rows, radial.p[:, 2], right=0)
    np.testing.assert_allclose(f[2, 1], p * np.sqrt(3 / (4 * np.pi)) * d[1] / r, atol=1e-12)
    assert cut_radius(0.8) ** 2 == pytest.approx(1.5 + 6 * np.log(10) + 2.4)
