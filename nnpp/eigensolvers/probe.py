"""Levels below a gap that a subspace lacks, by a deflated Fermi probe.

    v = (1 − P) g,   y = (1 − P) f(H) v,   g random, P = X X†

f is a smooth step in the gap, f(E) = ½ erfc((E − μ)/w), as a Chebyshev series. If X has all
functions below the gap, y is nearly zero. If X lacks one, y contains its share in g: |y|² is
chi-squared distributed with one degree of freedom, and six vectors miss it with a probability
of about 2e-8. The Ritz vector of y is the missing function. A stochastic trace of f(H) cannot
count levels: its statistical error is far larger than one.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.polynomial import chebyshev
from scipy.special import erfc

from nnpp.hamiltonian.interface import LinearOperator
from nnpp.linalg.blocks import Block, inner, times
from nnpp.linalg.random import normal

VECTORS = 6
"""Random vectors: a missing function has |y|² > 0.01 in their sum except once in 5e7."""

THRESHOLD = 1e-2
"""Sum of |y|² from which a function is missing."""

STEEP = 1.8
"""Degree of the series, in units of 2e/w for a spectrum of width 2e."""

NARROW, WIDE = 0.01, 0.03
"""Bounds of w, a quarter of the gap [hartree]."""


def step_series(
    mu: float, width: float, lower: float, upper: float
) -> Float[np.ndarray, " degree"]:
    """Return Chebyshev coefficients of ½ erfc((E − μ)/w) on an interval.

    Args:
        mu: μ, the middle of the step [hartree].
        width: w [hartree].
        lower: lower end of the interval [hartree].
        upper: upper end of the interval [hartree].
    """
    c, e = (upper + lower) / 2, (upper - lower) / 2
    degree = int(np.ceil(STEEP * 2 * e / width))
    return chebyshev.chebinterpolate(lambda x: erfc((c + e * x - mu) / width) / 2, degree)


def probe(
    H: LinearOperator,
    X: Block,
    gap: tuple[float, float],
    bounds: tuple[float, float],
    key: jax.Array,
    vectors: int = VECTORS,
) -> tuple[Block, int]:
    """Return y of some random vectors, and the number of columns to which H was applied.

    The sum of |y|² is the weight that X lacks below the gap. X may have functions above the
    gap, too: they are left out of y.

    Args:
        H: the operator.
        X: the functions found, orthonormal.
        gap: the levels at its edges [hartree].
        bounds: bounds of the spectrum [hartree].
        key: random key.
        vectors: number of random vectors.
    """
    width = min(max((gap[1] - gap[0]) / 4, NARROW), WIDE)
    series = step_series(sum(gap) / 2, width, *bounds)
    g = normal(key, (*X.shape[:2], vectors))
    y = _deflated_step(H, X, g, jnp.asarray(series), jnp.asarray(bounds))
    return y, (len(series) - 1) * vectors


@jax.jit
def _deflated_step(
    H: LinearOperator,
    X: Block,
    g: Block,
    series: Float[Array, " degree"],
    bounds: Float[Array, " 2"],
) -> Block:
    """Return (1 − P) f(H) (1 − P) g; H is applied in float32."""
    c, e = (bounds.sum() / 2).astype("f4"), ((bounds[1] - bounds[0]) / 2).astype("f4")

    def outside(y: Block) -> Block:
        return y - times(X, inner(X, y))

    def scaled(y: Block) -> Block:
        return (H @ y - c * y) / e

    def term(at: tuple[Block, Block, Block], a: Array) -> tuple[tuple, None]:
        last, now, y = at
        return (now, 2 * scaled(now) - last, y + a * now), None

    v, series = outside(g).astype("f4"), series.astype("f4")
    start = (v, scaled(v), series[0] * v)
    (_, _, y), _ = jax.lax.scan(term, start, series[1:])
    return outside(y.astype(X.dtype))


@jax.jit
def weight(y: Block) -> Float[Array, ""]:
    """Return the sum of |y|²."""
    return jnp.sum(y**2)
