"""Dense solver: H = U diag(E) U†, all of it, by LAPACK or cuSOLVER."""

from typing import Any

from jaxtyping import Array, Complex, Float

from nnpp.linalg.eigh import eigh


def dense(H: Any, n: int) -> tuple[Float[Array, " level"], Complex[Array, "g level"]]:
    """The `n` lowest levels [hartree] and their states, from the matrix of H."""
    E, psi = eigh(H.matrix())
    return E[:n], psi[:, :n]
