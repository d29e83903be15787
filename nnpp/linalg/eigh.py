"""All eigenvalues and eigenvectors of a Hermitian block, and how many eigenvalues lie below σ.

A Hermitian matrix G of n quaternions has n real eigenvalues. As a complex 2n×2n matrix it has
each of them twice, with vectors x and Θx, of which one is wanted. If several pairs coincide,
LAPACK mixes them all. A Hermitian S with ΘSΘ⁻¹ = −S separates them: within the eigenspace of
one eigenvalue, S has the eigenvalues ±s with vectors x and Θx, and those with s > 0 are one of
each pair. Rounding mixes the vectors of nearly equal eigenvalues, and so x₁ with Θx₂. Two
Newton-Schulz steps, U ← U (3 − U†U)/2, make them orthonormal among quaternions again.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Inexact
from scipy.linalg import get_lapack_funcs

from nnpp.linalg.blocks import Block, inner, joined, split, times

ONE = 1e-10
"""Eigenvalues closer than this count as equal; far above rounding."""

STEPS = 2
"""Newton-Schulz steps: from an error of 1e-4 (rounding divided by `ONE`) to rounding."""

GOLDEN = 0.6180339887498949
"""The fractional parts of its multiples have no pattern: no symmetry of G makes s zero."""

STEP = 10.0
"""Offset of S between one group of vectors and the next; its eigenvalues lie in −2 to 2."""


def eigh(M: Inexact[Array, "n n"]) -> tuple[Float[Array, " n"], Inexact[Array, "n n"]]:
    """Return all eigenvalues, in rising order, and eigenvectors of a Hermitian matrix."""
    U, E = jax.lax.linalg.eigh(M, symmetrize_input=False, sort_eigenvalues=True)
    return E, U


def eigh_block(G: Block) -> tuple[Float[Array, " n"], Block]:
    """Return all eigenvalues, in rising order, and eigenvectors of a Hermitian block."""
    _, parts, _ = G.shape
    if parts < 4:
        E, U = eigh(G[:, 0] if parts == 1 else joined(G))
        return E, split(U, parts)
    return _of_quaternions(G)


def _of_quaternions(G: Block) -> tuple[Float[Array, " n"], Block]:
    """Return one vector of each pair; different pairs are orthogonal among quaternions."""
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


def count_below(H: Complex[np.ndarray, "n n"], sigma: float) -> int:
    """Return the number of eigenvalues of a Hermitian H below `sigma`.

    By H − σ = L D L† and Sylvester's law of inertia, D has as many negative eigenvalues. No
    eigenvalue is computed: (4/3) N³ operations, a twentieth of those for all states.
    The D of Bunch and Kaufman has 1×1 blocks, counted by their sign, and 2×2 blocks, each with
    one eigenvalue of either sign.
    """
    shifted = H - sigma * np.eye(len(H))
    factor, space = get_lapack_funcs(("hetrf", "hetrf_lwork"), (shifted,))
    length = int(abs(space(len(H), lower=1)[0]))
    D, pivots, info = factor(shifted, lower=1, lwork=length, overwrite_a=1)
    assert info >= 0, "the arguments have the right shapes"
    single = pivots > 0
    return int(np.sum(np.real(np.diag(D))[single] < 0) + np.sum(~single) // 2)
