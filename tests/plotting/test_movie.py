from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from PIL import Image

from nnpp.errors import InputError
from nnpp.plotting import movie as film
from nnpp.plotting.movie import Background, Frame, loss_text, movie, movie_writer, thinned
from nnpp.plotting.style import CONDUCTION, GREY, VALENCE
from nnpp.units import HARTREE_EV
from tests.plotting.samples import along, cosines, curves, picture

BANDS = cosines(along(8))
PICTURE = picture(bands=BANDS, reference=BANDS)
CURVES = replace(curves(), start=replace(curves(depth=50.0), name="before the fit"))


def frame(step: int, loss: float) -> Frame:
    """A moment whose levels and curves are the further off, the greater the loss."""
    E = np.asarray(BANDS.E) * HARTREE_EV * (1 + loss)
    return Frame(step, loss, E, {s: (1 - loss) * v for s, v in CURVES.v_q.items()})


FRAMES = [frame(0, 0.5), frame(1, 0.1), frame(2, 0.02), frame(4, 0.0)]


def stage(frames: list[Frame]) -> Background:
    """What stands still in the film of these frames."""
    loss = np.array([f.loss_ev2 for f in frames])
    return Background(PICTURE, CURVES, np.array([f.step for f in frames]), loss)


def test_a_gif_has_a_picture_for_every_frame_and_stays_at_the_last(tmp_path):
    path = movie(tmp_path / "fit.gif", PICTURE, CURVES, iter(FRAMES))
    with Image.open(path) as gif:
        durations = [_duration(gif, i) for i in range(gif.n_frames)]
    assert len(durations) == len(FRAMES)
    assert durations[-1] > durations[0] == durations[1] == 500


def _duration(gif: Image.Image, i: int) -> int:
    """How long one picture stays [ms]."""
    gif.seek(i)
    return gif.info["duration"]


def test_the_same_fit_gives_the_same_bytes(tmp_path):
    first, second = (
        movie(tmp_path / name, PICTURE, CURVES, FRAMES[:2]).read_bytes()
        for name in ("a.gif", "b.gif")
    )
    assert first == second
    assert len(first) < 3e6 / 60 * 2


@pytest.mark.parametrize("count", [1, 2, 60, 61, 5000])
def test_a_long_fit_is_thinned_evenly_between_its_first_and_last_step(count):
    steps = [
        f.step for f in thinned([Frame(i, 1.0, np.ones((1, 1)), {}) for i in range(count)])
    ]
    assert len(steps) == min(count, 60)
    assert (steps[0], steps[-1]) == (0, count - 1)
    assert np.ptp(np.diff(steps)) <= 1 if count > 1 else steps == [0]


def test_axes_hold_every_moment_and_do_not_move():
    still = stage(FRAMES)
    _, axes = film._set_up(still, FRAMES)
    before = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
    for moment in FRAMES:
        film._draw(axes, still, moment)
    assert [(ax.get_xlim(), ax.get_ylim()) for ax in axes] == before
    low, high = before[1][1]
    drawn = np.concatenate([v for f in FRAMES for v in f.v_q.values()])
    assert low < drawn.min() < drawn.max() < high


def test_a_moment_shows_its_levels_from_their_top_its_curves_and_the_losses_so_far():
    still = stage(FRAMES)
    _, axes = film._set_up(still, FRAMES)
    moving = film._draw(axes, still, FRAMES[1])
    left, right, below = ([a for a in moving if a.axes is ax] for ax in axes)
    assert {line.get_color() for line in left} == {VALENCE, CONDUCTION}
    full = [line.get_ydata().max() for line in left if line.get_color() == VALENCE]
    assert max(full) == pytest.approx(0.0)
    assert right[0].get_ydata() == pytest.approx(0.9 * CURVES.v_q["Cd"])
    assert below[0].get_xdata().tolist() == [0, 1]
    assert below[-1].get_text() == "step 1,  loss 0.1 eV$^2$"


def test_the_start_is_grey_and_the_legend_names_what_is_drawn():
    figure, (left, right, _) = film._set_up(stage(FRAMES), FRAMES)
    grey = [c for c in right.lines if c.get_color() == GREY and len(c.get_xdata()) > 2]
    assert grey[0].get_ydata() == pytest.approx(CURVES.start.v_q["Cd"])
    circles = [c for c in left.lines if c.get_marker() == "o"]
    assert len(circles) == BANDS.E.shape[1]
    message = [
        text.get_text() for legend in figure.legends[::-1] for text in legend.get_texts()
    ]
    assert message == ["bands: nnpp", "reference", "$v(q)$: Cd", "$v(q)$: Se", "before the fit"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("loss", [[0.3], [0.0, 0.0], [np.inf, np.nan, 0.1]])
def test_short_perfect_and_broken_fits_are_drawn_too(loss):
    frames = [Frame(i, x, FRAMES[0].bands_ev, FRAMES[0].v_q) for i, x in enumerate(loss)]
    _, axes = film._set_up(stage(frames), frames)
    for moment in frames:
        film._draw(axes, stage(frames), moment)
    assert len(axes[2].lines) >= 2 * len(frames)


def test_a_loss_is_reported_in_words():
    losses = (0.1234, 3.2e-5, 0.0, np.inf)
    message = ["0.12", r"$3.2{\times}10^{-5}$", "0", "inf"]
    assert [loss_text(x) for x in losses] == [f"{x} eV$^2$" for x in message]


def test_without_ffmpeg_an_mp4_is_refused_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    path = tmp_path / "fit.mp4"
    with pytest.raises(InputError) as message:
        movie(path, PICTURE, CURVES, FRAMES)
    remedy = "install ffmpeg, or choose gif"
    assert str(message.value) == f"--movie: MP4 needs ffmpeg, which is not installed; {remedy}"
    assert not path.exists()


def test_another_kind_of_film_is_refused():
    assert movie_writer("GIF") is movie_writer(".gif")
    with pytest.raises(InputError, match="gif or mp4"):
        movie_writer(Path("fit.avi").suffix)
