"""Eigenvalues below an energy, counted, against all of them computed."""

import numpy as np
import pytest

from nnpp.linalg.inertia import count_below


@pytest.mark.parametrize("complex_", [False, True])
def test_counts_at_many_energies(complex_):
    """A random matrix with a threefold level; both kinds of pivots occur."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 40)) + 1j * complex_ * rng.normal(size=(40, 40))
    U = np.linalg.qr(x)[0]
    E = np.sort(np.concatenate([rng.normal(size=37), [0.3] * 3]))
    H = (U * E) @ U.conj().T
    H = (H + H.conj().T) / 2
    for sigma in [-10.0, *(E[:-1] + E[1:]) / 2, 0.3 - 1e-9, 0.3 + 1e-9, 10.0]:
        if np.abs(E - sigma).min() > 1e-12:
            assert count_below(H, float(sigma)) == np.sum(sigma > E)
    assert count_below(np.array([[0, 1], [1, 0]], complex), 0.0) == 1
