import numpy as np
import pytest

from nnpp.plotting.potential import figure_potential
from nnpp.units import HARTREE_EV
from tests.plotting.samples import curves


def test_v_of_r_is_told_in_electronvolt_and_v_of_q_in_atomic_units():
    data = curves()
    in_q, in_r = figure_potential(data).axes
    assert in_q.lines[0].get_ydata() == pytest.approx(data.v_q["Cd"])
    assert in_r.lines[0].get_ydata() == pytest.approx(data.v_r["Cd"] * HARTREE_EV)


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
