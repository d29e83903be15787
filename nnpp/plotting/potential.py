"""Form factors of every element: v(q), and v(r) = (2π²)⁻¹ ∫ q² v(q) sin(qr)/(qr) dq."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoMinorLocator

from nnpp.plotting import style
from nnpp.units import HARTREE_EV

FRAME, BETWEEN, HEIGHT = 2.85, 0.66, 2.1
"""Width of a frame, room between the two, height [inch]."""
DASHED: dict[str, Any] = {"linestyle": (0, (4, 2)), "linewidth": 0.8}
DOT: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.2}
Q_AXIS, V_Q_AXIS = r"$q$ (bohr$^{-1}$)", r"$v(q)$ (hartree bohr$^3$)"
R_AXIS, V_R_AXIS = r"$r$ (bohr)", r"$v(r)$ (eV)"


@dataclass(frozen=True)
class PotentialCurves:
    """The potential of every element, in both spaces, and what to compare it with.

    Attributes:
        q: where v(q) is known [bohr⁻¹].
        v_q: by element [hartree·bohr³].
        r: where v(r) is known [bohr].
        v_r: by element [hartree].
        name: what these curves are called.
        reference: other curves, to be drawn dashed.
        shells: by element, the lengths |G−G′| at which crystals ask for v(q) [bohr⁻¹].
        title: one line above the figure.
    """

    q: Float[np.ndarray, " q"]
    v_q: Mapping[str, Float[np.ndarray, " q"]]
    r: Float[np.ndarray, " r"]
    v_r: Mapping[str, Float[np.ndarray, " r"]]
    name: str = "nnpp"
    reference: "PotentialCurves | None" = None
    shells: Mapping[str, Float[np.ndarray, " shell"]] = field(default_factory=dict)
    title: str = ""

    @property
    def colours(self) -> dict[str, str]:
        """One colour per element; the palette starts again after its seventh."""
        return {s: style.PALETTE[i % len(style.PALETTE)] for i, s in enumerate(self.v_q)}

    def sampled(self, element: str) -> tuple[np.ndarray, np.ndarray]:
        """The shells of an element within the curve, and v(q) there [hartree·bohr³]."""
        shells = np.unique(self.shells.get(element, np.empty(0)))
        shells = shells[(shells >= self.q[0]) & (shells <= self.q[-1])]
        return shells, np.interp(shells, self.q, self.v_q[element])


def figure_potential(curves: PotentialCurves) -> Figure:
    """Draw v(q) [hartree·bohr³] and v(r) [eV], a colour for each element."""
    with style.look():
        sheet = style.Sheet((FRAME, FRAME), BETWEEN, HEIGHT, curves.title)
        figure, axes = sheet.draw(1, _legends(curves), ())
        if curves.reference is not None:
            _draw(axes, curves.reference, curves.colours, DASHED)
        _draw(axes, curves, curves.colours, {"linestyle": "-"})
        for element, colour in curves.colours.items():
            axes[0].plot(*curves.sampled(element), color=colour, **DOT)
        _scale(axes[0], curves.q, Q_AXIS, V_Q_AXIS)
        _scale(axes[1], curves.r, R_AXIS, V_R_AXIS)
    return figure


def _draw(
    axes: list[Axes], curves: PotentialCurves, colours: dict[str, str], stroke: dict[str, Any]
) -> None:
    """The curves of every element that has a colour, in both frames."""
    for element in (s for s in colours if s in curves.v_q):
        v_ev = np.asarray(curves.v_r[element]) * HARTREE_EV
        axes[0].plot(curves.q, curves.v_q[element], color=colours[element], **stroke)
        axes[1].plot(curves.r, v_ev, color=colours[element], **stroke)


def _scale(ax: Axes, at: np.ndarray, across: str, up: str) -> None:
    """Range and names of a frame, with a thin line at zero."""
    ax.set_xlim(float(at[0]), float(at[-1]))
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    ax.xaxis.set_minor_locator(AutoMinorLocator())
    ax.yaxis.set_minor_locator(AutoMinorLocator())
    ax.axhline(0.0, color=style.GREY, linewidth=0.5, zorder=0.5)


def _legends(curves: PotentialCurves) -> list[style.Legend]:
    """The rows below the frames: the elements, then what the strokes mean."""
    elements: style.Legend = {s: Line2D([], [], color=c) for s, c in curves.colours.items()}
    strokes: style.Legend = {curves.name: Line2D([], [], color=style.DARK)}
    if curves.reference is not None:
        strokes[curves.reference.name] = Line2D([], [], color=style.DARK, **DASHED)
    if curves.shells:
        strokes["|G − G′| of the crystals"] = Line2D([], [], color=style.DARK, **DOT)
    return [elements, strokes] if len(strokes) > 1 else [elements]
