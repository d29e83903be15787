"""All levels below a gap by Chebyshev-filtered subspaces, against dense `eigh`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers import chebyshev
from tests.wells import levels, wells

SITES = 8


@pytest.mark.parametrize("spinor", [False, True], ids=["scalar", "spinor"])
def test_levels_are_those_of_the_matrix(spinor):
    H = wells(SITES, spinor=spinor)
    exact = levels(H)
    m = chebyshev.columns(SITES, 4, H.rows)
    X = chebyshev.random_start(H.T, H.parts, m, jax.random.key(0))
    *_, (E, X) = chebyshev.cycles(H, X, H.upper, dtype=jnp.float32)
    np.testing.assert_allclose(E[:SITES], exact[:SITES], atol=1e-10)
    residual = chebyshev.residuals(H, E, X)
    assert float(residual[:SITES].max()) < 2e-6  # of the filter in float32


def test_lower_bound_is_below_the_spectrum():
    for seed in range(4):
        H = wells(SITES, seed=seed)
        x = chebyshev.random_start(H.T, 1, 1, jax.random.key(seed))
        lower, lowest = float(chebyshev.lower_bound(H, x)), levels(H)[0]
        assert lowest - 0.05 < lower <= lowest


def test_filter_is_the_chebyshev_polynomial():
    H = wells(4)
    E, U = np.linalg.eigh(np.asarray(H.matrix()).real)
    X = np.random.default_rng(0).normal(size=(H.rows, 1, 4))
    lower, cut, upper = jnp.asarray(-1.1), jnp.asarray(0.2), H.upper
    c, e = float(upper + cut) / 2, float(upper - cut) / 2
    T = np.polynomial.Chebyshev.basis(7)
    p = T((E - c) / e) / T((-1.1 - c) / e)
    Y = chebyshev.filtered(H, jnp.asarray(X), jnp.asarray(7), lower, cut, upper)
    np.testing.assert_allclose(Y[:, 0], U @ (p[:, None] * (U.T @ X[:, 0])), atol=1e-11)


def test_columns_are_whole_chunks_with_a_guard():
    assert chebyshev.columns(156, 8, 10**4) == 180
    assert chebyshev.columns(1000, 8, 10**5) == 1060
    assert chebyshev.columns(10, 40, 10**4) == 64
    assert chebyshev.columns(100, 8, 50) == 48
