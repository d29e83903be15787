"""Plots in a terminal: width, ticks at their values, curves where their numbers are."""

import numpy as np
import pytest

from nnpp.plotting.text_plot import log_plot

STEPS = np.arange(31.0)


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [30, 79])
def test_size(width, unicode):
    lines = log_plot({"a": (STEPS, 10.0 ** (3 - STEPS / 10))}, width, 10, unicode)
    assert len(lines) == 12
    assert max(map(len, lines)) <= width
    assert lines[-1].split() == ["0", "30"]


def test_a_power_law_is_a_straight_line_with_ticks_at_decades():
    lines = log_plot({"a": (STEPS, 10.0 ** (3 - STEPS / 10))}, 46, 31, False)
    frame = [line.partition("|") for line in lines[:31]]
    ticks = {float(name): row for row, (name, _, _) in enumerate(frame) if name.strip()}
    assert ticks == {1000: 0, 100: 10, 10: 20, 1: 30}
    marks = [(row, i) for row, (*_, text) in enumerate(frame) for i in range(len(text))]
    rows, columns = np.array([(r, i) for r, i in marks if frame[r][2][i] == "*"]).T
    assert np.corrcoef(rows, columns)[0, 1] > 0.999


def test_a_steep_curve_has_no_gaps():
    lines = log_plot(
        {"a": (np.array([0.0, 1.0, 30.0]), np.array([1e6, 1.0, 1.0]))}, 70, 12, True
    )
    frame = [line.partition("│")[2] or line.partition("┤")[2] for line in lines[:12]]
    assert all(line.strip() for line in frame)


def test_what_a_logarithm_cannot_show():
    nothing = {"a": (STEPS, 0 * STEPS), "b": (STEPS, np.nan * STEPS)}
    assert log_plot(nothing, 40, 8, True) == []
    one = log_plot({"a": (np.array([3.0]), np.array([2.0]))}, 40, 8, True)
    assert one[-1].split() == ["3"]
