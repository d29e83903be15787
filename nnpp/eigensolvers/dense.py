"""Dense solver: H = U diag(E) U†, all of it, by LAPACK or cuSOLVER."""

from typing import Any

import jax
from jaxtyping import Array, Complex, Float


def dense(H: Any, n: int) -> tuple[Float[Array, " level"], Complex[Array, "g level"]]:
    """The `n` lowest levels [hartree] and their states, from the matrix of H."""
    psi, E = jax.lax.linalg.eigh(H.matrix(), symmetrize_input=False, sort_eigenvalues=True)
    return E[:n], psi[:, :n]
