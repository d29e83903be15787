from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnpp.plotting.potential import figure_potential
from nnpp.units import HARTREE_EV
from tests.plotting.samples import curves


def words(figure: Figure) -> list[str]:
    """Every legend entry, from the highest row down."""
    return [t.get_text() for legend in figure.legends[::-1] for t in legend.get_texts()]


def test_v_of_r_is_reported_in_electronvolt_and_v_of_q_in_atomic_units():
    data = curves()
    in_q, in_r, tail = figure_potential(data).axes
    assert in_q.lines[0].get_ydata() == pytest.approx(data.v_q["Cd"])
    assert in_r.lines[0].get_ydata() == pytest.approx(data.v_r["Cd"] * HARTREE_EV)
    assert tail.lines[0].get_ydata() == pytest.approx(data.v_r["Cd"] * HARTREE_EV)


def test_the_tail_is_drawn_on_the_scale_of_its_values_outside_the_core():
    data = curves()
    *_, in_r, tail = figure_potential(data).axes
    largest = HARTREE_EV * max(np.abs(v[data.r >= 3.0]).max() for v in data.v_r.values())
    low, high = tail.get_ylim()
    assert largest < high == -low < 1.3 * largest < np.ptp(in_r.get_ylim()) / 2


def test_an_element_has_one_colour_and_the_reference_is_dashed():
    figure = figure_potential(curves(curves(depth=50.0)))
    for ax in figure.axes:
        drawn = [line for line in ax.lines if len(line.get_xdata()) > 10]
        assert [line.is_dashed() for line in drawn] == [True, True, False, False]
        assert drawn[0].get_color() == drawn[2].get_color() != drawn[3].get_color()
    assert len(figure.legends) == 2


def test_dots_lie_on_the_curve_at_the_shells_within_it():
    data = curves()
    q, v = data.sampled("Cd")
    assert q.tolist() == [0.95, 1.1]
    assert v == pytest.approx(-60 * np.exp(-(q**2)), rel=0.01)
    assert data.sampled("Se")[0].size == 0


def test_the_start_is_dotted_and_the_reference_dashed_and_both_are_named():
    start, zunger = replace(curves(depth=40.0), name="start"), replace(curves(), name="Zunger")
    figure = figure_potential(replace(curves(), start=start, reference=zunger))
    for ax in figure.axes:
        drawn = [line for line in ax.lines if len(line.get_xdata()) > 10]
        assert [line.is_dashed() for line in drawn[::2]] == [True, True, False]
        assert len({line.get_linewidth() for line in drawn[::2]}) == 3
        assert drawn[0].get_color() == drawn[2].get_color() == drawn[4].get_color()
    labels = words(figure)
    assert labels[:5] == ["Cd", "Se", "nnpp", "start", "Zunger"]
    in_q = figure.axes[0].lines
    assert in_q[2].get_ydata() == pytest.approx(start.v_q["Cd"])


def test_a_shade_reaches_from_the_curve_by_its_half_width_in_the_units_of_the_axis():
    data = curves()
    spread_q, spread_r = {"Se": 3 + data.q}, {"Se": 0.1 + data.r}
    figure = figure_potential(replace(data, spread_q=spread_q, spread_r=spread_r))
    in_r = (data.v_r, spread_r, HARTREE_EV)
    spreads = ((data.v_q, spread_q, 1.0), in_r, in_r)
    for ax, (v, half, unit) in zip(figure.axes, spreads, strict=True):
        (shade,) = ax.collections
        heights = shade.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(unit * np.min(v["Se"] - half["Se"]))
        assert heights.max() == pytest.approx(unit * np.max(v["Se"] + half["Se"]))
    labels = words(figure)
    assert "spread of the ensemble" in labels
