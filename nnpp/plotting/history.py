"""History of a fit: training and held-out loss of every step, damping and learning rate."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
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
"""Heights of the frame of the loss and of those below it, and their distance [inch]."""
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
        rmse_mev: errors at each step by system, for example of each band [meV].
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
    rmse_mev: Mapping[str, Float[np.ndarray, "step ..."]] = field(default_factory=dict)
    seconds: Float[np.ndarray, " step"] | None = None
    title: str = ""

    @property
    def taken(self) -> Bool[np.ndarray, " step"]:
        """Which steps were accepted."""
        return np.ones(len(self.step), bool) if self.accepted is None else self.accepted

    @property
    def losses(self) -> list[tuple[Float[np.ndarray, " taken"], dict[str, Any]]]:
        """Training and held-out losses of the accepted steps [eV²], and their line styles."""
        both = ((self.loss_ev2, TRAINING), (self.holdout_ev2, HELD_OUT))
        return [(loss[self.taken], look) for loss, look in both if loss is not None]

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

    @property
    def total_mev(self) -> dict[str, np.ndarray]:
        """Root-mean-square error of each system at each step [meV]."""
        flat = {s: np.reshape(x, (len(self.step), -1)) for s, x in self.rmse_mev.items()}
        return {s: np.sqrt(np.mean(x**2, axis=1)) for s, x in flat.items()}


def figure_history(history: History) -> Figure:
    """Return a figure of the loss [eV²], with step parameters and errors below it.

    Args:
        history: the metrics of the fit.
    """
    below = len(history.controls) + bool(history.rmse_mev)
    height = TALL + below * (SLIM + BETWEEN)
    with style.look():
        sheet = style.Sheet((WIDTH,), 0.0, height, history.title)
        figure, (ax,) = sheet.draw(1, _legends(history), _notes(history))
        slim = [frame_below([ax], SLIM, BETWEEN) for _ in range(below)]
        _draw_loss(ax, history)
        for frame, (name, values) in zip(slim, history.controls.items(), strict=False):
            _draw_control(frame, history, name, values)
        if history.rmse_mev:
            _draw_errors(slim[-1], history)
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
    """Draw the error of each system over the accepted steps [meV]."""
    taken, errors = history.taken, history.total_mev
    scale_log(ax, *log_range(*(x[taken] for x in errors.values())))
    for system, colour in _colours(history).items():
        _line(ax, history.step[taken], errors[system][taken], color=colour)
    ax.set_ylabel("RMSE (meV)")


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


def _colours(history: History) -> dict[str, str]:
    """Return a colour for each system; the palette repeats after seven."""
    return {s: style.PALETTE[i % len(style.PALETTE)] for i, s in enumerate(history.rmse_mev)}


def _legends(history: History) -> list[style.Legend]:
    """Return the rows of the legend: the losses, then the systems."""
    losses: style.Legend = {"training": Line2D([], [], **TRAINING)}
    if history.holdout_ev2 is not None:
        losses["held out"] = Line2D([], [], **HELD_OUT)
    if not history.taken.all():
        losses["rejected"] = Line2D([], [], **REJECTED)
    systems: style.Legend = {s: Line2D([], [], color=c) for s, c in _colours(history).items()}
    return [*legend_rows(losses, WIDTH), *legend_rows(systems, WIDTH)]


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
        notes.append(f"{len(history.step)} steps in {_duration(float(history.seconds[-1]))}")
    return tuple(notes)


def _duration(seconds: float) -> str:
    """Return a duration as text: "4.2 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if round(seconds) < 3600:
        return f"{round(seconds) // 60} min {round(seconds) % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"
