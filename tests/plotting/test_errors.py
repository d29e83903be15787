from itertools import pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes

from nnpp.plotting.errors import BandErrors, figure_errors
from nnpp.plotting.style import BLUE, COLUMN, PAGE, VERMILLION

ZB = BandErrors("zb-CdSe", np.array([1.0, 7.0, 30.0]), np.array([2.0, 9.0, 50.0]), 2)
NOT_FITTED = BandErrors("InP", None, np.array([4.0, 0.0, np.nan, 200.0]))


def dots(ax: Axes, colour: str) -> list[float]:
    """The errors marked in one colour."""
    drawn = [c for c in ax.lines if c.get_marker() == "o" and c.get_color() == colour]
    return [y for c in drawn for y in c.get_ydata().tolist()]


def level(ax: Axes, colour: str) -> float:
    """Where the line over all bands stands."""
    drawn = [c for c in ax.lines if c.get_linestyle() == "-" and c.get_color() == colour]
    return drawn[0].get_ydata()[0]


def words(figure) -> list[str]:
    """Every legend entry."""
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_every_band_has_its_errors_and_the_line_is_their_root_mean_square():
    (ax,) = figure_errors([ZB]).axes
    assert ax.get_yscale() == "log"
    assert dots(ax, BLUE) == [1.0, 7.0, 30.0]
    assert dots(ax, VERMILLION) == [2.0, 9.0, 50.0]
    assert level(ax, BLUE) == pytest.approx(np.sqrt(950 / 3))
    assert level(ax, VERMILLION) == pytest.approx(np.sqrt(2585 / 3))


def test_a_band_stands_over_its_number_and_its_two_marks_side_by_side():
    ax, alone = figure_errors([ZB, NOT_FITTED]).axes
    fitted, held_out = (ax.lines[i].get_xdata() for i in (0, 2))
    assert (fitted + held_out) / 2 == pytest.approx(np.array([1, 2, 3]))
    assert (fitted < held_out).all()
    assert alone.lines[0].get_xdata().tolist() == [1, 4]


def test_systems_share_one_scale_that_holds_them_all():
    figure = figure_errors([ZB, NOT_FITTED], "Two crystals")
    (low, high), other = (ax.get_ylim() for ax in figure.axes)
    assert (low, high) == other
    assert low < 1 < 200 < high
    assert [ax.texts[0].get_text() for ax in figure.axes] == ["zb-CdSe", "InP"]
    assert {ax.get_xlabel() for ax in figure.axes} == {"band"}
    assert words(figure) == ["fitted k-points", "held out", "all bands"]


def test_an_error_of_zero_is_a_triangle_and_an_unknown_one_nothing():
    figure = figure_errors([NOT_FITTED])
    (ax,) = figure.axes
    triangles = [c.get_xdata().tolist() for c in ax.lines if c.get_marker() == "v"]
    assert triangles == [[2]]
    assert figure.texts[-1].get_text() == "triangles: zero error"
    assert words(figure) == ["held out", "all bands"]
    assert level(ax, VERMILLION) == pytest.approx(np.sqrt((16 + 0 + 40000) / 3))


def test_the_occupied_bands_stand_left_of_a_dashed_line():
    figure = figure_errors([ZB])
    assert [c.get_xdata()[0] for c in figure.axes[0].lines if c.get_linestyle() == "--"] == [
        2.5
    ]
    assert "occupied" in figure.texts[0].get_text()
    assert not figure_errors([BandErrors("all full", ZB.fitted_mev, None, 3)]).texts


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("systems", "bands"), [(1, 4), (1, 16), (3, 8), (8, 4), (12, 16)])
def test_one_to_twelve_systems_fit_a_page_without_touching(systems, bands):
    mev = 10.0 ** np.linspace(0, 2, bands)
    figure = figure_errors([BandErrors(f"crystal {i}", mev, 2 * mev) for i in range(systems)])
    figure.draw_without_rendering()
    assert figure.get_size_inches()[0] == pytest.approx(COLUMN if systems == 1 else PAGE)
    for ax in figure.axes:
        low, high = ax.get_xlim()
        texts = [t for t in ax.get_xticklabels() if low < t.get_position()[0] < high]
        boxes = [t.get_window_extent() for t in texts]
        assert boxes
        assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
    names = [ax.texts[0].get_window_extent() for ax in figure.axes]
    assert all(a.x1 < b.x0 or b.y1 < a.y0 for a, b in pairwise(names))
    for ax in figure.axes:
        frame, name = ax.get_window_extent(), ax.texts[0].get_window_extent()
        assert frame.x0 < name.x0 and name.x1 < frame.x1 and name.y1 < frame.y1
        top = max(c.get_window_extent().y1 for c in ax.lines if c.get_marker() == "o")
        assert top < name.y0 + 5  # the marks end below the names
    assert figure.axes[0].yaxis.label.get_window_extent().x0 >= 0


def test_tiny_errors_are_in_microelectronvolt_and_their_axis_is_inside_the_figure():
    tiny = BandErrors("zb-CdSe", np.array([2e-4, 7e-4]), np.array([3e-4, 6e-4]))
    figure = figure_errors([tiny])
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert ax.get_ylabel() == "RMSE (µeV)"
    assert dots(ax, BLUE) == pytest.approx([0.2, 0.7])
    assert ax.yaxis.label.get_window_extent().x0 >= 0
