"""S^{-½} of an overlap, in two forms: X L^{-†} by Cholesky, or the eigenvectors of S.

S = X†X,  (X W)†(X W) = 1
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nnpp.linalg.blocks import Block, inner, joined, split, times
from nnpp.linalg.eigh import eigh_block

FLOOR = 1e-13
"""Smallest eigenvalue of a scaled overlap, relative to 1, at which a direction counts."""


def orthonormalizer(S: Block) -> Block:
    """Return W with W†S W = 1: upper triangular by Cholesky, else from the eigenvectors of S.

    Columns are scaled to unit length first. A Cholesky factor with a pivot of zero is not
    finite; then directions without length stay zero.
    """
    scale, scaled = _scaled(S)
    L = _cholesky(scaled)
    W = jax.lax.cond(jnp.all(jnp.isfinite(L)), lambda: L, lambda: _by_eigh(scaled)[0])
    return scale[:, None, None] * W


def spanning(S: Block) -> tuple[Block, Int[Array, ""]]:
    """Return W with W†S W = 1 in its first columns, zero in the others, and their number."""
    scale, scaled = _scaled(S)
    W, count = _by_eigh(scaled)
    return scale[:, None, None] * W, count


def _scaled(S: Block) -> tuple[Float[Array, " n"], Block]:
    """Return the factors that give the columns unit length, and the overlap with them."""
    diagonal = jnp.diagonal(S[:, 0])
    scale = jnp.where(diagonal > 0, 1 / jnp.sqrt(jnp.maximum(diagonal, 1e-300)), 0.0)
    return scale, S * scale[:, None, None] * scale


def _by_eigh(S: Block) -> tuple[Block, Int[Array, ""]]:
    """Return U d^{-½} of the eigenvalues above the floor, largest first, and their number."""
    d, U = eigh_block(S)
    root = jnp.where(d > FLOOR, 1 / jnp.sqrt(jnp.maximum(d, FLOOR)), 0.0)
    return (U * root)[:, :, ::-1], jnp.sum(d > FLOOR)


def _cholesky(S: Block) -> Block:
    """Return L^{-†} of S = L L†; not finite if S is not positive.

    Of quaternions, L with real positive diagonal is that of the complex matrix in which the
    two rows of each quaternion are neighbours.
    """
    n, parts, _ = S.shape
    if parts == 1:
        L = jnp.linalg.cholesky(S[:, 0])
        eye = jnp.eye(n, dtype=S.dtype)
        return jax.scipy.linalg.solve_triangular(L, eye, lower=True).T[:, None]
    if parts == 2:
        M, order = joined(S), np.arange(n)
    else:
        M, order = joined(S), np.arange(2 * n).reshape(2, n).T.reshape(-1)
    L = jnp.linalg.cholesky(M[np.ix_(order, order)])
    eye = jnp.eye(len(order), dtype=M.dtype)
    W = jax.scipy.linalg.solve_triangular(L, eye, lower=True).conj().T
    back = np.argsort(order)
    return split(W[np.ix_(back, back[:n])], parts)


def orthonormal(X: Block) -> Block:
    """Return orthonormal columns of the same space."""
    return times(X, orthonormalizer(inner(X, X)))
