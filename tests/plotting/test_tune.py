from dataclasses import replace

import numpy as np
import pytest

from nnpp.plotting.style import BLUE, GREY, PAGE, SKY, VERMILLION
from nnpp.plotting.tune import Trials, Varied, figure_tune

SIGMA = Varied("envelope.sigma", np.array([1.6, 2.0, 3.9]), 1.5, 4.0, True, (), 0.6)
WORD = Varied(
    "network.activation", np.array([0.0, 1, 1]), 0.0, 0.0, False, ("tanh", "silu"), 0.1
)
PRIOR = Varied("priors.size", np.array([1e-4, 2e-3, 0.05]), 1e-4, 0.1, True)
LAYERS = Varied("hidden.layers", np.array([1.0, 2, 3]), 1.0, 3.0)
TRIALS = Trials(
    (SIGMA, WORD, PRIOR, LAYERS, replace(PRIOR, name="fit.damping")),
    np.array([8.0, 20.0, 5.0]),
    np.array([True, True, False]),
    0.3,
    "zb-CdSe",
)


def marks(ax, colour):
    """Where the marks of one colour stand."""
    drawn = [c for c in ax.lines if c.get_color() == colour and c.get_marker() != "None"]
    return [pair for c in drawn for pair in np.array(c.get_data()).T.tolist()]


def words(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_bars_are_the_importances():
    top = figure_tune(TRIALS).axes[0]
    assert [bar.get_width() for bar in top.patches] == [0.6, 0.1, 0, 0, 0]
    assert top.patches[0].get_facecolor()[:3] == pytest.approx(
        [int(SKY[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    )
    assert [t.get_text() for t in top.get_yticklabels()][:2] == [SIGMA.name, WORD.name]
    low, high = top.get_ylim()
    assert low > high, "the first is at the top"
    assert top.lines[0].get_xdata()[0] == 0.3


def test_every_number_has_a_frame_with_every_trial():
    figure = figure_tune(TRIALS)
    assert len(figure.axes) == 6
    for ax, varied in zip(figure.axes[1:], TRIALS.varied, strict=True):
        x = varied.x.tolist()
        assert marks(ax, BLUE) == [[x[0], 8.0], [x[1], 20.0]]
        assert marks(ax, GREY) == [[x[2], 5.0]]
        assert marks(ax, VERMILLION) == [[x[0], 8.0]], "of those that were finished"
        assert ax.get_xlabel() == varied.name
        assert ax.get_yscale() == "log"
    assert words(figure) == ["finished", "stopped early", "best"]
    assert figure.axes[2].get_xticklabels()[1].get_text() == "silu"
    assert figure.axes[1].get_xscale() == "log"
    assert figure.axes[4].get_xscale() == "linear"


def test_without_a_finished_trial_none_is_the_best():
    figure = figure_tune(replace(TRIALS, finished=np.zeros(3, bool)))
    assert words(figure) == ["stopped early"]
    assert not marks(figure.axes[1], VERMILLION)


def test_too_few_trials_are_reported():
    few = tuple(replace(varied, importance=None) for varied in TRIALS.varied)
    figure = figure_tune(replace(TRIALS, varied=few, chance=None, notes=("a note",)))
    assert [text.get_text() for text in figure.axes[0].texts] == ["too few trials"]
    assert [text.get_text() for text in figure.texts] == ["a note"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 4, 5, 10])
def test_frames_fit_a_page_and_do_not_touch(count):
    names = tuple(replace(PRIOR, name=f"number.{i}") for i in range(count))
    figure = figure_tune(replace(TRIALS, varied=names))
    figure.draw_without_rendering()
    assert figure.get_size_inches()[0] == pytest.approx(PAGE)
    boxes = [ax.get_tightbbox() for ax in figure.axes]
    for i, a in enumerate(boxes):
        assert figure.bbox.x0 <= a.x0 < a.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= a.y0 < a.y1 <= figure.bbox.y1
        assert not any(a.overlaps(b) for b in boxes[i + 1 :])
