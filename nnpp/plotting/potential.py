"""Form factors of every element: v(q), and v(r) = (2π²)⁻¹ ∫ q² v(q) sin(qr)/(qr) dq."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoMinorLocator, MaxNLocator

from nnpp.plotting import style
from nnpp.plotting.style import frame_below, legend_rows
from nnpp.units import HARTREE_EV

FRAME, BETWEEN, HEIGHT = 2.85, 0.66, 2.3
"""Width of a frame, distance between the two, and height [inch]."""
TAIL, APART, CORE = 1.05, 0.08, 3.0
"""Height of the frame of the tail, its distance [inch], and where the tail begins [bohr]."""
MARGIN = 1.15
"""Range of the tail as a multiple of its largest value."""
DASHED: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 0.8}
DOTTED: dict[str, Any] = {"linestyle": (0, (1, 1.4)), "linewidth": 1.1}
SHADE: dict[str, Any] = {"alpha": 0.22, "linewidth": 0}
DOT: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2}
Q_AXIS, V_Q_AXIS = r"$q$ (bohr$^{-1}$)", r"$v(q)$ (hartree bohr$^3$)"
R_AXIS, V_R_AXIS = r"$r$ (bohr)", r"$v(r)$ (eV)"


@dataclass(frozen=True)
class PotentialCurves:
    """Form factors and potentials of every element, and curves to compare them with.

    Attributes:
        q: lengths at which v(q) is given [bohr⁻¹].
        v_q: form factor by element [hartree·bohr³].
        r: distances at which v(r) is given [bohr].
        v_r: potential by element [hartree].
        name: name of these curves in the legend.
        reference: other curves, drawn dashed.
        shells: lengths |G−G′| of the crystals by element [bohr⁻¹].
        title: one line above the figure.
        start: the curves before the fit, drawn dotted.
        spread_q: half width of the shade around v(q) by element [hartree·bohr³].
        spread_r: half width of the shade around v(r) by element [hartree].
        spread_name: name of the shades in the legend.
    """

    q: Float[np.ndarray, " q"]
    v_q: Mapping[str, Float[np.ndarray, " q"]]
    r: Float[np.ndarray, " r"]
    v_r: Mapping[str, Float[np.ndarray, " r"]]
    name: str = "nnpp"
    reference: "PotentialCurves | None" = None
    shells: Mapping[str, Float[np.ndarray, " shell"]] = field(default_factory=dict)
    title: str = ""
    start: "PotentialCurves | None" = None
    spread_q: Mapping[str, Float[np.ndarray, " q"]] = field(default_factory=dict)
    spread_r: Mapping[str, Float[np.ndarray, " r"]] = field(default_factory=dict)
    spread_name: str = "spread of the ensemble"

    @property
    def strokes(self) -> list[tuple["PotentialCurves", dict[str, Any]]]:
        """All curves and their line styles, the lowest first."""
        known = ((self.reference, DASHED), (self.start, DOTTED), (self, {"linestyle": "-"}))
        return [(curves, stroke) for curves, stroke in known if curves is not None]

    @property
    def colours(self) -> dict[str, str]:
        """One colour per element; the palette repeats after seven."""
        return {s: style.PALETTE[i % len(style.PALETTE)] for i, s in enumerate(self.v_q)}

    def sampled(self, element: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the shells of an element in the range of q, and v(q) there [hartree·bohr³]."""
        shells = np.unique(self.shells.get(element, np.empty(0)))
        shells = shells[(shells >= self.q[0]) & (shells <= self.q[-1])]
        return shells, np.interp(shells, self.q, self.v_q[element])


def figure_potential(curves: PotentialCurves, of: style.Print = style.PLAIN) -> Figure:
    """Return a figure of v(q) [hartree·bohr³] and v(r) [eV], with a colour for each element.

    Args:
        curves: the potential and the curves to compare it with.
        of: size of the figure and of its text.
    """
    both = of.free(BETWEEN)
    frame = FRAME if both is None else both / 2
    with style.look(of.scale):
        sheet = style.Sheet((frame, frame), BETWEEN, HEIGHT, curves.title, scale=of.scale)
        figure, axes = sheet.draw(1, _legends(curves), ())
        for these, stroke in curves.strokes:
            draw_q(axes[0], these, curves.colours, stroke)
            draw_r(axes[1], these, curves.colours, stroke)
        for element, colour in curves.colours.items():
            axes[0].plot(*curves.sampled(element), color=colour, **DOT)
        scale_across(axes[0], curves.q, Q_AXIS, V_Q_AXIS)
        scale_across(axes[1], curves.r, R_AXIS, V_R_AXIS)
        _draw_tail(axes[1], curves, of.scale)
    return figure


def _draw_tail(above: Axes, curves: PotentialCurves, scale: float) -> None:
    """Draw v(r) again below a frame, on the scale of its values outside the core."""
    values = [
        np.asarray(v)[np.asarray(these.r) >= CORE]
        for these, _ in curves.strokes
        for v in these.v_r.values()
    ]
    largest = max((float(np.abs(v).max(initial=0.0)) for v in values), default=0.0)
    if not largest:
        return
    tail = frame_below([above], TAIL, APART, scale)
    for these, stroke in curves.strokes:
        draw_r(tail, these, curves.colours, stroke)
    scale_across(tail, curves.r, R_AXIS, V_R_AXIS)
    limit = MARGIN * largest * HARTREE_EV
    tail.set_ylim(-limit, limit)
    above.tick_params(axis="x", labelbottom=False)
    above.set_xlabel("")
    above.yaxis.set_major_locator(MaxNLocator(5))
    tail.yaxis.set_major_locator(MaxNLocator(5))
    tail.text(0.97, 0.06, "tail, enlarged", transform=tail.transAxes, ha="right", va="bottom")


def draw_q(
    ax: Axes, curves: PotentialCurves, colours: Mapping[str, str], stroke: dict[str, Any]
) -> list[Line2D]:
    """Draw v(q) of every element with a colour, with its spread [hartree·bohr³]."""
    lines = []
    for element in (s for s in colours if s in curves.v_q):
        half = curves.spread_q.get(element)
        look = {"color": colours[element], **stroke}
        lines += _draw(ax, curves.q, curves.v_q[element], half, look)
    return lines


def draw_r(
    ax: Axes, curves: PotentialCurves, colours: Mapping[str, str], stroke: dict[str, Any]
) -> list[Line2D]:
    """Draw v(r) of every element with a colour, with its spread [eV]."""
    lines = []
    for element in (s for s in colours if s in curves.v_r):
        v_ev, half = np.asarray(curves.v_r[element]) * HARTREE_EV, curves.spread_r.get(element)
        half_ev = None if half is None else half * HARTREE_EV
        look = {"color": colours[element], **stroke}
        lines += _draw(ax, curves.r, v_ev, half_ev, look)
    return lines


def _draw(
    ax: Axes, x: np.ndarray, v: np.ndarray, half: np.ndarray | None, look: dict[str, Any]
) -> list[Line2D]:
    """Draw one curve on its shade."""
    if half is not None:
        ax.fill_between(x, v - half, v + half, color=look["color"], **SHADE)
    return ax.plot(x, v, **look)


def scale_across(ax: Axes, at: np.ndarray, across: str, up: str) -> None:
    """Set range and labels of a frame, and draw a thin line at zero."""
    ax.set_xlim(float(at[0]), float(at[-1]))
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    ax.xaxis.set_minor_locator(AutoMinorLocator())
    ax.yaxis.set_minor_locator(AutoMinorLocator())
    ax.axhline(0.0, color=style.GREY, linewidth=0.5, zorder=0.5)


def _legends(curves: PotentialCurves) -> list[style.Legend]:
    """Return the rows of the legend: elements, then line styles, shades and dots."""
    elements: style.Legend = {s: Line2D([], [], color=c) for s, c in curves.colours.items()}
    strokes: style.Legend = {
        these.name: Line2D([], [], color=style.DARK, **stroke)
        for these, stroke in curves.strokes[::-1]
    }
    if curves.spread_q or curves.spread_r:
        wide = SHADE | {"linewidth": 6.0, "solid_capstyle": "butt"}
        strokes[curves.spread_name] = Line2D([], [], color=style.DARK, **wide)
    if curves.shells:
        strokes["|G − G′| of the crystals"] = Line2D([], [], color=style.DARK, **DOT)
    return [elements, *legend_rows(strokes, style.PAGE)] if len(strokes) > 1 else [elements]
