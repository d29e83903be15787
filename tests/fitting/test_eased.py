"""An objective at ease: even weights where there were any, priors that weigh nothing."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.fitting.objective import Objective
from nnpp.fitting.targets.curves import prior, size
from nnpp.fitting.targets.levels import BandsTarget, GapTarget
from nnpp.observables.comparison import Top
from tests.fitting.samples import small, spectrum, trained

BY_BAND, BY_K = np.array([1.0, 1, 1, 20, 20, 0]), np.array([[2.0], [2.0], [0.0], [1.0]])
WEIGHTS = BY_K * BY_BAND
REFERENCE = jnp.asarray(np.random.default_rng(0).normal(size=WEIGHTS.shape))


@pytest.fixture(scope="module")
def objective():
    """Bands at three k-points, bands held out at one, a gap, and a prior."""
    potential = small(spin=False)
    fitted, held = (
        BandsTarget(REFERENCE, jnp.asarray(w), Top(4), False)
        for w in (WEIGHTS, np.eye(4)[:, [2]] * BY_BAND)
    )
    gap = GapTarget(jnp.asarray(0.1), jnp.asarray(3.0))
    q = jnp.arange(0.0, 5.0, 0.1)
    one = prior("size", size, 2.0, q, lambda q: jnp.zeros((len(q), 2)))
    levels = spectrum(potential, targets=(fitted, gap), held=(held,))
    return Objective(trained(potential), (levels, one))


def residuals(objective):
    """By source: of the fit, and of what is held out."""
    theta = objective.parameters.start()
    y = [s.observe(objective.parameters, theta) for s in objective.sources]
    pairs = zip(objective.sources, y, strict=True)
    return [[np.asarray(r(y)) for r in (s.residuals, s.held_out)] for s, y in pairs]


def test_levels_count_alike(objective):
    (before, held_before), _ = residuals(objective)
    (after, held_after), _ = residuals(objective.eased())
    bands, mean = before[:-1].reshape(WEIGHTS.shape), (WEIGHTS.sum() + BY_BAND.sum()) / 20
    error = np.divide(bands, np.sqrt(WEIGHTS), where=WEIGHTS > 0, out=np.zeros_like(bands))
    assert np.allclose(after[:-1].reshape(WEIGHTS.shape), np.sqrt(mean) * error, atol=1e-14)
    assert np.count_nonzero(error) == 15
    assert np.isclose(after[-1], before[-1], atol=1e-15)
    assert np.count_nonzero(held_after) == np.count_nonzero(held_before) == 5
    ratio = held_after[held_before != 0] / held_before[held_before != 0]
    assert np.allclose(ratio, np.sqrt(mean / BY_BAND[:5]))


def test_priors_wait(objective):
    _, (before, _) = residuals(objective)
    _, (after, _) = residuals(objective.eased())
    assert np.any(before)
    assert after.shape == before.shape
    assert not np.any(after)


def test_twice_is_once(objective):
    once, twice = residuals(objective.eased()), residuals(objective.eased().eased())
    for x, y in zip(once, twice, strict=True):
        for a, b in zip(x, y, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14)


def test_without_any_weight_there_is_still_a_number(objective):
    nothing = BandsTarget(REFERENCE, jnp.zeros(WEIGHTS.shape), Top(4), False)
    levels = spectrum(small(spin=False), targets=(nothing,))
    ((r, _),) = residuals(Objective(objective.parameters, (levels,)).eased())
    assert not np.any(r)
