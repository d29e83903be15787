"""Lists of k-points: weights, Γ, and the distance along a path."""

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.structures.kpoints import listed
from tests.structures.cells import wurtzite
from tests.systems import A_CDSE, GXL, zincblende


def test_weights_share_one():
    assert listed(zincblende(), GXL).weights.tolist() == pytest.approx([1 / 3] * 3)
    w = listed(zincblende(), GXL, weights=[1, 3, 0]).weights
    assert w.tolist() == [0.25, 0.75, 0]


@pytest.mark.parametrize("weights", [[0, 0, 0], [1, -1, 2], [1, np.nan, 1], [1, np.inf, 1]])
def test_weights_that_make_no_sum_are_refused(weights):
    with pytest.raises(InputError, match="correct the weights"):
        listed(zincblende(), GXL, weights=weights)


def test_gamma_is_found_or_missed():
    assert listed(zincblende(), GXL[::-1]).gamma == 2
    assert listed(zincblende(), GXL[1:]).gamma is None


def test_distances_are_lengths_in_reciprocal_space():
    """|ΓX| = 2π/a, |XL| = √3/2·… from Cartesian X = (0,0,1), L = (½,½,½) in units of 2π/a."""
    unit = 2 * np.pi / A_CDSE
    d = listed(zincblende(), GXL).distance
    assert d.tolist() == pytest.approx([0, unit, unit * (1 + np.sqrt(0.75))])
    a, c = 8.126, 13.26
    k = [[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0], [1 / 3, 1 / 3, 0]]
    steps = np.diff(listed(wurtzite(), k).distance)
    closed = [np.pi / c, 2 * np.pi / a / np.sqrt(3), 2 * np.pi / a / 3]
    assert steps.tolist() == pytest.approx(closed)


def test_a_jump_counts_nothing():
    k = np.vstack([GXL, GXL])
    steps = np.diff(listed(zincblende(), k, jumps=(3,)).distance)
    assert steps[2] == 0
    assert steps[[0, 1]] == pytest.approx(steps[[3, 4]])
    assert steps[[0, 1, 3, 4]].min() > 0.1


@pytest.mark.parametrize(
    ("k", "more"),
    [
        ([[0, 0]], {}),
        (np.zeros((0, 3)), {}),
        ([[0, np.nan, 0]], {}),
        (GXL, {"weights": [1, 1]}),
        (GXL, {"labels": ("Γ", "X")}),
    ],
    ids=["two coordinates", "none", "not finite", "a weight missing", "a label missing"],
)
def test_lists_that_do_not_fit_are_refused(k, more):
    with pytest.raises(InputError):
        listed(zincblende(), k, **more)
