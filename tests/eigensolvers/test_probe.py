"""The probe notices every occupied function that is missing, and only those."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erfc

from nnpp.eigensolvers.probe import THRESHOLD, probe, step_series, weight
from nnpp.linalg.blocks import inner
from nnpp.linalg.eigh import eigh_block
from tests.wells import wells

SITES = 8


def solved(seed, spinor):
    """Return H and all of its levels and functions."""
    H = wells(SITES, cutoff=1.2, seed=seed, spinor=spinor)
    unit = jnp.zeros((H.rows, H.parts, H.rows)).at[:, 0].set(jnp.eye(H.rows))
    return H, *eigh_block(H @ unit)


def probed(H, E, X, removed, key):
    """Return y without some of the occupied functions."""
    kept = np.delete(np.arange(SITES + 4), removed)
    gap, bounds = (float(E[SITES - 1]), float(E[SITES])), (float(E[0]) - 0.05, float(H.upper))
    return probe(H, X[:, :, kept], gap, bounds, key)


def test_series_is_the_step():
    series = step_series(-0.18, 0.03, -1.0, 3.4)
    E = np.linspace(-1, 3.4, 2001)
    f = np.polynomial.chebyshev.chebval((E - 1.2) / 2.2, series)
    np.testing.assert_allclose(f, erfc((E + 0.18) / 0.03) / 2, atol=5e-4)


@pytest.mark.parametrize("spinor", [False, True], ids=["scalar", "spinor"])
def test_missing_functions_are_noticed_and_found(spinor):
    H, E, X = solved(0, spinor)
    y, applications = probed(H, E, X, [], jax.random.key(0))
    assert float(weight(y)) < THRESHOLD / 10
    assert applications > 0
    for removed in (0, SITES - 1):
        y, _ = probed(H, E, X, [removed], jax.random.key(1))
        assert float(weight(y)) > THRESHOLD
        share = jnp.sum(inner(X[:, :, [removed]], y) ** 2) / jnp.sum(y**2)
        assert float(share) > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_missed_and_no_alarm_is_false(seed):
    """Over dots and random vectors: 200 deletions, 100 complete spaces."""
    H, E, X = solved(seed, False)
    for trial in range(40):
        key = jax.random.key(1000 * seed + trial)
        y, _ = probed(H, E, X, [trial % SITES], key)
        assert float(weight(y)) > THRESHOLD
        if trial % 2:
            assert float(weight(probed(H, E, X, [], key)[0])) < THRESHOLD
