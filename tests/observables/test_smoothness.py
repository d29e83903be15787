"""Odd points of a path stand out, crossings and corners do not."""

import numpy as np
import pytest

from nnpp.observables.ordering import outliers


def smooth(n: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """Two crossing occupied bands and one above, along two straight lines."""
    half = np.linspace(0, 0.5, n)
    k = np.concatenate(
        [np.stack([half, 0 * half, half], 1), np.stack([half[::-1], half, half], 1)]
    )
    x = np.concatenate([half, 0.5 + half])
    E = np.stack([-0.2 * np.cos(5 * x), 0.2 * np.cos(5 * x), 0.6 + 0.1 * np.sin(7 * x)], 1)
    return k, np.sort(E, axis=1)


def test_a_smooth_path_has_none():
    k, E = smooth()
    assert (E[:, 1] - E[:, 0]).min() < 0.02 < 0.3 < (E[:, 1] - E[:, 0]).max()  # they do cross
    assert outliers(k, E, 2) == []


@pytest.mark.parametrize("at", [2, 5, 20, 60, 79])  # the first and the last with two beside
def test_a_wrong_level_is_found(at):
    k, E = smooth()
    E[at, 0] -= 0.02
    assert outliers(k, E, 2) == [at]


def test_a_wrong_k_point_is_a_corner_and_not_judged():
    k, E = smooth()
    k[20, 1] += 0.05
    E[20, 0] -= 0.1
    assert outliers(k, E, 2) == []


def test_a_corner_of_the_path_is_not_judged():
    """Levels have other slopes after it: S = |i − 20|/20, which is wrong on a straight line."""
    steps = np.arange(41)
    E = np.stack([0.05 * np.abs(steps - 20), 1.0 + 0 * steps], axis=1)
    k = np.stack([np.minimum(steps, 20), np.maximum(steps - 20, 0), 0 * steps], 1) / 50
    assert outliers(k, E, 1) == []
    straight = np.stack([steps, 0 * steps, 0 * steps], 1) / 50
    assert outliers(straight, E, 1) == [20]
