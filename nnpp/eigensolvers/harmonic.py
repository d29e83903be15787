"""A space of functions, and those of them nearest to an energy t in a gap, on one side.

With A = (H − t) V, the functions x = V u of

    V†A u = ν A†A u

have 1/ν = E − t at an eigenfunction. ν lies between the extremes of 1/(E − t): no value lies
in the gap, and the sides are separated by the sign of ν. Ritz values E do not have this
property: inside the spectrum they pass through the gap. (R. B. Morgan, Linear Algebra Appl.
154, 289 (1991).)
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nnpp.eigensolvers.chunks import applied
from nnpp.hamiltonian.interface import LinearOperator
from nnpp.linalg.blocks import Block, adjoint, diagonal, inner, times
from nnpp.linalg.eigh import eigh_block
from nnpp.linalg.roots import orthonormalizer, spanning
from nnpp.pytree import pytree

BLOCKS, KEPT = 6, 2
"""Blocks of the largest space, and of the space after a restart."""

TINY = 1e-300
"""Keeps the length of a zero column from dividing zero."""


@pytree
class Space:
    """A space that grows; columns beyond `count` are zero.

    Attributes:
        V: orthonormal functions.
        HV: H V [hartree].
        G: V†HV [hartree].
        M: (HV)†HV [hartree²].
        count: number of functions.
    """

    V: Block
    HV: Block
    G: Block
    M: Block
    count: Int[Array, ""]


@pytree
class Candidates:
    """The functions nearest to t on one side, nearest first; zero if there are fewer.

    Attributes:
        E: ⟨x|H|x⟩ [hartree].
        residual: |H x − E x| [hartree].
        U: x = V U.
    """

    E: Float[Array, " state"]
    residual: Float[Array, " state"]
    U: Block


@jax.jit
def space(H: LinearOperator, X: Block, count: Int[Array, ""]) -> Space:
    """Return the space of a block, with space for `BLOCKS` of them.

    Args:
        H: the operator.
        X: functions; the first `count` are orthonormal, the others zero.
        count: number of functions.
    """
    rows, parts, b = X.shape
    K = BLOCKS * b
    empty = jnp.zeros((rows, parts, K), X.dtype)
    small = jnp.zeros((K, parts, K), X.dtype)
    return extended(H, Space(empty, empty, small, small, jnp.asarray(0, int)), X, count)


def extended(H: LinearOperator, at: Space, W: Block, count: Int[Array, ""]) -> Space:
    """Return the space with `count` more functions: the first of W, the others are zero."""
    HW = applied(H, W, count)
    V = jax.lax.dynamic_update_slice_in_dim(at.V, W, at.count, axis=2)
    HV = jax.lax.dynamic_update_slice_in_dim(at.HV, HW, at.count, axis=2)
    G = _bordered(at.G, inner(V, HW), at.count)
    M = _bordered(at.M, inner(HV, HW), at.count)
    return Space(V, HV, G, M, at.count + count)


def _bordered(G: Block, new: Block, at: Int[Array, ""]) -> Block:
    """Return G with new columns, and their adjoints as rows."""
    G = jax.lax.dynamic_update_slice_in_dim(G, new, at, axis=2)
    return jax.lax.dynamic_update_slice_in_dim(G, adjoint(new), at, axis=0)


def _harmonic(at: Space, t: Float[Array, ""], side: Float[Array, ""], n: int) -> Block:
    """Return coefficients of the `n` functions nearest to t on a side, of unit length."""
    K, parts, _ = at.G.shape
    live = jnp.arange(K) < at.count
    unit, rest = (diagonal(jnp.where(of, 1.0, 0.0), parts) for of in (live, ~live))
    W = orthonormalizer(at.M - 2 * t * at.G + t**2 * unit + rest)
    C = side * inner(W, times(at.G - t * unit, W))
    nu, Q = eigh_block((C + adjoint(C)) / 2)
    U = times(W, Q[:, :, :n])
    length = jnp.sqrt(jnp.sum(U**2, axis=(0, 1)))
    return U * jnp.where(nu[:n] < 0, 1 / jnp.maximum(length, TINY), 0.0)


@partial(jax.jit, static_argnames="b")
def candidates(at: Space, t: Float[Array, ""], side: Float[Array, ""], b: int) -> Candidates:
    """Return the `b` functions of a space nearest to t on a side.

    The residual follows from small matrices, |r|² = u†M u − θ², to about 1e-8 hartree. It is
    infinite where the space has fewer functions on that side.
    """
    U = _harmonic(at, t, side, b)
    exists = jnp.sum(U**2, axis=(0, 1)) > 0
    E = jnp.sum(U * times(at.G, U), axis=(0, 1))
    squared = jnp.sum(U * times(at.M, U), axis=(0, 1)) - E**2
    residual = jnp.sqrt(jnp.maximum(squared, 0.0))
    return Candidates(E, jnp.where(exists, residual, jnp.inf), U)


@partial(jax.jit, static_argnames="n")
def ritz(at: Space, U: Block, n: int) -> tuple[Float[Array, " n"], Block, Float[Array, " n"]]:
    """Return energies, rising [hartree], functions and residuals of the first candidates."""
    W = U[:, :, :n]
    W = times(W, orthonormalizer(inner(W, W)))
    G = inner(W, times(at.G, W))
    E, Q = eigh_block((G + adjoint(G)) / 2)
    W = times(W, Q)
    X = times(at.V, W)
    R = times(at.HV, W) - X * E
    return E, X, jnp.sqrt(jnp.sum(R**2, axis=(0, 1)))


def restarted(at: Space, t: Float[Array, ""], side: Float[Array, ""], b: int) -> Space:
    """Return the space of the `KEPT`·b best functions."""
    U = _harmonic(at, t, side, KEPT * b)
    turn, count = spanning(inner(U, U))
    U = jnp.pad(times(U, turn), ((0, 0), (0, 0), (0, at.V.shape[2] - KEPT * b)))
    G, M = (inner(U, times(of, U)) for of in (at.G, at.M))
    return Space(times(at.V, U), times(at.HV, U), G, M, count)
