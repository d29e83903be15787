"""Chebyshev-filtered subspace iteration (CheFSI): all levels below a gap, and some above.

    X ← T_n((H − c)/e) X,  c = (upper + cut)/2,  e = (upper − cut)/2,

then the best functions in the space of X (Rayleigh and Ritz). The polynomial is small between
`cut`, the highest Ritz value of the previous cycle, and `upper`, a bound of the spectrum, and
grows below. It is scaled to 1 at `lower`, so that numbers stay finite (Y. Zhou et al.,
J. Comput. Phys. 219, 172 (2006)). The filter works on a few columns at a time: its memory does
not grow with their number.
"""

from collections.abc import Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nnpp.eigensolvers.chunks import CHUNK, applied, chunk, padded, with_chunk
from nnpp.hamiltonian.interface import LinearOperator
from nnpp.linalg.blocks import Block, adjoint, inner, times
from nnpp.linalg.eigh import eigh_block
from nnpp.linalg.random import normal
from nnpp.linalg.roots import orthonormalizer
from nnpp.pytree import pytree

DEGREES = (4, 5, 7, 9, 11, 13, 13)
"""Degrees of the cycles. Higher first degrees make the columns dependent in float32."""

LEAST_GUARD, GUARD = 24, 0.06
"""Columns above the gap: at least so many, or this share of those below."""

SMOOTH = 0.4
"""Kinetic energy at which random starting functions are damped to a half [hartree]."""

LANCZOS = 24
"""Steps for the lower bound of the spectrum."""


@pytree
class Subspace:
    """The lowest functions so far.

    Attributes:
        E: Ritz values, rising [hartree].
        X: orthonormal functions.
        residual: |H x − E x| [hartree].
    """

    E: Float[Array, " state"]
    X: Block
    residual: Float[Array, " state"]


def columns(occupied: int, above: int, rows: int) -> int:
    """Return the columns for `occupied` levels and some above them, in whole chunks."""
    guard = max(LEAST_GUARD, int(np.ceil(GUARD * occupied)), above + LEAST_GUARD // 2)
    return min(padded(occupied + guard), rows // CHUNK * CHUNK)


def random_start(T: Float[Array, " row"], parts: int, m: int, key: jax.Array) -> Block:
    """Return random functions damped by 1/(1 + (T/0.4)²).

    Args:
        T: kinetic energy of each row [hartree].
        parts: parts of a coefficient.
        m: number of functions.
        key: random key.
    """
    X = normal(key, (len(T), parts, m))
    return X / (1 + (T / SMOOTH) ** 2)[:, None, None]


@jax.jit
def lower_bound(H: LinearOperator, x: Block) -> Float[Array, ""]:
    """Return a lower bound of the spectrum: the lowest Ritz value of Lanczos less its residual.

    Args:
        H: the operator.
        x: one smooth function. From a random one, dominated by high kinetic energies, the
            bound lies too high, and the filter overflows.
    """
    x = x / jnp.linalg.norm(x)

    def step(at: tuple[Block, Block, Array], _: None) -> tuple:
        v, last, beta = at
        w = H @ v - beta * last
        alpha = jnp.sum(v * w)
        w = w - alpha * v
        norm = jnp.linalg.norm(w)
        return (w / norm, v, norm), (alpha, norm)

    _, (alpha, beta) = jax.lax.scan(step, (x, jnp.zeros_like(x), jnp.zeros(())), length=LANCZOS)
    E, U = jnp.linalg.eigh(jnp.diag(alpha) + jnp.diag(beta[:-1], 1) + jnp.diag(beta[:-1], -1))
    return E[0] - jnp.abs(beta[-1] * U[-1, 0])


@partial(jax.jit, static_argnames="dtype", donate_argnames="X")
def filtered(
    H: LinearOperator,
    X: Block,
    degree: Int[Array, ""],
    lower: Float[Array, ""],
    cut: Float[Array, ""],
    upper: Float[Array, ""],
    dtype: type = float,
) -> Block:
    """Return T_n((H − c)/e) X / T_n((lower − c)/e).

    Args:
        H: the operator.
        X: functions; the number of columns is a multiple of `CHUNK`. Its memory is used again.
        degree: n.
        lower: lower bound of the spectrum [hartree].
        cut: lower end of the interval in which the polynomial is small [hartree].
        upper: upper bound of the spectrum [hartree].
        dtype: precision in which H is applied.
    """
    c, e = (upper + cut) / 2, (upper - cut) / 2
    first = e / (lower - c)

    def of_chunk(i: Int[Array, ""], Y: Block) -> Block:
        x = chunk(Y, i).astype(dtype)

        def shifted(y: Block) -> Block:
            return H @ y - c.astype(dtype) * y

        def raised(_: Int[Array, ""], at: tuple) -> tuple:
            x, y, sigma = at
            new = 1 / (2 / first - sigma)
            rise, fall = (2 * new / e).astype(dtype), (sigma * new).astype(dtype)
            return y, rise * shifted(y) - fall * x, new

        y = (first / e).astype(dtype) * shifted(x)
        _, y, _ = jax.lax.fori_loop(1, degree, raised, (x, y, first))
        return with_chunk(Y, y, i)

    return jax.lax.fori_loop(0, X.shape[2] // CHUNK, of_chunk, X)


@partial(jax.jit, donate_argnames="F")
def ritz(H: LinearOperator, F: Block) -> tuple[Float[Array, " state"], Block]:
    """Return Ritz values, rising [hartree], and functions in the space of F."""
    W = orthonormalizer(inner(F, F))
    n, parts, m = len(F), F.shape[1], F.shape[2]

    def of_chunk(i: Int[Array, ""], G: Block) -> Block:
        return with_chunk(G, inner(F, H @ chunk(F, i)), i)

    G = jax.lax.fori_loop(0, m // CHUNK, of_chunk, jnp.zeros((m, parts, m), F.dtype))
    C = inner(W, times(G, W))
    E, U = eigh_block((C + adjoint(C)) / 2)
    return E, times(F, times(W, U)).reshape(n, parts, m)


@jax.jit
def residuals(H: LinearOperator, E: Float[Array, " state"], X: Block) -> Float[Array, " state"]:
    """Return |H x − E x| of each column [hartree]; the columns fill chunks."""
    R = applied(H, X, jnp.asarray(X.shape[2])) - X * E
    return jnp.sqrt(jnp.sum(R**2, axis=(0, 1)))


def cycles(
    H: LinearOperator,
    X: Block,
    upper: Float[Array, ""],
    degrees: tuple[int, ...] = DEGREES,
    dtype: type = float,
    lower: Float[Array, ""] | None = None,
) -> Iterator[tuple[Float[Array, " state"], Block]]:
    """Yield Ritz values [hartree] and functions after each cycle.

    Args:
        H: the operator.
        X: starting functions; the number of columns is a multiple of `CHUNK`.
        upper: upper bound of the spectrum [hartree].
        degrees: the degree of each cycle.
        dtype: precision of the filter; Ritz values and functions are float64.
        lower: lower bound of the spectrum [hartree]; from Lanczos steps if not given.
    """
    smooth = jnp.sum(X[:, :, :CHUNK], axis=2, keepdims=True)
    lower = lower_bound(H, smooth) if lower is None else lower
    E, X = ritz(H, X)
    for degree in degrees:
        X = filtered(H, X, jnp.asarray(degree), lower, E[-1], upper, dtype)
        E, X = ritz(H, X)
        lower = jnp.minimum(lower, E[0])
        yield E, X
