from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnpp.plotting.history import BINS, History, binned, figure_history
from nnpp.plotting.style import BLUE, VERMILLION, image

LOSS = np.array([2.0, 0.5, 9.0, 0.1, 0.04])
TAKEN = np.array([True, True, False, True, True])


def history(**changes) -> History:
    """Five trials, of which the third is rejected."""
    return replace(History(np.arange(5), LOSS, accepted=TAKEN), **changes)


def line(ax: Axes, colour: str) -> tuple[list, list]:
    """The curve of one colour."""
    drawn = [c for c in ax.lines if c.get_color() == colour and c.get_linestyle() != "None"]
    (curve,) = drawn
    return curve.get_xdata().tolist(), curve.get_ydata().tolist()


def marks(ax: Axes, marker: str) -> list[float]:
    """Where the open marks of one shape stand along the steps."""
    drawn = [c for c in ax.lines if c.get_marker() == marker and c.get_linestyle() == "None"]
    return [x for c in drawn for x in c.get_xdata().tolist()]


def words(figure: Figure) -> list[str]:
    """Every legend entry, from the highest row down."""
    return [text.get_text() for legend in figure.legends[::-1] for text in legend.get_texts()]


def test_losses_stand_on_one_logarithmic_axis_and_a_rejected_trial_beside_the_line():
    figure = figure_history(history(holdout_ev2=50 * LOSS))
    (ax,) = figure.axes
    assert ax.get_yscale() == "log"
    assert line(ax, BLUE) == ([0, 1, 3, 4], [2.0, 0.5, 0.1, 0.04])
    assert line(ax, VERMILLION) == ([0, 1, 3, 4], [100.0, 25.0, 5.0, 2.0])
    assert ax.get_ylim()[1] > 100
    assert marks(ax, "o") == [2]
    assert words(figure) == ["training", "held out", "rejected"]


def test_without_rejections_and_held_out_losses_the_legend_names_neither():
    assert words(figure_history(history(accepted=None))) == ["training"]


@pytest.mark.parametrize("trial", [1e6, np.inf, np.nan])
def test_a_trial_far_above_leaves_the_scale_to_the_steps_taken(trial):
    figure = figure_history(history(loss_ev2=np.where(TAKEN, LOSS, trial)))
    assert figure.axes[0].get_ylim()[1] < 10
    assert marks(figure.axes[0], "^") == [2]
    assert [text.get_text() for text in figure.texts] == [
        "triangles at the top: trials above the scale"
    ]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("last", [[0.04, 0.0], [0.0, 0.0]])
def test_a_loss_of_zero_is_a_triangle_at_the_bottom(last):
    figure = figure_history(history(loss_ev2=np.r_[LOSS[:3], last]))
    assert marks(figure.axes[0], "v") == [3 + i for i, x in enumerate(last) if x == 0]
    assert "zero loss" in figure.texts[0].get_text()
    assert figure.axes[0].get_ylim()[0] > 1e-3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 3, 10000])
@pytest.mark.parametrize("factor", [1.0, 0.0], ids=["losses", "zeros"])
def test_any_number_of_steps_is_a_figure(count, factor):
    loss = factor / np.arange(1.0, count + 1)
    damping = 0.1 * np.ones(count)
    figure = figure_history(History(np.arange(count), loss, damping=damping))
    low, high = figure.axes[0].get_xlim()
    assert low < 0 <= count - 1 < high < 1.2 * count
    assert len(image(figure, "png")) > 5000


def test_many_steps_are_drawn_as_medians_within_their_range():
    x = np.arange(10000.0)
    y = np.where(x % 2, 1.0, 3.0) + x / 1e4
    at, low, middle, high = binned(x, y)
    assert len(at) == BINS
    assert middle == pytest.approx(2 + at / 1e4, abs=0.01)
    assert (middle - low, high - middle) == (
        pytest.approx(np.ones(BINS), abs=0.01),
        pytest.approx(np.ones(BINS), abs=0.01),
    )
    figure = figure_history(History(x.astype(int), y))
    assert line(figure.axes[0], BLUE) == (at.tolist(), middle.tolist())


def test_errors_are_above_the_loss_and_the_parameters_of_the_method_below():
    """The held-out loss, a sum over fewer points, is not drawn next to that of the fit."""
    steered = {"damping": 10.0 ** -np.arange(5), "learning_rate": np.full(5, 0.01)}
    errors = {"rms_mev": 30 * LOSS, "holdout_rms_mev": 40 * LOSS}
    figure = figure_history(history(holdout_ev2=LOSS / 9, **errors, **steered))
    mev, loss, *_, lowest = sorted(figure.axes, key=lambda ax: -ax.get_position().y0)
    assert mev is figure.axes[0]
    assert {ax.get_yscale() for ax in figure.axes} == {"log"}
    assert line(mev, BLUE)[1] == (30 * LOSS[TAKEN]).tolist()
    assert line(mev, VERMILLION)[1] == (40 * LOSS[TAKEN]).tolist()
    assert line(loss, BLUE)[1] == LOSS[TAKEN].tolist()
    assert not [x for x in loss.lines if x.get_color() == VERMILLION]
    assert marks(loss, "o") == [2]
    assert [ax.get_xlabel() for ax in (mev, lowest)] == ["", "step"]
    assert len({ax.get_xlim() for ax in figure.axes}) == 1
    assert words(figure) == ["training", "held out", "rejected"]
    names = {ax.get_ylabel() for ax in figure.axes}
    assert {"RMS error (meV)", "loss (eV$^2$)", r"damping $\lambda$", "learning rate"} == names


def test_labels_of_wide_ranges_are_inside_the_figure():
    """A loss from 10 000 to 1 eV², whose labels are powers of ten."""
    wide = history(loss_ev2=np.array([1.2e4, 400.0, 1e3, 20.0, 2.0]), rms_mev=30 * LOSS)
    figure = figure_history(wide)
    figure.draw_without_rendering()
    assert all(ax.yaxis.label.get_window_extent().x0 > 0 for ax in figure.axes)


@pytest.mark.parametrize(
    ("seconds", "message"), [(4.21, "4.21 s"), (200.4, "3 min 20 s"), (7500.0, "2 h 5 min")]
)
def test_the_time_is_reported(seconds, message):
    figure = figure_history(history(seconds=np.linspace(0, seconds, 5)))
    assert figure.texts[-1].get_text() == f"4 steps in {message}"


def test_no_frame_or_text_overlaps_another():
    errors = {"rms_mev": LOSS, "holdout_rms_mev": LOSS}
    full = history(**errors, damping=LOSS, seconds=LOSS, title="many words " * 9)
    figure = figure_history(full)
    figure.draw_without_rendering()
    entries = [text for legend in figure.legends for text in legend.get_texts()]
    boxes = [t.get_window_extent() for t in (*entries, *figure.texts)]
    boxes += [box for ax in figure.axes if (box := ax.get_window_extent())]
    assert len(boxes) >= 7
    assert all(b.x0 >= 0 and b.x1 <= figure.bbox.width for b in boxes)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
