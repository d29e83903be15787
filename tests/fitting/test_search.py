"""Early stopping of fits, and the importance of hyperparameters."""

import numpy as np
import pytest

from nnpp.fitting.search import FIRST, OTHERS, chance, importance, should_prune

FALLING = [[9.0, 5.0, 2.0, 1.0], [9.0, 6.0, 3.0, 2.0], [8.0, 7.0, 4.0, 3.0], [9.0, 8.0, 5.0]]


def test_a_fit_above_the_median_of_the_others_is_stopped():
    """The median of 2, 3, 4 and 5 after three steps is 3.5."""
    assert should_prune([9.0, 6.0, 3.6], FALLING, 12)
    assert not should_prune([9.0, 6.0, 3.4], FALLING, 12)
    assert not should_prune([3.4, 6.0, 9.0], FALLING, 12), "the lowest so far counts"


def test_no_fit_is_stopped_early_or_with_few_others():
    assert len(FALLING) == OTHERS
    assert not should_prune([99.0] * (FIRST - 1), FALLING, 4)
    assert not should_prune([99.0] * 3, FALLING, 13), "a quarter of 13 steps is more than 3"
    assert not should_prune([99.0] * 3, FALLING[1:], 12)
    assert not should_prune([99.0] * 4, FALLING, 12), "only three others have come so far"


RNG = np.random.default_rng(0)
X = RNG.uniform(size=30)


@pytest.mark.parametrize(
    ("error", "least"), [(X**3, 0.999), (-np.exp(9 * X), 0.999), ((X - 0.5) ** 2, 0.85)]
)
def test_a_relevant_hyperparameter_is_important(error, least):
    assert least < importance(X, error) <= 1


def test_an_irrelevant_hyperparameter_is_unimportant():
    """The bound is exceeded in 1 of 20 cases, for 8 trials and for 40."""
    for n in (8, 40):
        found = [importance(RNG.uniform(size=n), RNG.normal(size=n)) for _ in range(400)]
        above = np.mean(np.array(found) > chance(n))
        assert 0.02 < above < 0.09


def test_few_values_are_groups():
    """Two words, of which one is always better; three numbers of layers, the second best."""
    word = np.array([0, 0, 0, 1, 1, 1], float)
    assert importance(word, np.array([1.0, 2, 3, 4, 5, 6])) == pytest.approx(0.714, abs=1e-3)
    layers = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3], float)
    assert importance(layers, np.array([7, 8, 9, 1, 2, 3, 4, 5, 6.0])) > 0.85


def test_too_few_trials_give_no_importance():
    assert importance(X[:4], X[:4]) is None
    assert importance(X, np.ones(30)) is None
    assert chance(4) is None
    assert importance(np.ones(30), X) == 0
