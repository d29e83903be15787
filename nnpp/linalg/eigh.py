"""All eigenvalues and eigenvectors of a small Hermitian block, real, complex or quaternionic.

A Hermitian matrix G of n quaternions has n real eigenvalues. As a complex matrix of 2n it has
each of them twice, with vectors x and Θx, of which one is wanted; where several pairs meet,
LAPACK mixes them all. An S with ΘSΘ⁻¹ = −S tells them apart: among the vectors of one
eigenvalue its own eigenvalues are ±s, with x and Θx, and those of s > 0 are one of each pair.
Rounding turns vectors of near eigenvalues into one another, and so x₁ into Θx₂; two steps of
Newton and Schulz, U ← U (3 − U†U)/2, make them orthonormal among quaternions again.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact

from nnpp.linalg.blocks import Block, inner, joined, split, times

ONE = 1e-10
"""Eigenvalues closer than this are one: far above rounding, far below what levels need."""

STEPS = 2
"""Of Newton and Schulz: from 1e-4, which rounding over `ONE` allows, to rounding."""

GOLDEN = 0.6180339887498949
"""Its multiples, less their whole parts, follow no pattern: no symmetry of G makes s zero."""

STEP = 10.0
"""Between the eigenvalues of S, −2 to 2, of one group of vectors and the next."""


def eigh(M: Inexact[Array, "n n"]) -> tuple[Float[Array, " n"], Inexact[Array, "n n"]]:
    """All eigenvalues, rising, and eigenvectors of a Hermitian matrix."""
    U, E = jax.lax.linalg.eigh(M, symmetrize_input=False, sort_eigenvalues=True)
    return E, U


def eigh_block(G: Block) -> tuple[Float[Array, " n"], Block]:
    """Eigenvalues, rising, and eigenvectors of a Hermitian block."""
    _, parts, _ = G.shape
    if parts < 4:
        E, U = eigh(G[:, 0] if parts == 1 else joined(G))
        return E, split(U, parts)
    return _of_quaternions(G)


def _of_quaternions(G: Block) -> tuple[Float[Array, " n"], Block]:
    """One vector of each pair; those of different pairs are orthogonal among quaternions."""
    E, both = eigh(joined(G))
    group = jnp.cumsum(jnp.diff(E, prepend=E[0]) > ONE)
    s = 1 + jnp.mod(GOLDEN * jnp.arange(1, len(G) + 1), 1.0)
    S = both.conj().T @ (jnp.concatenate([s, -s])[:, None] * both)
    S = jnp.where(group[:, None] == group, S, 0) + STEP * jnp.diag(group)
    s, turn = eigh(S)
    one_of_each = jnp.argsort(s - STEP * jnp.round(s / STEP) < 0)[: len(G)]
    U = split(both @ turn[:, one_of_each], 4)
    for _ in range(STEPS):
        U = 1.5 * U - times(U, inner(U, U)) / 2
    return jnp.sum(U * times(G, U), axis=(0, 1)), U
