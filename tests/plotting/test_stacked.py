import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnpp.plotting.style import frame_below, legend_rows


def test_a_frame_below_spans_those_above_and_takes_their_room():
    figure = Figure((5.0, 4.0))
    axes = [figure.add_axes((x, 0.2, 0.3, 0.7)) for x in (0.1, 0.6)]
    low = frame_below(axes, 0.8, 0.4).get_position()
    high = [ax.get_position() for ax in axes]
    assert (low.x0, low.x1, low.y0) == pytest.approx((0.1, 0.9, 0.2))
    assert low.height * 4 == pytest.approx(0.8)
    assert [(at.y0 - low.y1) * 4 for at in high] == pytest.approx([0.4, 0.4])
    assert [at.y1 for at in high] == pytest.approx([0.9, 0.9])


def test_a_legend_is_broken_where_its_row_is_full_and_keeps_its_order():
    legend = {f"name {i}": Line2D([], []) for i in range(7)}
    broken = legend_rows(legend, 3.4)
    assert [len(row) for row in broken] == [4, 3]
    assert [name for row in broken for name in row] == list(legend)
    assert legend_rows({"a name wider than the room": Line2D([], [])}, 0.1) != []
    assert legend_rows({}, 3.4) == []
