"""Figure of a hyperparameter search: importances, and the held-out error of all trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from nnpp.plotting import style
from nnpp.plotting.decades import NARROW, log_range, power_of_ten, scale_log

ACROSS, APART = 4, 0.2
"""Number of small frames side by side, and distance between two [inch]."""
FRAME, BELOW = 1.0, 0.46
"""Height of a small frame, and of its tick labels and name [inch]."""
BAR, NAMES, EDGE = 0.17, 1.3, 0.06
"""Height of a bar, width of the names at the left, and margin at the right [inch]."""
FINISHED: dict[str, Any] = {"color": style.BLUE, "marker": "o", "markersize": 3.0}
PRUNED: dict[str, Any] = {"color": style.GREY, "marker": "o", "markersize": 3.0}
PRUNED |= {"markerfacecolor": "none", "markeredgewidth": 0.6}
BEST: dict[str, Any] = {"color": style.VERMILLION, "marker": "D", "markersize": 4.4}
BEST |= {"markerfacecolor": "none", "markeredgewidth": 1.0}


@dataclass(frozen=True)
class Varied:
    """A hyperparameter that trials vary.

    Attributes:
        name: name of the hyperparameter.
        x: its value in each trial; the index in `words` if it is categorical.
        low: lower bound.
        high: upper bound.
        log: whether its axis is logarithmic.
        words: possible values if it is categorical.
        importance: fraction of the ranking of the trials it explains; None if unknown.
    """

    name: str
    x: Float[np.ndarray, " trial"]
    low: float
    high: float
    log: bool = False
    words: tuple[str, ...] = ()
    importance: float | None = None


@dataclass(frozen=True)
class Trials:
    """Trials with a known error.

    Attributes:
        varied: the hyperparameters, the most important first.
        held_out_mev: held-out error of each trial [meV].
        finished: which trials did all their steps.
        chance: importance that an irrelevant hyperparameter exceeds in 5 % of cases.
        title: one line above the figure.
        notes: lines below it.
    """

    varied: Sequence[Varied]
    held_out_mev: Float[np.ndarray, " trial"]
    finished: Bool[np.ndarray, " trial"]
    chance: float | None = None
    title: str = ""
    notes: tuple[str, ...] = ()


def figure_tune(trials: Trials) -> Figure:
    """Return a figure with importances as bars, and the error against each hyperparameter.

    Args:
        trials: the trials with their hyperparameters.
    """
    rows = -(-len(trials.varied) // ACROSS)
    bars = BAR * (len(trials.varied) + 0.6)
    width = style.PAGE - style.LEFT - style.RIGHT
    with style.look():
        sheet = style.Sheet((width,), 0.0, bars + rows * (FRAME + BELOW), trials.title)
        figure, (top,) = sheet.draw(1, [_legend(trials)], _notes(trials))
        frames = _frames(figure, top, bars, trials)
        _draw_bars(top, trials)
        for i, (ax, varied) in enumerate(zip(frames, trials.varied, strict=True)):
            _draw_errors(ax, trials, varied)
            ax.tick_params(axis="y", labelleft=i % ACROSS == 0)
            ax.set_ylabel("held out (meV)" if i % ACROSS == 0 else "")
    return figure


def _frames(figure: Figure, top: Axes, bars: float, trials: Trials) -> list[Axes]:
    """Shorten the top frame to the height of the bars, and add the small frames."""
    width, height = figure.get_size_inches()
    at = top.get_position()
    left = (style.LEFT + NAMES - APART) / width
    right = at.x1 - EDGE / width
    top.set_position((left, at.y1 - bars / height, right - left, bars / height))
    wide = (width - style.LEFT - style.RIGHT - APART * (ACROSS - 1)) / ACROSS
    frames = []
    for i in range(len(trials.varied)):
        row, column = divmod(i, ACROSS)
        x = style.LEFT + column * (wide + APART)
        y = height * at.y1 - bars - (row + 1) * (FRAME + BELOW) + 0.02
        frames.append(figure.add_axes((x / width, y / height, wide / width, FRAME / height)))
    return frames


def _draw_bars(ax: Axes, trials: Trials) -> None:
    """Draw a bar for each hyperparameter, the most important at the top."""
    found = [varied.importance or 0.0 for varied in trials.varied]
    places = np.arange(len(found))
    ax.barh(places, found, height=0.6, color=style.SKY)
    if trials.chance is not None:
        ax.axvline(trials.chance, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 3)))
    if all(varied.importance is None for varied in trials.varied):
        where = {"transform": ax.transAxes, "ha": "center", "va": "center"}
        ax.text(0.5, 0.5, "too few trials", color=style.DARK, **where)
    ax.set_yticks(places, [varied.name for varied in trials.varied])
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.set_xlim(0.0, 1.0)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("importance")


def _draw_errors(ax: Axes, trials: Trials, varied: Varied) -> None:
    """Draw the error of every trial against one hyperparameter, and mark the best trial."""
    error, done = trials.held_out_mev, trials.finished
    scale_log(ax, *log_range(error))
    _scale_x(ax, varied)
    for which, look in ((~done, PRUNED), (done, FINISHED), (_best(trials), BEST)):
        ax.plot(varied.x[which], error[which], linestyle="none", **look)
    ax.set_xlabel(varied.name)


def _best(trials: Trials) -> Bool[np.ndarray, " trial"]:
    """Return which finished trial is the best; none without a finished trial."""
    error = np.where(trials.finished, trials.held_out_mev, np.inf)
    return np.isfinite(error) & (np.arange(len(error)) == np.argmin(error))


def _scale_x(ax: Axes, varied: Varied) -> None:
    """Scale the axis to the range that was searched, with few ticks."""
    low, high = (-0.5, len(varied.words) - 0.5) if varied.words else (varied.low, varied.high)
    if varied.log:
        margin = (high / low) ** 0.06
        ax.set_xscale("log")
        ax.set_xlim(low / margin, high * margin)
    else:
        margin = 0.0 if varied.words else 0.06 * (high - low)
        ax.set_xlim(low - margin, high + margin)
    ax.xaxis.set_major_locator(FixedLocator(_ticks(varied)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _tick(varied, x)))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _ticks(varied: Varied) -> list[float]:
    """Return the ticks of an axis: full decades, or 1, 2 and 5, or even steps."""
    low, high = varied.low, varied.high
    if varied.words:
        return [float(i) for i in range(len(varied.words))]
    even = MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    choices = (decades[:: 1 + len(decades) // 5], np.outer(decades, [1, 2, 5]).ravel(), even)
    inside = [[float(x) for x in ticks if low <= x <= high] for ticks in choices]
    plain = inside[2:] if not varied.log else inside[high / low < NARROW :]
    return next((ticks for ticks in plain if len(ticks) > 1), inside[-1])


def _tick(varied: Varied, x: float) -> str:
    """Return a tick label: a word, a decimal number or a power of ten."""
    if varied.words:
        return varied.words[round(x)]
    return power_of_ten(x) if varied.log and varied.low < 1e-2 else f"{x:g}"


def _notes(trials: Trials) -> tuple[str, ...]:
    """Return the notes, with one on the dashed line if there is one."""
    line = "left of the dashed line: not significant at the 95 % level"
    return trials.notes if trials.chance is None else (*trials.notes, line)


def _legend(trials: Trials) -> style.Legend:
    """Return the legend of the marks."""
    kinds = {
        "finished": (trials.finished, FINISHED),
        "stopped early": (~trials.finished, PRUNED),
    }
    kinds |= {"best": (trials.finished, BEST)}
    marks = {name: look for name, (which, look) in kinds.items() if np.any(which)}
    return {name: Line2D([], [], linestyle="none", **look) for name, look in marks.items()}
