"""Dense solver: H = U diag(E) U†, all of it, by LAPACK or cuSOLVER."""

from typing import Any

import jax
from jaxtyping import Array, Complex, Float, Inexact


def dense(H: Any, n: int) -> tuple[Float[Array, " level"], Complex[Array, "g level"]]:
    """The `n` lowest levels [hartree] and their states, from the matrix of H."""
    E, psi = eigh(H.matrix())
    return E[:n], psi[:, :n]


def eigh(M: Inexact[Array, "n n"]) -> tuple[Float[Array, " n"], Inexact[Array, "n n"]]:
    """All eigenvalues, rising, and eigenvectors of a Hermitian matrix."""
    U, E = jax.lax.linalg.eigh(M, symmetrize_input=False, sort_eigenvalues=True)
    return E, U
