"""W with W†S W = 1, for real, complex and quaternionic columns, dependent ones among them."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.linalg.blocks import diagonal, inner, times
from nnpp.linalg.roots import orthonormal, orthonormalizer, spanning


@pytest.fixture(params=[1, 2, 4])
def X(request):
    """Columns of very different lengths."""
    X = np.random.default_rng(0).normal(size=(40, request.param, 7))
    return jnp.asarray(X * 10.0 ** np.arange(-6, 1))


def off(X, live):
    """Return the largest difference of X†X from 1, or 0 of columns that are not live."""
    return float(jnp.abs(inner(X, X) - diagonal(live, X.shape[1])).max())


def test_columns_become_orthonormal_in_their_order(X):
    Y = orthonormal(X)
    assert off(Y, jnp.ones(7)) < 1e-13
    # By Cholesky, the first k columns span the same space as before.
    first = Y[:, :, :3]
    rest = X[:, :, :3] - times(first, inner(first, X[:, :, :3]))
    assert float(jnp.abs(rest).max()) < 1e-15


def test_dependent_columns_become_zero(X):
    both = jnp.concatenate([X, 3 * X[:, :, :2], 0 * X[:, :, :1]], axis=2)
    W, count = spanning(inner(both, both))
    assert int(count) == 7
    assert off(times(both, W), 1.0 * (jnp.arange(10) < 7)) < 1e-10
    assert np.isfinite(orthonormalizer(inner(both, both))).all()
