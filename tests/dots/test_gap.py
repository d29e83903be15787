"""Warnings about the gap of a dot."""

import numpy as np
import pytest

from nnpp.dots.gap import convergence_warning, count_warning, gap_warning

COARSE = np.array([-0.30, -0.29, -0.27, -0.24, -0.12, -0.09, -0.08, -0.05])
"""Eight coarse levels, four of them occupied."""

SHIFT = 0.005


def warning(indices):
    """Return the warning for states that are coarse functions, two of them below the gap."""
    weight = np.eye(8)[:, indices]
    return count_warning(weight, COARSE[indices] - SHIFT, COARSE, 4, 2)


def test_a_clear_gap_gives_no_warning():
    assert gap_warning(COARSE, 4, missed=1e-4) == ""
    assert warning([2, 3, 4, 5]) == ""
    assert convergence_warning(np.array([1e-6, 9e-6]), 1e-5) == ""


@pytest.mark.parametrize(
    "indices",
    [[1, 2, 4, 5], [2, 3, 5, 6], [3, 4, 5, 6], [1, 2, 3, 4]],
    ids=["no HOMO", "no LUMO", "LUMO below", "HOMO above"],
)
def test_a_missing_state_is_reported(indices):
    assert "a state may be missing" in warning(indices)


def test_missed_coarse_states_and_slow_levels_are_reported():
    assert "lacks occupied states" in gap_warning(COARSE, 4, missed=0.3)
    assert "1 of 2 states did not converge" in convergence_warning(np.array([1e-6, 1e-3]), 1e-5)
    assert "2 of 2" in convergence_warning(np.array([np.nan, 1e-3]), 1e-5)


def test_a_gap_elsewhere_is_named():
    assert "that above level 4 is 3.265 eV" in gap_warning(COARSE, 6)
