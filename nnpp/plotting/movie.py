"""Film of a fit: bands against their reference, v(q) against its start, and the loss so far."""

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
from nnpp.plotting.bands import CIRCLE, UNSEEN, draw_levels, draw_reference, scale_bands
from nnpp.plotting.decades import PLAIN, off_scale, power, reach, scale_log
from nnpp.plotting.picture import BandPicture
from nnpp.plotting.potential import Q_AXIS, V_Q_AXIS, PotentialCurves, draw_q, scale_across
from nnpp.plotting.style import frame_below, rows

FRAMES = 60
"""A longer fit is thinned to so many pictures."""
SECONDS, SLOWEST = 6.0, 2.0
"""How long a film lasts, and the fewest pictures a second."""
PAUSE = 1.5
"""How long the last picture stays [s]."""
DOTS_PER_INCH = 110
WIDTH, BETWEEN = 2.85, 0.66
"""Of the frames of bands and of v(q), and the room between them [inch]."""
TALL, SLIM, APART = 2.7, 0.75, 0.45
"""Heights of these and of the loss below them, and the room between [inch]."""
START: dict[str, Any] = {"color": style.GREY, "linestyle": "-", "linewidth": 0.9}


@dataclass(frozen=True)
class Frame:
    """One moment of a fit.

    Attributes:
        step: its number.
        loss_ev2: the training loss [eV²].
        bands_ev: the levels at the k-points of the picture, absolute [eV].
        v_q: by element, at the lengths q of the curves [hartree·bohr³].
    """

    step: int
    loss_ev2: float
    bands_ev: Float[np.ndarray, "k band"]
    v_q: Mapping[str, Float[np.ndarray, " q"]]


@dataclass(frozen=True)
class Stage:
    """What stands still in a film.

    Attributes:
        picture: title, k-points, reference, zero and window; its levels are those of the end.
        curves: q and the elements, and as `start` the curves from before the fit.
        step: the number of each step of the whole fit.
        loss_ev2: the training loss of each [eV²].
    """

    picture: BandPicture
    curves: PotentialCurves
    step: Int[np.ndarray, " step"]
    loss_ev2: Float[np.ndarray, " step"]


def movie(
    path: Path, picture: BandPicture, curves: PotentialCurves, frames: Iterable[Frame]
) -> Path:
    """Write a film to `path`, a GIF or an MP4 as its suffix tells; `path` is returned."""
    every = list(frames)
    assert every, "a film has at least one frame"
    shown = thinned(every)
    step, loss = ([getattr(f, name) for f in every] for name in ("step", "loss_ev2"))
    stage = Stage(picture, curves, np.array(step), np.array(loss, float))
    rate = max(SLOWEST, len(shown) / SECONDS)
    film = writer_of(path.suffix)(rate)
    with style.look():
        figure, axes = _set_up(stage, shown)
        figure.set_dpi(DOTS_PER_INCH)
        FigureCanvasAgg(figure)  # kept for all pictures, with its texts: a third less time
        with film.saving(figure, str(path), DOTS_PER_INCH):
            for frame in [*shown, *[shown[-1]] * round(PAUSE * rate)]:
                moving = _draw(axes, stage, frame)
                film.grab_frame()
                for artist in moving:
                    artist.remove()
    return path


def writer_of(kind: str) -> Callable[[float], AbstractMovieWriter]:
    """What writes a GIF or an MP4, given the pictures a second; ask before a long fit."""
    known = {"gif": PillowWriter, "mp4": FFMpegWriter}
    writer = known.get(kind.removeprefix(".").lower())
    if writer is None:
        raise InputError(f"{kind!r} is no kind of film", "ask for gif or mp4", "--movie")
    if not writer.isAvailable():
        remedy = "install ffmpeg, or ask for a GIF"
        raise InputError("MP4 needs ffmpeg, which is not installed", remedy, "--movie")
    return writer


def thinned(frames: Sequence[Frame]) -> list[Frame]:
    """At most `FRAMES` of them, evenly spread, the first and the last among them."""
    at = np.linspace(0, len(frames) - 1, min(len(frames), FRAMES)).round().astype(int)
    return [frames[i] for i in at]


def _set_up(stage: Stage, shown: Sequence[Frame]) -> tuple[Figure, list[Axes]]:
    """The frames with all that stands still, at ranges that hold every picture."""
    picture, curves, axis = stage.picture, stage.curves, abscissa(stage.picture.bands.kpoints)
    sheet = style.Sheet((WIDTH, WIDTH), BETWEEN, TALL + APART + SLIM, picture.title)
    figure, (left, right) = sheet.draw(1, _legends(stage), ())
    below = frame_below([left, right], SLIM, APART)
    draw_reference(left, picture, axis)
    scale_bands(left, picture, axis)
    if curves.start is not None:
        for v in curves.start.v_q.values():
            right.plot(curves.start.q, v, **START)
    scale_across(right, curves.q, Q_AXIS, V_Q_AXIS)
    right.set_ylim(*_range_q(curves, shown))
    _scale_loss(below, stage)
    return figure, [left, right, below]


def _range_q(curves: PotentialCurves, shown: Sequence[Frame]) -> tuple[float, float]:
    """Lowest and highest v(q) of all pictures, with room."""
    start = {} if curves.start is None else curves.start.v_q
    every = np.concatenate(
        [v for v_q in (start, *(f.v_q for f in shown)) for v in v_q.values()]
    )
    room = 0.05 * np.ptp(every) or 1.0
    return float(every.min() - room), float(every.max() + room)


def _scale_loss(ax: Axes, stage: Stage) -> None:
    """Steps and losses of the whole fit."""
    first, last = float(stage.step[0]), float(stage.step[-1])
    room = 0.01 * (last - first) or 0.5
    ax.set_xlim(first - room, last + room)
    locator = MaxNLocator(8, integer=True) if last > first else FixedLocator([first])
    ax.xaxis.set_major_locator(locator)
    scale_log(ax, *reach(stage.loss_ev2))
    ax.set_xlabel("step")
    ax.set_ylabel(r"loss (eV$^2$)")


def _draw(axes: list[Axes], stage: Stage, frame: Frame) -> list[Artist]:
    """All that belongs to one moment."""
    left, right, below = axes
    bands, E = stage.picture.bands, np.asarray(frame.bands_ev, float)
    if stage.picture.zero == "vbm":
        E = E - np.nanmax(E[:, : bands.occupied])
    now = replace(stage.curves, v_q=frame.v_q, spread_q={})
    return [
        *draw_levels(left, abscissa(bands.kpoints), E, bands.occupied),
        *draw_q(right, now, stage.curves.colours, {"linestyle": "-"}),
        *_draw_loss(below, stage, frame),
    ]


def _draw_loss(ax: Axes, stage: Stage, frame: Frame) -> list[Artist]:
    """The loss up to a moment, and its value then."""
    past = (stage.step <= frame.step) & np.isfinite(stage.loss_ev2)
    step, loss = stage.step[past], stage.loss_ev2[past]
    line = ax.plot(step, np.where(loss > 0, loss, np.nan), color=style.BLUE)
    zeros = off_scale(ax, step, loss, color=style.BLUE)
    dot = ax.plot(step[-1:], loss[-1:], "o", color=style.BLUE, markersize=3.5)
    told = f"step {frame.step},  loss {in_words(frame.loss_ev2)}"
    corner: dict[str, Any] = {"transform": ax.transAxes, "ha": "right", "va": "top"}
    return [*line, *zeros, *dot, ax.text(0.99, 0.92, told, **corner)]


def in_words(loss_ev2: float) -> str:
    """A loss with its unit: "0.12 eV²", "3.2×10⁻⁵ eV²", also where it is zero or no number."""
    tiny = np.isfinite(loss_ev2) and 0 < loss_ev2 < PLAIN[0]
    return rf"{power(loss_ev2) if tiny else f'{loss_ev2:.2g}'} eV$^2$"


def _legends(stage: Stage) -> list[style.Legend]:
    """The rows at the foot: who is who among the bands, then in v(q)."""
    picture, curves = stage.picture, stage.curves
    lines = [Line2D([], [], color=c) for c in (style.VALENCE, style.CONDUCTION)]
    left: style.Legend = {f"bands: {picture.name}": tuple(lines)}
    if picture.reference is not None:
        left[picture.reference_name] = Line2D([], [], **CIRCLE)
    if picture.unseen is not None:
        left["not fitted"] = Line2D([], [], **UNSEEN)
    right: style.Legend = {
        f"$v(q)$: {s}": Line2D([], [], color=c) for s, c in curves.colours.items()
    }
    if curves.start is not None:
        right[curves.start.name] = Line2D([], [], **START)
    return [*rows(left, style.PAGE), *rows(right, style.PAGE)]
