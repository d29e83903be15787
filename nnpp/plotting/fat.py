"""Fat bands: dots on thin lines, whose area is the weight of a state."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnpp.plotting import style
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.bands import draw_levels, framed, scale_bands
from nnpp.plotting.picture import BandPicture, gap_text, levels_ev

AREA = 26.0
"""Area of a dot of weight one [pt²]."""

COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE)
"""Colours of the groups."""


def figure_fat(
    picture: BandPicture,
    weights: Mapping[str, Float[np.ndarray, "k band"]],
    of: style.Print = style.PLAIN,
) -> Figure:
    """Return a figure of bands with the weights of their states, without the reference.

    Args:
        picture: the bands.
        weights: weight of every state from 0 to 1, by the name of the group.
        of: size of the figure and of its text, and the colours of the groups.
    """
    picture = replace(picture, reference=None, dos=None, notes=())
    axis, E = abscissa(picture.bands.kpoints), levels_ev(picture, picture.bands)
    colours = [of.colour(i, COLOURS[i % len(COLOURS)]) for i in range(len(weights))]
    x = np.broadcast_to(axis.x[:, None], E.shape)
    every = [(x.ravel(), E.ravel(), AREA * np.clip(w, 0, 1).ravel()) for w in weights.values()]
    at, energy, area = (np.concatenate(part) for part in zip(*every, strict=True))
    shade = np.repeat(colours, E.size)
    order = np.argsort(-area, kind="stable")  # small dots are drawn on large ones

    def draw(axes: list[Axes], shown: BandPicture) -> None:
        """Draw thin lines, then the dots."""
        lines = draw_levels(axes[0], axis, E, picture.bands.occupied, (style.GREY, style.GREY))
        for line in lines:
            line.set_linewidth(0.5)
        axes[0].scatter(
            at[order], energy[order], s=area[order] * of.scale**2, c=shade[order], linewidths=0,
            zorder=3,
        )  # fmt: skip
        scale_bands(axes[0], shown, axis)

    def legends(free: float) -> list[style.Legend]:
        """Return the groups, and the gap."""
        look = {"linestyle": "none", "marker": "o", "markersize": 4.5, "markeredgewidth": 0}
        named: style.Legend = {
            name: Line2D([], [], color=colour, **look)
            for name, colour in zip(weights, colours, strict=True)
        }
        width, where = gap_text(picture, axis)
        none = Line2D([], [], linestyle="none")
        gap: style.Legend = {rf"$E_\mathrm{{g}}$ = {width}, {where}": none} if width else {}
        return [*style.legend_rows(named, free), *([gap] if gap else [])]

    return framed(picture, of, legends, draw)
