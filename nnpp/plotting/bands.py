"""Band structure figure: Eₙ(k) with its reference, its gap and its density of states."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoMinorLocator, MaxNLocator

from nnpp.observables.dos import Dos
from nnpp.plotting import style
from nnpp.plotting.abscissa import Abscissa, abscissa, subscripted
from nnpp.plotting.picture import (
    BandPicture,
    deep_window_ev,
    edges,
    fermi_level,
    from_zero_ev,
    gap_text,
    levels_ev,
    reference_marks,
    remarks,
    window_ev,
)
from nnpp.plotting.style import frame_below, legend_rows
from nnpp.units import HARTREE_EV

HEIGHT, DEEP, BREAK = 2.9, 0.55, 0.07
"""Height of the frames, of those of deep bands, and the distance between them [inch]."""
LABEL_SPACING = 0.29
"""Minimum distance between labels below the axis [inch]."""
CIRCLE_SPACING = 0.055
"""Approximate distance between reference circles of one band [inch]."""
DOS_WIDTH, DOS_GAP = 0.9, 0.12
"""Width of the density of states, and its distance from the bands [inch]."""
ELEMENTS = (style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.BLACK)
"""Colours of the elements in a density of states."""
ENERGY = {"vbm": r"$E - E_\mathrm{VBM}$ (eV)", "absolute": r"$E$ (eV)"}
LOW = r"$_\mathrm{{{}}}$"
"""Format of a subscript."""
CIRCLE: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 2.6,
    "markerfacecolor": "none",
    "markeredgecolor": style.BLACK,
    "markeredgewidth": 0.45,
}
NOT_FITTED: dict[str, Any] = CIRCLE | {
    "marker": "D",  # another shape, so that prints without colour show the difference
    "markersize": 2.1,
    "markerfacecolor": style.ORANGE,
    "markeredgewidth": 0.3,
}
SHADE: dict[str, Any] = {"alpha": 0.25}
EDGE: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 4.2,
    "markerfacecolor": style.GREEN,
    "markeredgecolor": "white",
    "markeredgewidth": 0.5,
    "clip_on": False,  # a dot at Γ on the frame is drawn completely
}


def figure_bands(picture: BandPicture, of: style.Print = style.PLAIN) -> Figure:
    """Return the figure of a band structure, with energies in eV.

    Args:
        picture: the bands and everything drawn with them.
        of: size of the figure and of its text, colours of occupied and empty bands.
    """
    colours = (of.colour(0, style.VALENCE), of.colour(1, style.CONDUCTION))
    picture = replace(picture, colours=colours)
    axis = abscissa(picture.bands.kpoints)

    def draw(axes: list[Axes], shown: BandPicture) -> None:
        """Draw the bands, and the density of states if there is one, side by side."""
        _band_frame(axes[0], shown, axis)
        if shown.dos is not None:
            _dos_frame(axes[1], shown, shown.dos)

    return framed(picture, of, lambda width: _legends(picture, axis, width), draw)


def framed(
    picture: BandPicture,
    of: style.Print,
    legends: Callable[[float], list[style.Legend]],
    draw: Callable[[list[Axes], BandPicture], None],
) -> Figure:
    """Return a figure with a frame for bands, one below it for deep bands, and one for a DOS.

    Args:
        picture: what sets axes, window, title and notes.
        of: size of the figure and of its text.
        legends: rows of the legend for a width [inch].
        draw: draws a picture, with its window, in frames side by side.
    """
    axis = abscissa(picture.bands.kpoints)
    others = () if picture.dos is None else (DOS_WIDTH,)
    width = of.free(sum(others) + DOS_GAP * len(others)) or _band_width(axis)
    notes, named = remarks(picture, axis), int(not axis.path or picture.dos is not None)
    with style.look(of.scale):
        deep = deep_window_ev(picture)
        height = HEIGHT + (0.0 if deep is None else DEEP + BREAK)
        frames = (width, *others)
        sheet = style.Sheet(frames, DOS_GAP, height, picture.title, scale=of.scale)
        figure, axes = sheet.draw(named, legends(style.LEFT + width), notes)
        split = [] if deep is None else axes
        below = [frame_below([ax], DEEP, BREAK, of.scale) for ax in split]
        draw(axes, picture)
        if deep is not None:
            draw(below, replace(picture, window_ev=deep))
            for upper, lower in zip(axes, below, strict=True):
                _join(upper, lower)
    return figure


def _join(upper: Axes, lower: Axes) -> None:
    """Make one broken frame of two: labels below the lower, marks at the break."""
    upper.tick_params(axis="x", labelbottom=False)
    upper.set_xlabel("")
    upper.yaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10], prune="lower"))
    lower.set_ylabel("")
    lower.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], prune="upper"))
    widest = max(upper.get_xlim()[1], lower.get_xlim()[1])
    for ax in (upper, lower):
        ax.set_xlim(right=widest)
    slant: dict[str, Any] = {
        "marker": [(-1, -0.5), (1, 0.5)], "markersize": 6, "linestyle": "none",
        "color": style.BLACK, "mew": 0.6, "clip_on": False,
    }  # fmt: skip
    upper.spines.bottom.set_visible(False)
    lower.spines.top.set_visible(False)
    upper.tick_params(axis="x", which="both", bottom=False)
    lower.tick_params(axis="x", which="both", top=False)
    upper.plot([0, 1], [0, 0], transform=upper.transAxes, **slant)
    lower.plot([0, 1], [1, 1], transform=lower.transAxes, **slant)


def _band_width(axis: Abscissa) -> float:
    """Return the width of the band frame at which its labels do not overlap [inch]."""
    column, page = (w - style.LEFT - style.RIGHT for w in (style.COLUMN, style.PAGE))
    if len(axis.ticks) < 2:
        return column
    share = np.diff(axis.ticks).min() / (axis.x[-1] - axis.x[0])
    return float(np.clip(LABEL_SPACING / share, column, page))


def _stroke(axis: Abscissa) -> dict[str, Any]:
    """Return the line style: a line along a path, a dash for each level of a list."""
    if axis.path:
        return {"linestyle": "-"}
    size = float(np.clip(50 * _band_width(axis) / len(axis.x), 3.0, 18.0))
    return {"linestyle": "none", "marker": "_", "markersize": size}


def _legends(picture: BandPicture, axis: Abscissa, free: float) -> list[style.Legend]:
    """Return the rows of the legend below the frame; the last one states the gap."""
    entries = _entries(picture, axis)
    width, where = gap_text(picture, axis)
    gap: style.Legend = {rf"$E_\mathrm{{g}}$ = {width}, {where}": Line2D([], [], **EDGE)}
    named = legend_rows(entries, free) if len(entries) > 1 else []
    return [*named, *([gap] if width else [])]


def _entries(picture: BandPicture, axis: Abscissa) -> style.Legend:
    """Return the legend of the lines, shades and marks."""
    lines = [Line2D([], [], color=c, linestyle="-") for c in picture.colours]
    entries: style.Legend = {picture.name: tuple(lines)}
    if picture.spread is not None:
        wide = SHADE | {"linewidth": 6.0, "solid_capstyle": "butt"}
        shades = [Line2D([], [], color=line.get_color(), **wide) for line in lines]
        entries["spread"] = tuple(shades)
    if picture.reference is not None:
        entries[picture.reference_name] = Line2D([], [], **CIRCLE)
    if picture.dos is not None:
        lines = [(s, Line2D([], [], color=c, linewidth=0.7)) for s, c in _elements(picture.dos)]
        entries |= {f"on {s} atoms": line for s, line in lines}
    if reference_marks(picture, axis).not_fitted.any():
        entries["not fitted"] = Line2D([], [], **NOT_FITTED)
    return entries


def _band_frame(ax: Axes, picture: BandPicture, axis: Abscissa) -> None:
    """Draw everything on the axis of k."""
    E, v = levels_ev(picture, picture.bands), picture.bands.occupied
    if picture.spread is not None:
        _draw_spread(ax, axis, E, picture)
    draw_levels(ax, axis, E, v, picture.colours)
    draw_reference(ax, picture, axis)
    at = edges(picture, axis)
    ax.plot(at.x, at.E, zorder=4, **EDGE)
    scale_bands(ax, picture, axis)


def draw_levels(
    ax: Axes,
    axis: Abscissa,
    E: Float[np.ndarray, "k band"],
    occupied: int,
    colours: tuple[str, str] = (style.VALENCE, style.CONDUCTION),
) -> list[Line2D]:
    """Draw levels [eV] in one colour if occupied and in another if empty; return the lines."""
    stroke, lines = _stroke(axis), []
    for piece in axis.pieces if axis.path else (slice(None),):
        full, empty = E[piece, :occupied], E[piece, occupied:]
        lines += ax.plot(axis.x[piece], full, color=colours[0], **stroke)
        lines += ax.plot(axis.x[piece], empty, color=colours[1], **stroke)
    return lines


def _draw_spread(
    ax: Axes, axis: Abscissa, E: Float[np.ndarray, "k band"], picture: BandPicture
) -> None:
    """Draw a shade around every level E [eV]: a band along a path, bars in a list."""
    half = np.asarray(picture.spread, float) * HARTREE_EV
    for n, (low, high) in enumerate(zip((E - half).T, (E + half).T, strict=True)):
        colour = picture.colours[n >= picture.bands.occupied]
        for piece in axis.pieces if axis.path else ():
            x, ends = axis.x[piece], (low[piece], high[piece])
            ax.fill_between(x, *ends, color=colour, linewidth=0, **SHADE)
        if not axis.path:
            ax.vlines(axis.x, low, high, color=colour, linewidth=3.0, **SHADE)


def draw_reference(ax: Axes, picture: BandPicture, axis: Abscissa) -> None:
    """Draw the reference as circles, and as filled marks where it was not fitted."""
    marks = reference_marks(picture, axis)
    groups = ((marks[~marks.not_fitted], CIRCLE), (marks[marks.not_fitted], NOT_FITTED))
    for group, look in groups:
        shown = group[thinned(group.x, axis, _band_width(axis))]
        ax.plot(shown.x, shown.E, zorder=3, **look)


def thinned(x: np.ndarray, axis: Abscissa, width: float) -> np.ndarray:
    """Return which of the sorted positions `x` to draw in a frame of `width` [inch].

    Between two labels of the axis the first, the last and every n-th position are kept.
    """
    spacing = CIRCLE_SPACING * (np.ptp(axis.x) or 1.0) / width
    places, place = np.unique(x, return_inverse=True)
    keep = np.zeros(len(places), bool)
    cuts = np.unique(np.searchsorted(places, [-np.inf, *axis.ticks, np.inf]))
    for start, stop in pairwise(cuts):
        last = min(stop, len(places) - 1)
        count = max(1.0, (places[last] - places[start]) / spacing)
        keep[start : last + 1 : int(np.ceil((last - start) / count)) or 1] = True
        keep[last] = True
    return keep[place]


def scale_bands(ax: Axes, picture: BandPicture, axis: Abscissa) -> None:
    """Set the ranges and labels, and draw the lines at the labels and at zero."""
    margin = 0.0 if axis.path else 0.5
    ax.set_xlim(axis.x[0] - margin, axis.x[-1] + margin)
    ax.set_ylabel(ENERGY[picture.zero])
    if axis.ticks:
        ax.set_xticks(axis.ticks, [subscripted(name, LOW) for name in axis.names])
        ax.tick_params(axis="x", length=0, pad=4)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    if not axis.path:
        ax.set_xlabel("k-points of the list" if axis.ticks else "k-point (number in the list)")
    for x in axis.ticks:
        ax.axvline(x, color=style.GREY, linewidth=0.5, zorder=0.5)
    _energies(ax, picture)


def _energies(ax: Axes, picture: BandPicture) -> None:
    """Scale the energy axis; draw a thin line at the valence band maximum if it is the zero."""
    ax.set_ylim(*window_ev(picture))
    ax.yaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10]))
    ax.yaxis.set_minor_locator(AutoMinorLocator())
    if picture.zero == "vbm":
        ax.axhline(0.0, color=style.GREY, linewidth=0.5, linestyle=(0, (4, 3)), zorder=0.5)


def _elements(dos: Dos) -> list[tuple[str, str]]:
    """Return the elements with a projected density of states, and their colours."""
    return [(s, ELEMENTS[i % len(ELEMENTS)]) for i, s in enumerate(dos.atoms)]


def _dos_frame(ax: Axes, picture: BandPicture, dos: Dos) -> None:
    """Draw the density of states on the energy axis of the bands, filled where occupied."""
    E, density = from_zero_ev(picture, dos.energy), dos.density / HARTREE_EV
    low, high = window_ev(picture)
    full = dos.energy <= fermi_level(picture)
    valence, conduction = picture.colours
    ax.fill_betweenx(E[full], density[full], color=valence, alpha=0.25, linewidth=0)
    ax.plot(density[full], E[full], color=valence)
    ax.plot(density[~full], E[~full], color=conduction)
    for (_, colour), part in zip(_elements(dos), dos.atoms.values(), strict=True):
        ax.plot(part / HARTREE_EV, E, color=colour, linewidth=0.7)
    ax.set_xlim(0.0, 1.08 * density[(low <= E) & (high >= E)].max(initial=1e-9))
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], prune="lower"))
    ax.set_xlabel("states/eV/cell")
    _energies(ax, picture)
    ax.tick_params(axis="y", labelleft=False)
