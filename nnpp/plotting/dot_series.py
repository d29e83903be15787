"""The gap of dots against their diameter, with a fit and a published curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nnpp.dots.sizing import NM, Curve, Fitted
from nnpp.plotting import style
from nnpp.units import HARTREE_EV

WIDTH, HEIGHT, POINTS = 3.6, 2.8, 300


@dataclass(frozen=True)
class SeriesPicture:
    """What is drawn of a series.

    Attributes:
        title: its name.
        d: diameters [bohr].
        gap: gaps [hartree].
        fit: E_bulk + a/dⁿ, or None.
        curve: a published curve of the first exciton, or None.
        notes: lines below the figure.
    """

    title: str
    d: np.ndarray
    gap: np.ndarray
    fit: Fitted | None
    curve: Curve | None
    notes: Sequence[str]


def figure_series(picture: SeriesPicture) -> Figure:
    """Return the figure of a series."""
    d, E = picture.d / NM, picture.gap * HARTREE_EV
    margin = 0.08 * (np.ptp(d) or 1.0)
    x = np.linspace(max(d.min() - margin, 0.3), d.max() + margin, POINTS)
    legend: dict = {"gap": Line2D([], [], ls="", marker="o", ms=4, color=style.BLUE)}
    if picture.fit is not None:
        legend[f"E = E₀ + a/dⁿ, n = {picture.fit.exponent:.2f}"] = Line2D(
            [], [], color=style.BLUE, lw=1.0
        )
    published: dict = {}
    if picture.curve is not None:
        name = picture.curve.source.split(",")[0]
        published[f"first exciton, {name}"] = Line2D([], [], color=style.VERMILLION, lw=1.0)
        published[f"± {picture.curve.scatter:.0%} in d"] = Patch(
            color=style.VERMILLION, alpha=0.2, lw=0
        )
    with style.look():
        sheet = style.Sheet((WIDTH,), 0.0, HEIGHT, picture.title)
        legends = [row for row in (legend, published) if row]
        figure, (ax,) = sheet.draw(1, legends, tuple(picture.notes))
        if picture.curve is not None:
            low, high = picture.curve.band(x * NM)
            ax.fill_between(
                x, low * HARTREE_EV, high * HARTREE_EV, color=style.VERMILLION, alpha=0.2, lw=0
            )
            ax.plot(x, picture.curve(x * NM) * HARTREE_EV, color=style.VERMILLION, lw=1.0)
        if picture.fit is not None:
            ax.plot(x, picture.fit(x * NM) * HARTREE_EV, color=style.BLUE, lw=1.0)
        ax.plot(d, E, "o", ms=4, color=style.BLUE)
        ax.set(xlabel="diameter (nm)", ylabel="E (eV)", xlim=(x[0], x[-1]))
    return figure
