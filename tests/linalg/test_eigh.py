"""Small Hermitian blocks: eigenvectors orthonormal and exact, degenerate or nearly so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.linalg.blocks import Block, adjoint, diagonal, inner, times
from nnpp.linalg.eigh import count_below, eigh_block

N = 9
LEVELS = {
    "apart": np.arange(N) - 3.0,
    "degenerate": np.array([-2.0, -1, -1, -1, 0, 0, 1, 1, 1]),
    "near": np.array([0, 1e-12, 1e-11, 1e-10, 2e-10, 1e-9, 1e-8, 1e-6, 1.0]),
    "dead": np.array([-1.0, -1, 0, 0, 0, 1e3, 1e3, 1e3, 1e3]),
}


def unitary(parts: int) -> Block:
    """A random unitary block, from the eigenvectors of a random matrix."""
    X = jnp.asarray(np.random.default_rng(parts).normal(size=(N, parts, N)))
    return eigh_block((X + adjoint(X)) / 2)[1]


@pytest.mark.parametrize("parts", [1, 2, 4])
@pytest.mark.parametrize("name", LEVELS)
def test_blocks_of_known_levels(parts, name):
    """U diag(E) U† has these levels; vectors of levels within 1e-10 may be mixed."""
    known, U = LEVELS[name], unitary(parts)
    G = times(U * known, adjoint(U))
    E, X = jax.jit(eigh_block)((G + adjoint(G)) / 2)
    assert np.abs(np.asarray(E) - known).max() < 3e-10
    assert np.abs(inner(X, X) - diagonal(jnp.ones(N), parts)).max() < 1e-13
    assert np.abs(times(G, X) - X * E).max() < 3e-10


def test_levels_apart_are_exact_to_rounding():
    U = unitary(4)
    G = times(U * LEVELS["degenerate"], adjoint(U))
    E, X = eigh_block((G + adjoint(G)) / 2)
    assert np.abs(np.asarray(E) - LEVELS["degenerate"]).max() < 1e-13
    assert np.abs(times(G, X) - X * E).max() < 1e-13


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
