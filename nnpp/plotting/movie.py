"""Movie of a fit: bands and reference, v(q) and its start, and the loss up to each step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator

from nnpp.errors import InputError
from nnpp.plotting import style
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.bands import CIRCLE, NOT_FITTED, draw_levels, draw_reference, scale_bands
from nnpp.plotting.decades import PLAIN, log_range, off_scale, power_of_ten, scale_log
from nnpp.plotting.picture import BandPicture
from nnpp.plotting.potential import Q_AXIS, V_Q_AXIS, PotentialCurves, draw_q, scale_across
from nnpp.plotting.style import frame_below, legend_rows

FRAMES = 60
"""Maximum number of frames; longer fits are thinned."""
SECONDS, SLOWEST = 6.0, 2.0
"""Duration of a movie [s], and minimum frame rate [1/s]."""
PAUSE = 1.5
"""Time for which the last frame is shown [s]."""
DOTS_PER_INCH = 110
WIDTH, BETWEEN = 2.85, 0.66
"""Width of the axes of bands and of v(q), and the distance between them [inch]."""
TALL, SLIM, APART = 2.7, 0.75, 0.45
"""Heights of these axes and of the loss below them, and their distance [inch]."""
START: dict[str, Any] = {"color": style.GREY, "linestyle": "-", "linewidth": 0.9}


@dataclass(frozen=True)
class Frame:
    """The state of a fit at one step.

    Attributes:
        step: number of the step.
        loss_ev2: training loss [eV²].
        bands_ev: levels at the k-points of the picture, absolute [eV].
        v_q: form factor by element, at the lengths q of the curves [hartree·bohr³].
    """

    step: int
    loss_ev2: float
    bands_ev: Float[np.ndarray, "k band"]
    v_q: Mapping[str, Float[np.ndarray, " q"]]


@dataclass(frozen=True)
class Background:
    """The part of a movie that is the same in every frame.

    Attributes:
        picture: title, k-points, reference, zero and window; its levels are the final ones.
        curves: q and the elements; `start` holds the curves before the fit.
        step: numbers of all steps of the fit.
        loss_ev2: training loss of each step [eV²].
    """

    picture: BandPicture
    curves: PotentialCurves
    step: Int[np.ndarray, " step"]
    loss_ev2: Float[np.ndarray, " step"]


def movie(
    path: Path, picture: BandPicture, curves: PotentialCurves, frames: Iterable[Frame]
) -> Path:
    """Write a movie and return its path.

    Args:
        path: file to write; the suffix .gif or .mp4 selects the format.
        picture: the final bands with their reference.
        curves: the form factors, with those before the fit as `start`.
        frames: the states of the fit, in order.
    """
    every = list(frames)
    assert every, "a movie has at least one frame"
    shown = thinned(every)
    step, loss = ([getattr(f, name) for f in every] for name in ("step", "loss_ev2"))
    background = Background(picture, curves, np.array(step), np.array(loss, float))
    rate = max(SLOWEST, len(shown) / SECONDS)
    writer = movie_writer(path.suffix)(rate)
    with style.look():
        figure, axes = _set_up(background, shown)
        figure.set_dpi(DOTS_PER_INCH)
        FigureCanvasAgg(figure)  # reused with its texts: saves a third of the time
        with writer.saving(figure, str(path), DOTS_PER_INCH):
            for frame in [*shown, *[shown[-1]] * round(PAUSE * rate)]:
                moving = _draw(axes, background, frame)
                writer.grab_frame()
                for artist in moving:
                    artist.remove()
    return path


def movie_writer(kind: str) -> Callable[[float], AbstractMovieWriter]:
    """Return the writer of GIF or MP4 files, which takes the frame rate.

    Call it before a long fit: it raises an error if the format is not available.
    """
    known = {"gif": PillowWriter, "mp4": FFMpegWriter}
    writer = known.get(kind.removeprefix(".").lower())
    if writer is None:
        raise InputError(f"{kind!r} is no movie format", "choose gif or mp4", "--movie")
    if not writer.isAvailable():
        remedy = "install ffmpeg, or choose gif"
        raise InputError("MP4 needs ffmpeg, which is not installed", remedy, "--movie")
    return writer


def thinned(frames: Sequence[Frame]) -> list[Frame]:
    """Return at most `FRAMES` evenly spaced frames, including the first and the last."""
    at = np.linspace(0, len(frames) - 1, min(len(frames), FRAMES)).round().astype(int)
    return [frames[i] for i in at]


def _set_up(background: Background, shown: Sequence[Frame]) -> tuple[Figure, list[Axes]]:
    """Return the figure and its axes with everything static, scaled for all frames."""
    picture, curves, axis = (
        background.picture,
        background.curves,
        abscissa(background.picture.bands.kpoints),
    )
    sheet = style.Sheet((WIDTH, WIDTH), BETWEEN, TALL + APART + SLIM, picture.title)
    figure, (left, right) = sheet.draw(1, _legends(background), ())
    below = frame_below([left, right], SLIM, APART)
    draw_reference(left, picture, axis)
    scale_bands(left, picture, axis)
    if curves.start is not None:
        for v in curves.start.v_q.values():
            right.plot(curves.start.q, v, **START)
    scale_across(right, curves.q, Q_AXIS, V_Q_AXIS)
    right.set_ylim(*_range_q(curves, shown))
    _scale_loss(below, background)
    return figure, [left, right, below]


def _range_q(curves: PotentialCurves, shown: Sequence[Frame]) -> tuple[float, float]:
    """Return the range of v(q) over all frames, with a margin."""
    start = {} if curves.start is None else curves.start.v_q
    every = np.concatenate(
        [v for v_q in (start, *(f.v_q for f in shown)) for v in v_q.values()]
    )
    margin = 0.05 * np.ptp(every) or 1.0
    return float(every.min() - margin), float(every.max() + margin)


def _scale_loss(ax: Axes, background: Background) -> None:
    """Scale the axes for all steps and losses of the fit."""
    first, last = float(background.step[0]), float(background.step[-1])
    margin = 0.01 * (last - first) or 0.5
    ax.set_xlim(first - margin, last + margin)
    locator = MaxNLocator(8, integer=True) if last > first else FixedLocator([first])
    ax.xaxis.set_major_locator(locator)
    scale_log(ax, *log_range(background.loss_ev2))
    ax.set_xlabel("step")
    ax.set_ylabel(r"loss (eV$^2$)")


def _draw(axes: list[Axes], background: Background, frame: Frame) -> list[Artist]:
    """Draw everything that changes from frame to frame; return it."""
    left, right, below = axes
    bands, E = background.picture.bands, np.asarray(frame.bands_ev, float)
    if background.picture.zero == "vbm":
        E = E - np.nanmax(E[:, : bands.occupied])
    now = replace(background.curves, v_q=frame.v_q, spread_q={})
    return [
        *draw_levels(left, abscissa(bands.kpoints), E, bands.occupied),
        *draw_q(right, now, background.curves.colours, {"linestyle": "-"}),
        *_draw_loss(below, background, frame),
    ]


def _draw_loss(ax: Axes, background: Background, frame: Frame) -> list[Artist]:
    """Draw the loss up to a step, and print its value."""
    past = (background.step <= frame.step) & np.isfinite(background.loss_ev2)
    step, loss = background.step[past], background.loss_ev2[past]
    line = ax.plot(step, np.where(loss > 0, loss, np.nan), color=style.BLUE)
    zeros = off_scale(ax, step, loss, color=style.BLUE)
    dot = ax.plot(step[-1:], loss[-1:], "o", color=style.BLUE, markersize=3.5)
    text = f"step {frame.step},  loss {loss_text(frame.loss_ev2)}"
    corner: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "va": "top"}
    return [*line, *zeros, *dot, ax.text(0.99, 0.92, text, **corner)]


def loss_text(loss_ev2: float) -> str:
    """Return a loss with its unit: "0.12 eV²", "3.2×10⁻⁵ eV²"; zero and NaN are allowed."""
    tiny = np.isfinite(loss_ev2) and 0 < loss_ev2 < PLAIN[0]
    return rf"{power_of_ten(loss_ev2) if tiny else f'{loss_ev2:.2g}'} eV$^2$"


def _legends(background: Background) -> list[style.Legend]:
    """Return the rows of the legend: those of the bands, then those of v(q)."""
    picture, curves = background.picture, background.curves
    lines = [Line2D([], [], color=c) for c in (style.VALENCE, style.CONDUCTION)]
    left: style.Legend = {f"bands: {picture.name}": tuple(lines)}
    if picture.reference is not None:
        left[picture.reference_name] = Line2D([], [], **CIRCLE)
    if picture.not_fitted is not None:
        left["not fitted"] = Line2D([], [], **NOT_FITTED)
    right: style.Legend = {
        f"$v(q)$: {s}": Line2D([], [], color=c) for s, c in curves.colours.items()
    }
    if curves.start is not None:
        right[curves.start.name] = Line2D([], [], **START)
    return [*legend_rows(left, style.PAGE), *legend_rows(right, style.PAGE)]
