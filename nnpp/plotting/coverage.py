"""Coverage: the share of levels within t spreads, beside that of a normal error."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoMinorLocator
from scipy.special import erf

from nnpp.observables.comparison import Coverage
from nnpp.plotting import style

FRAME, HEIGHT, MOST = 2.85, 2.4, 5.0
"""Width of the frame and height [inch]; the largest t shown."""
NORMAL: dict[str, Any] = {"color": style.GREY, "linestyle": (0, (4, 2)), "linewidth": 0.9}


def figure_coverage(
    found: Mapping[str, Coverage], title: str, notes: tuple[str, ...]
) -> Figure:
    """A curve for each set of levels, by its name."""
    t = np.linspace(0, MOST, 400)
    colours = dict(zip(found, style.PALETTE, strict=False))
    legend: style.Legend = {n: Line2D([], [], color=c) for n, c in colours.items()}
    legend["normal"] = Line2D([], [], **NORMAL)
    with style.look():
        sheet = style.Sheet((FRAME,), 0.0, HEIGHT, title)
        figure, (ax,) = sheet.draw(1, [legend], notes)
        ax.plot(t, erf(t / np.sqrt(2)), **NORMAL)
        for name, colour in colours.items():
            ax.plot(t, found[name].share(t), color=colour, drawstyle="steps-post")
        ax.set_xlim(0, MOST)
        ax.set_ylim(0, 1.02)
        ax.set_xlabel(r"$|E - E_\mathrm{ref}|\,/\,$spread")
        ax.set_ylabel("share of levels")
        ax.xaxis.set_minor_locator(AutoMinorLocator())
        ax.yaxis.set_minor_locator(AutoMinorLocator())
    return figure
