"""A Aᵀ by blocks against numpy."""

import jax
import numpy as np
import pytest

from nnpp.fitting.levenberg_marquardt import gram


@pytest.mark.parametrize("shape", [(3, 7), (513, 20), (600, 601), (1100, 5)])
def test_it_is_the_product(shape):
    A = np.random.default_rng(0).normal(size=shape)
    M = np.asarray(jax.jit(gram)(A))
    assert np.abs(M - A @ A.T).max() < 1e-13 * np.abs(A @ A.T).max()
    assert np.array_equal(M, M.T)


def test_many_at_once():
    """Under vmap, as the members of an ensemble have it."""
    A = np.random.default_rng(1).normal(size=(3, 520, 9))
    M = np.asarray(jax.jit(jax.vmap(gram))(A))
    assert np.abs(M - A @ A.swapaxes(1, 2)).max() < 1e-13 * np.abs(M).max()
