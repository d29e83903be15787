"""History of a fit: RMS errors and loss of every step, damping and learning rate."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator

from nnpp.plotting import style
from nnpp.plotting.decades import log_range, off_scale, scale_log
from nnpp.plotting.style import frame_below, legend_rows

WIDTH = style.COLUMN - style.LEFT - style.RIGHT
TALL, SLIM, BETWEEN = 2.0, 0.85, 0.09
"""Heights of the highest frame and of those below it, and their distance [inch]."""
FEW = 40
"""Up to this number of steps, each is marked with a dot."""
MANY, BINS = 1000, 200
"""Above `MANY` steps, lines are medians of `BINS` intervals and shades their ranges."""
ABOVE = 30.0
"""A rejected trial above all accepted steps by more than this factor is off the scale."""
TRAINING: dict[str, Any] = {"color": style.BLUE}
HELD_OUT: dict[str, Any] = {"color": style.VERMILLION, "linestyle": (0, (4, 1.5))}
CONTROLS: dict[str, Any] = {"color": style.DARK}
DOT: dict[str, Any] = {"marker": "o", "markersize": 2.4}
REJECTED: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 2.6,
    "markerfacecolor": "none",
    "markeredgecolor": style.GREY,
    "markeredgewidth": 0.6,
}


@dataclass(frozen=True)
class History:
    """The metrics of a fit, step by step.

    Attributes:
        step: number of each step, ascending.
        loss_ev2: loss of each step, or of the rejected trial [eV²].
        holdout_ev2: held-out loss [eV²]; NaN where it was not computed.
        damping: λ of the Levenberg-Marquardt method.
        learning_rate: learning rate of gradient descent.
        accepted: whether each trial was accepted; None if all were.
        eased: steps that minimised the eased loss; lines are interrupted at the change.
        rms_mev: RMS error of the fitted levels [meV]; None without reference bands.
        holdout_rms_mev: the same of the held-out levels; NaN where it was not computed.
        seconds: time since the start.
        title: one line above the figure.
    """

    step: Int[np.ndarray, " step"]
    loss_ev2: Float[np.ndarray, " step"]
    holdout_ev2: Float[np.ndarray, " step"] | None = None
    damping: Float[np.ndarray, " step"] | None = None
    learning_rate: Float[np.ndarray, " step"] | None = None
    accepted: Bool[np.ndarray, " step"] | None = None
    eased: Bool[np.ndarray, " step"] | None = None
    rms_mev: Float[np.ndarray, " step"] | None = None
    holdout_rms_mev: Float[np.ndarray, " step"] | None = None
    seconds: Float[np.ndarray, " step"] | None = None
    title: str = ""

    @property
    def taken(self) -> Bool[np.ndarray, " step"]:
        """Which steps were accepted."""
        return np.ones(len(self.step), bool) if self.accepted is None else self.accepted

    @property
    def losses(self) -> list[tuple[Float[np.ndarray, " taken"], dict[str, Any]]]:
        """Losses of the accepted steps [eV²], and their line styles.

        The held-out loss is a sum over fewer points; it is left out where RMS errors are known.
        """
        held = self.holdout_ev2 if self.rms_mev is None else None
        return self._accepted(self.loss_ev2, held)

    @property
    def errors(self) -> list[tuple[Float[np.ndarray, " taken"], dict[str, Any]]]:
        """RMS errors of the accepted steps [meV], and their line styles."""
        return self._accepted(self.rms_mev, self.holdout_rms_mev)

    def _accepted(
        self, fitted: np.ndarray | None, held: np.ndarray | None
    ) -> list[tuple[Float[np.ndarray, " taken"], dict[str, Any]]]:
        """Return the known ones of two curves at the accepted steps."""
        both = ((fitted, TRAINING), (held, HELD_OUT))
        return [(values[self.taken], look) for values, look in both if values is not None]

    @property
    def parts(self) -> list[Bool[np.ndarray, " taken"]]:
        """The accepted steps grouped by their loss, eased or full."""
        if self.eased is None:
            return [np.ones(int(np.sum(self.taken)), bool)]
        eased = self.eased[self.taken]
        return [part for part in (eased, ~eased) if part.any()]

    @property
    def trials(self) -> Float[np.ndarray, " rejected"]:
        """Losses of the rejected trials [eV²]; infinite instead of NaN."""
        return np.nan_to_num(self.loss_ev2[~self.taken], nan=np.inf, posinf=np.inf)

    @property
    def controls(self) -> dict[str, np.ndarray]:
        """Parameters that the method chose for each step, by the label of their axis."""
        known = {r"damping $\lambda$": self.damping, "learning rate": self.learning_rate}
        return {name: values for name, values in known.items() if values is not None}


def history_of(lines: Sequence[Mapping[str, Any]], title: str) -> History | None:
    """Return the history in the lines of metrics.jsonl; None before the first step."""
    if not any(line["step"] for line in lines):
        return None

    def column(name: str) -> np.ndarray | None:
        """Return the values under a name; None if no line has it."""
        values = [line.get(name, np.nan) for line in lines]
        return np.array(values, float) if any(name in line for line in lines) else None

    accepted, eased = column("accepted"), column("eased")
    return History(
        step=np.array([line["step"] for line in lines]),
        loss_ev2=np.array([line.get("loss_ev2", np.nan) for line in lines], float),
        holdout_ev2=column("holdout_ev2"),
        rms_mev=column("rms_mev"),
        holdout_rms_mev=column("holdout_rms_mev"),
        damping=column("damping"),
        accepted=None if accepted is None else ~(accepted == 0),
        seconds=column("seconds"),
        eased=None if eased is None else eased == 1,
        title=title,
    )


def figure_history(history: History) -> Figure:
    """Return a figure of the RMS errors [meV], with the loss and step parameters below them.

    Without reference bands the loss [eV²] is in the highest frame.

    Args:
        history: the metrics of the fit.
    """
    drawn = [_draw_errors, _draw_loss] if history.errors else [_draw_loss]
    below = len(drawn) - 1 + len(history.controls)
    height = TALL + below * (SLIM + BETWEEN)
    with style.look():
        sheet = style.Sheet((WIDTH,), 0.0, height, history.title)
        figure, (ax,) = sheet.draw(1, _legends(history), _notes(history))
        slim = [frame_below([ax], SLIM, BETWEEN) for _ in range(below)]
        frames = iter([ax, *slim[::-1]])
        for draw in drawn:
            draw(next(frames), history)
        for name, values in history.controls.items():
            _draw_control(next(frames), history, name, values)
        _scale_steps([ax, *slim[::-1]], history)
        figure.align_ylabels()
    return figure


def _line(ax: Axes, x: np.ndarray, y: np.ndarray, **look: Any) -> None:
    """Draw a curve over the known steps: dots if they are few, medians if they are many."""
    known = np.isfinite(y) & (y > 0)
    x, y = x[known], y[known]
    if len(x) > MANY:
        x, low, y, high = binned(x, y)
        ax.fill_between(x, low, high, color=look["color"], alpha=0.25, linewidth=0)
    ax.plot(x, y, **DOT if len(x) <= FEW else {}, **look)


def binned(
    x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mean x, and minimum, median and maximum of y, of each of `BINS` intervals."""
    parts = list(zip(np.array_split(x, BINS), np.array_split(y, BINS), strict=True))
    x = np.array([np.mean(at) for at, _ in parts])
    low, middle, high = np.array([np.quantile(of, [0, 0.5, 1]) for _, of in parts]).T
    return x, low, middle, high


def _range(history: History) -> tuple[float, float]:
    """Return the range of the loss axis: accepted steps, and trials not far above them."""
    steps = np.concatenate([loss for loss, _ in history.losses])
    top = np.max(steps, initial=0.0, where=np.isfinite(steps)) * ABOVE or np.inf
    return log_range(steps, history.trials[history.trials <= top])


def _draw_loss(ax: Axes, history: History) -> None:
    """Draw training, held-out and rejected losses; triangles for values off the scale."""
    taken, rejected = history.step[history.taken], history.step[~history.taken]
    scale_log(ax, *_range(history))
    ax.plot(rejected, history.trials, **REJECTED)
    off_scale(ax, rejected, history.trials, **REJECTED)
    for loss, look in history.losses:
        for part in history.parts:
            _line(ax, taken[part], loss[part], **look)
        off_scale(ax, taken, loss, **REJECTED | {"markeredgecolor": look["color"]})
    ax.set_ylabel(r"loss (eV$^2$)")


def _draw_errors(ax: Axes, history: History) -> None:
    """Draw the RMS errors of the accepted steps [meV]."""
    scale_log(ax, *log_range(*(x for x, _ in history.errors)))
    for values, look in history.errors:
        _line(ax, history.step[history.taken], values, **look)
    ax.set_ylabel("RMS error (meV)")


def _draw_control(ax: Axes, history: History, name: str, values: np.ndarray) -> None:
    """Draw a parameter of the method at each step and each rejected trial."""
    scale_log(ax, *log_range(values))
    _line(ax, history.step, values, **CONTROLS)
    ax.set_ylabel(name)


def _scale_steps(axes: list[Axes], history: History) -> None:
    """Scale the common horizontal axis, labelled below the lowest frame."""
    first, last = float(history.step[0]), float(history.step[-1])
    margin = max(0.025, 0.012 * len(f"{last:.0f}")) * (last - first) or 0.5
    ticks = MaxNLocator(5, integer=True) if last > first else FixedLocator([first])
    for ax in axes:
        ax.set_xlim(first - margin, last + margin)
        ax.xaxis.set_major_locator(copy(ticks))
        ax.tick_params(axis="x", labelbottom=ax is axes[-1])
    axes[-1].set_xlabel("step")


def _legends(history: History) -> list[style.Legend]:
    """Return the rows of the legend."""
    curves: style.Legend = {"training": Line2D([], [], **TRAINING)}
    if len(history.errors or history.losses) > 1:
        curves["held out"] = Line2D([], [], **HELD_OUT)
    if not history.taken.all():
        curves["rejected"] = Line2D([], [], **REJECTED)
    return list(legend_rows(curves, WIDTH))


def _notes(history: History) -> tuple[str, ...]:
    """Return notes on the triangles and on the duration of the fit."""
    low, high = _range(history)
    every = np.concatenate([history.trials, *(loss for loss, _ in history.losses)])
    notes = [
        f"triangles at the {edge}: {what}"
        for edge, what, there in (
            ("bottom", "zero loss", every < low),
            ("top", "trials above the scale", every > high),
        )
        if there.any()
    ]
    if np.count_nonzero(history.taken) > MANY:
        notes.append("lines: medians of neighbouring steps; shades: their range")
    if history.seconds is not None:
        done = int(np.count_nonzero(history.step))  # step 0 is the start
        notes.append(f"{done} steps in {_duration(float(history.seconds[-1]))}")
    return tuple(notes)


def _duration(seconds: float) -> str:
    """Return a duration as text: "4.2 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if round(seconds) < 3600:
        return f"{round(seconds) // 60} min {round(seconds) % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"
