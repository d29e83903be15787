"""v(r) against a closed form, scipy's quadrature, and the inverse transform."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from scipy.integrate import quad

from nnpp.potentials.real_space import real_space
from nnpp.special import gauss_legendre, transform_of_lines
from tests import systems

R = np.array([0.0, 1e-6, 0.4, 1.0, 2.7, 6.0, 15.0])


def test_a_gaussian():
    """v(q) = e^{−q²/2σ²} gives v(r) = (σ²/2π)^{3/2} e^{−σ²r²/2}."""
    sigma = 1.7
    v = real_space(
        Partial(lambda q: jnp.exp(-(q**2) / (2 * sigma**2))[:, None]), jnp.asarray(R)
    )
    exact = (sigma**2 / (2 * np.pi)) ** 1.5 * np.exp(-(sigma**2) * R**2 / 2)
    assert np.abs(np.asarray(v)[:, 0] - exact).max() < 1e-13


@pytest.mark.parametrize("symbol", ["Cd", "Se", "Pb"])
def test_zunger_by_quadrature(symbol):
    """v(r) = ∫ q sin(qr) v(q) dq / 2π²r by scipy, from the plain formula."""
    a0, a1, a2, a3 = systems.ZUNGER[symbol]

    def v(q):
        return a0 * (q * q - a1) / (a2 * np.exp(a3 * q * q) - 1)

    found = np.asarray(real_space(systems.zunger(symbol), jnp.asarray(R)))[:, 0]
    for r, value in zip(R[2:], found[2:], strict=True):
        exact = quad(lambda q: q * v(q), 0, 12, weight="sin", wvar=r, epsabs=1e-11)[0]
        assert value == pytest.approx(exact / (2 * np.pi**2 * r), abs=1e-10)
    at_zero = quad(lambda q: q * q * v(q), 0, 12, epsabs=1e-11)[0] / (2 * np.pi**2)
    assert found[:2] == pytest.approx([at_zero] * 2, rel=1e-9)
    assert abs(found[0]) > 1e-2


def test_the_inverse_transform():
    """v(q) = 4π ∫ r² v(r) sin(qr)/qr dr."""
    r, w = gauss_legendre(300, 30.0)
    v_r = np.asarray(real_space(systems.zunger("Cd", "Se"), jnp.asarray(r)))
    q = np.array([0.2, 1.0, 3.0])
    back = 4 * np.pi * (w * r**2 * np.sinc(np.outer(q, r) / np.pi)) @ v_r
    forms = np.asarray(systems.zunger("Cd", "Se")(jnp.asarray(q)))
    assert np.abs(back - forms).max() < 1e-6 * np.abs(forms).max()


@pytest.mark.parametrize("q", [0.0, 1e-5, 0.3, 2.0, 11.0])
def test_transform_of_lines_by_quadrature(q):
    """4π ∫ r² [sin(qr)/qr] f(r) dr of straight lines between six knots, by scipy."""
    h, f = 0.4, np.array([1.3, -0.2, 0.7, 0.0, -1.1, 0.0])
    r = h * np.arange(len(f))
    pieces = [
        quad(lambda x: x**2 * np.sinc(q * x / np.pi) * np.interp(x, r, f), a, b, epsabs=1e-13)[
            0
        ]
        for a, b in itertools.pairwise(r)
    ]
    found = transform_of_lines(h, f, np.array([q]))[0]
    assert found == pytest.approx(4 * np.pi * sum(pieces), abs=1e-11)
