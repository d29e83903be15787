"""Inertia: how many eigenvalues lie below σ, by H − σ = L D L† and Sylvester's law.

None of them is computed: (4/3) N³ operations, a twentieth of what all levels and states take.
"""

import numpy as np
from jaxtyping import Complex
from scipy.linalg import get_lapack_funcs


def count_below(H: Complex[np.ndarray, "n n"], sigma: float) -> int:
    """The number of eigenvalues of a Hermitian H below `sigma`.

    Bunch and Kaufman's D has blocks of one, counted by their sign, and of two, each of which
    has one eigenvalue of either sign.
    """
    shifted = H - sigma * np.eye(len(H))
    factor, space = get_lapack_funcs(("hetrf", "hetrf_lwork"), (shifted,))
    length = int(abs(space(len(H), lower=1)[0]))
    D, pivots, info = factor(shifted, lower=1, lwork=length, overwrite_a=1)
    assert info >= 0, "the arguments are of the right shapes"
    single = pivots > 0
    return int(np.sum(np.real(np.diag(D))[single] < 0) + np.sum(~single) // 2)
