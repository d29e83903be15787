"""Several band structures along one path in one figure, each in a colour of its own."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnpp.plotting import style
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.bands import CIRCLE, draw_levels, draw_reference, framed, scale_bands
from nnpp.plotting.picture import BandPicture, levels_ev
from nnpp.units import HARTREE_EV

STROKES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1, 1, 1)))
"""Line styles of the runs, so that prints without colour show the difference."""

SAME_K = 1e-5
"""Tolerance for equal fractional coordinates."""


def same_path(pictures: list[BandPicture]) -> bool:
    """Return whether all bands are at the same k-points."""
    k = [np.asarray(picture.bands.kpoints.fractional) for picture in pictures]
    return all(x.shape == k[0].shape and np.abs(x - k[0]).max() < SAME_K for x in k)


def figure_overlay(
    pictures: Mapping[str, BandPicture], title: str, of: style.Print = style.PLAIN
) -> Figure:
    """Return a figure of several band structures at the same k-points.

    Each is drawn from its own zero, with its own k-path lengths taken from the first one.

    Args:
        pictures: the band structures by the name of their run; at least two. The reference of
            the first one is drawn, if it has one.
        title: one line above the figure.
        of: size of the figure and of its text, and the colours of the runs.
    """
    first = next(iter(pictures.values()))
    colours = {
        name: of.colour(i, style.PALETTE[i % len(style.PALETTE)])
        for i, name in enumerate(pictures)
    }
    zero = first.zero if all(p.zero == first.zero for p in pictures.values()) else "absolute"
    drawn = {name: replace(p, zero=zero, dos=None) for name, p in pictures.items()}
    own, *others = drawn.values()
    base = replace(
        own,
        title=title,
        not_fitted=None,
        notes=tuple(dict.fromkeys(f"{n}: {x}" for n, p in drawn.items() for x in p.notes)),
        others=tuple(p.bands for p in others),
    )
    axis = abscissa(base.bands.kpoints)

    def draw(axes: list[Axes], shown: BandPicture) -> None:
        """Draw all runs in a frame."""
        for i, (name, picture) in enumerate(drawn.items()):
            E, both = levels_ev(picture, picture.bands), (colours[name], colours[name])
            lines = draw_levels(axes[0], axis, E, picture.bands.occupied, both)
            for line in lines if axis.path else ():
                line.set_linestyle(STROKES[i % len(STROKES)])
        draw_reference(axes[0], shown, axis)
        scale_bands(axes[0], shown, axis)

    def legends(width: float) -> list[style.Legend]:
        """Return the names of the runs with their gaps, and the reference."""
        rows: style.Legend = {}
        for i, (name, picture) in enumerate(drawn.items()):
            gap = "" if picture.gap is None else f", {picture.gap.width * HARTREE_EV:.2f} eV"
            stroke = STROKES[i % len(STROKES)]
            rows[name + gap] = Line2D([], [], color=colours[name], linestyle=stroke)
        if base.reference is not None:
            rows[base.reference_name] = Line2D([], [], **CIRCLE)
        return style.legend_rows(rows, width)

    return framed(base, of, legends, draw)
