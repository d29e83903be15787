"""Radial integrals against quadrature by scipy and the closed form of Weber."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import spherical_in, spherical_jn

from nnpp.special import gauss_legendre, j0, j1_over_x
from nnpp.terms.projectors import radial_projectors
from tests.terms.weights import PAIRS

K = np.array([1e-6, 1e-3, 0.1, 0.7, 1.9, 3.3, 5.1, 7.7, 10.0])


def integral(weight, K, l=1):
    """I_W(K, K′) = (K K′)^l Σ_m F_m F_m."""
    projectors = radial_projectors(weight, 10.0, l)
    F = K[:, None] ** l * np.asarray(projectors(jnp.asarray(K**2)))
    return F @ F.T


@pytest.mark.parametrize("l", [0, 1])
@pytest.mark.parametrize("name", PAIRS)
def test_against_scipy(name, l):
    ours, weight = PAIRS[name]
    found = integral(ours, K, l)
    for i in range(len(K)):
        for j in range(i + 1):

            def f(r, i=i, j=j):
                return r**2 * spherical_jn(l, K[i] * r) * spherical_jn(l, K[j] * r) * weight(r)

            exact = quad(f, 0, 9, epsabs=1e-13, epsrel=1e-12, limit=400)[0]
            assert abs(found[i, j] - exact) < 1e-10
    assert np.abs(found).max() > 1e-2


@pytest.mark.parametrize("l", [0, 1])
@pytest.mark.parametrize(("name", "w"), [("so", 0.7), ("inner", 1.0)])
def test_against_the_closed_form(name, w, l):
    """Weber: I = (√π w³/4) e^{−(K−K′)²w²/4} g_l(x) with x = KK′w²/2, g_l = e^{−x} i_l(x)."""
    K_i, K_j = K[:, None], K[None, :]
    x = K_i * K_j * w**2 / 2
    with np.errstate(over="ignore", invalid="ignore"):
        plain = np.where(x < 300, np.exp(-x) * spherical_in(l, np.minimum(x, 300)), 1 / (2 * x))
    exact = np.sqrt(np.pi) * w**3 / 4 * np.exp(-((K_i - K_j) ** 2) * w**2 / 4) * plain
    assert np.abs(integral(PAIRS[name][0], K, l) - exact).max() < 1e-10


def test_few_combinations_suffice():
    """Ranks for |K| ≤ 10, far below the nodes of the quadrature."""
    ranks = {name: radial_projectors(w, 10.0, 1).A.shape[1] for name, (w, _) in PAIRS.items()}
    assert ranks["so"] <= 16
    assert ranks["inner"] <= 20
    assert ranks["outer"] <= 24


def test_j1_over_x_against_scipy_on_both_branches():
    x = np.concatenate([np.logspace(-8, 2, 400), [0.4999999, 0.5, 0.5000001]])
    assert (
        np.abs(np.asarray(j1_over_x(jnp.asarray(x**2))) - spherical_jn(1, x) / x).max() < 1e-14
    )
    assert float(j1_over_x(jnp.asarray(0.0))) == pytest.approx(1 / 3, abs=1e-16)


def test_j0_against_scipy_on_both_branches():
    x = np.concatenate([[0.0], np.logspace(-8, 2, 400), [0.4999999, 0.5, 0.5000001]])
    assert np.abs(np.asarray(j0(jnp.asarray(x**2))) - spherical_jn(0, x)).max() < 1e-14


def test_gauss_legendre_is_exact_for_polynomials():
    r, w = gauss_legendre(4, 2.5)
    assert w @ r**7 == pytest.approx(2.5**8 / 8, rel=1e-14)
