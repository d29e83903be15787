"""H @ X for the first columns of a block, a few at a time: one program for any number.

The number of columns is traced, so that converged columns cost nothing and no program is
compiled again.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from nnpp.hamiltonian.interface import LinearOperator
from nnpp.linalg.blocks import Block

CHUNK = 4
"""Columns at a time: the boxes of so many functions fit into the cache of a processor."""


def padded(columns: int) -> int:
    """Return the next multiple of `CHUNK`."""
    return -(-columns // CHUNK) * CHUNK


def chunk(X: Block, i: Int[Array, ""]) -> Block:
    """Return the columns of chunk `i`."""
    return jax.lax.dynamic_slice_in_dim(X, i * CHUNK, CHUNK, axis=2)


def with_chunk(X: Block, new: Block, i: Int[Array, ""]) -> Block:
    """Return X with other columns in chunk `i`."""
    return jax.lax.dynamic_update_slice_in_dim(X, new.astype(X.dtype), i * CHUNK, axis=2)


def applied(H: LinearOperator, X: Block, count: Int[Array, ""]) -> Block:
    """Return H X in the first `count` columns, rounded up to whole chunks, zero in the others.

    Args:
        H: the operator.
        X: functions; the number of columns is a multiple of `CHUNK`.
        count: number of columns that are wanted.
    """

    def one(i: Int[Array, ""], Y: Block) -> Block:
        return with_chunk(Y, H @ chunk(X, i), i)

    return jax.lax.fori_loop(0, -(-count // CHUNK), one, jnp.zeros_like(X))
