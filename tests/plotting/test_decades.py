import numpy as np
import pytest
from matplotlib.figure import Figure

from nnpp.plotting.decades import log_range, off_scale, power_of_ten, scale_log


@pytest.mark.parametrize(
    "values",
    [[3e-4], [0.2, 0.3], [1.0, 9.0], [1e-28, 0.0, np.inf, np.nan, 2.0], [-1.0, 5.0]],
    ids=[
        "one",
        "close",
        "apart",
        "zero, infinite and unknown among them",
        "negative among them",
    ],
)
def test_an_axis_holds_every_positive_number_and_spans_a_factor_of_eight(values):
    low, high = log_range(np.array(values))
    positive = [v for v in values if 0 < v < np.inf]
    assert 0 < low < min(positive) <= max(positive) < high < np.inf
    assert high / low > 7.99
    assert min(min(positive) / low, high / max(positive)) > 1.2


def test_an_axis_without_a_positive_number_is_an_axis_too():
    assert log_range(np.zeros(3), np.array([np.nan])) == log_range() == (0.1, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (0.08, 0.6, ["0.1", "0.2", "0.5"]),
        (0.5, 5000.0, ["1", "10", "100", "1000"]),
        (3e-9, 2e-4, ["$10^{-8}$", "$10^{-7}$", "$10^{-6}$", "$10^{-5}$", "$10^{-4}$"]),
        (3e-7, 3e-6, ["$10^{-7}$", "$10^{-6}$", "$10^{-5}$"]),
    ],
)
def test_ticks_are_decades_or_ones_twos_and_fives(low, high, message):
    ax = Figure().subplots()
    scale_log(ax, low, high)
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    ticks = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
    assert [text.get_text() for y, text in ticks if low <= y <= high] == message


def test_a_power_keeps_two_figures_and_drops_a_one():
    assert power_of_ten(1e-12) == "$10^{-12}$"
    assert power_of_ten(3.24e-5) == r"$3.2{\times}10^{-5}$"
    assert power_of_ten(9.99e3) == "$10^{4}$"


def test_what_lies_beyond_stands_at_its_edge_and_the_rest_not_at_all():
    ax = Figure().subplots()
    scale_log(ax, 1.0, 100.0)
    x, y = np.arange(5.0), np.array([0.0, 10.0, np.inf, np.nan, 0.5])
    below, above = off_scale(ax, x, y)
    assert (below.get_marker(), above.get_marker()) == ("v", "^")
    assert below.get_xdata().tolist() == [0.0, 4.0]
    assert above.get_xdata().tolist() == [2.0]
    assert 0 < below.get_ydata()[0] < 0.1 < 0.9 < above.get_ydata()[0] < 1
