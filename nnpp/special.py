"""Mathematics without physics: spherical Bessel functions, Gauss-Legendre nodes, knots."""

from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

SERIES_BELOW = 0.5
"""Argument below which j₀ and j₁ are summed as series: j₁ cancels there."""


def j0(x2: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return j₀(x) = sin x/x as a function of x²: 1 − x²/6 + x⁴/120 − …, smooth at the origin.

    The series, Σ (−x²)ⁿ/(2n+1)!, stops below 1e-17 for x ≤ ½.
    """
    small = x2 < SERIES_BELOW**2
    y = jnp.where(small, x2, 0.0)
    series = 1 - y / 6 * (
        1 - y / 20 * (1 - y / 42 * (1 - y / 72 * (1 - y / 110 * (1 - y / 156))))
    )
    z = jnp.sqrt(jnp.where(small, 1.0, x2))
    return jnp.where(small, series, jnp.sin(z) / z)


def j1_over_x(x2: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return j₁(x)/x = (sin x/x − cos x)/x² as a function of x²: ⅓ − x²/30 + x⁴/840 − ….

    The function is even, hence smooth in x² at the origin, where |x| has no derivative. The
    series, Σ (−x²/2)ⁿ/(n! (2n+3)!!), stops below 1e-17 for x ≤ ½.
    """
    small = x2 < SERIES_BELOW**2
    y = jnp.where(small, x2, 0.0) / 2
    series = 1 / 3 * (1 - y / 5 * (1 - y / 14 * (1 - y / 27 * (1 - y / 44 * (1 - y / 65)))))
    z = jnp.sqrt(jnp.where(small, 1.0, x2))
    return jnp.where(small, series, (jnp.sin(z) / z - jnp.cos(z)) / z**2)


legendre = lru_cache(np.polynomial.legendre.leggauss)
"""Nodes and weights on [−1, 1]; cached, since n nodes take n³ operations."""


def gauss_legendre(n: int, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights for ∫₀^end f(r) dr, exact for polynomials of degree 2n − 1."""
    x, w = legendre(n)
    return (x + 1) * end / 2, w * end / 2


def knots(f: Float[np.ndarray, "row *of"]) -> Float[np.ndarray, "knot *of"]:
    """Return knots f − δ²f/12 + δ⁴f/90: straight lines between them have the transform of f.

    Straight lines between samples have the Fourier transform of f times (sin x/x)², with
    x = qh/2 and the spacing h. The inverse factor is x²/sin²x = 1 + s/3 + 8s²/45 + …, with
    s = sin²x and δ² ↔ −4s; the error is 4x⁶/35. The first and the last two rows are dropped.
    """
    second = f[2:] - 2 * f[1:-1] + f[:-2]
    fourth = second[2:] - 2 * second[1:-1] + second[:-2]
    return f[2:-2] - second[1:-1] / 12 + fourth / 90


def transform_of_lines(
    h: float, f: Float[np.ndarray, " knot"], q: Float[np.ndarray, " q"]
) -> Float[np.ndarray, " q"]:
    """Return 4π ∫ r² [sin(qr)/qr] f(r) dr of straight lines between knots, exactly.

    f is a sum of hats about r_i = ih. A hat has ∫ cos(qr) dr = A cos(qr_i), A = h (sin x/x)²,
    x = qh/2, and its ∫ r sin(qr) dr is minus the derivative of this with respect to q.

    Args:
        h: the spacing of the knots, which begin at r = 0.
        f: f(r) at the knots, 0 at the last one.
        q: wave numbers.
    """
    f = f[: np.flatnonzero(f).max(initial=0) + 1]
    r, x = h * np.arange(len(f)), q * h / 2
    right_half = np.append(f[0] / 2, f[1:])  # of the hat about r = 0
    s, bessel = np.sinc(x / np.pi), np.asarray(j1_over_x(jnp.asarray(x**2)))
    pieces = np.array_split(q, -(-len(q) // 512))
    radial = np.concatenate([np.sinc(np.outer(k, r) / np.pi) @ (r**2 * f) for k in pieces])
    bent = np.concatenate([np.cos(np.outer(k, r)) @ right_half for k in pieces])
    return 4 * np.pi * h * s * (s * radial + h**2 / 2 * bessel * bent)
