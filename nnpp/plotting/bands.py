"""Band structure: Eₙ(k) along a path, with its reference, its gap and its density of states."""

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
    edges,
    filled_to,
    from_zero_ev,
    gap_words,
    levels_ev,
    reference_marks,
    remarks,
    window_ev,
)
from nnpp.plotting.style import rows
from nnpp.units import HARTREE_EV

HEIGHT = 2.9
"""Of the frames [inch]."""
NAMES_APART = 0.29
"""The nearest two names under the axis stand this far apart [inch]."""
CIRCLES_APART = 0.055
"""Reference circles of one level stand about this far apart [inch]."""
DOS_WIDTH, DOS_GAP = 0.9, 0.12
"""Of the panel beside the bands [inch]."""
ELEMENTS = (style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.BLACK)
"""Of the parts of a density of states."""
ENERGY = {"vbm": r"$E - E_\mathrm{VBM}$ (eV)", "absolute": r"$E$ (eV)"}
LOW = r"$_\mathrm{{{}}}$"
"""How a subscript is written."""
CIRCLE: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 2.6,
    "markerfacecolor": "none",
    "markeredgecolor": style.BLACK,
    "markeredgewidth": 0.45,
}
UNSEEN: dict[str, Any] = CIRCLE | {
    "marker": "D",  # another shape, for those who print without colour
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
    "clip_on": False,  # a dot at Γ on the frame stays whole
}


def figure_bands(picture: BandPicture) -> Figure:
    """Levels against k [eV], with whatever else the picture holds."""
    axis = abscissa(picture.bands.kpoints)
    frames = (_band_width(axis), *([] if picture.dos is None else [DOS_WIDTH]))
    notes, rows = remarks(picture, axis), _legends(picture, axis)
    named = int(not axis.path or picture.dos is not None)
    with style.look():
        sheet = style.Sheet(frames, DOS_GAP, HEIGHT, picture.title)
        figure, axes = sheet.draw(named, rows, notes)
        _band_frame(axes[0], picture, axis)
        if picture.dos is not None:
            _dos_frame(axes[1], picture, picture.dos)
    return figure


def _band_width(axis: Abscissa) -> float:
    """Width of the band frame, so that the names under it stay apart [inch]."""
    column, page = (w - style.LEFT - style.RIGHT for w in (style.COLUMN, style.PAGE))
    if len(axis.ticks) < 2:
        return column
    share = np.diff(axis.ticks).min() / (axis.x[-1] - axis.x[0])
    return float(np.clip(NAMES_APART / share, column, page))


def _stroke(axis: Abscissa) -> dict[str, Any]:
    """How a level is drawn: as a line along a path, as a dash of its own in a list."""
    if axis.path:
        return {"linestyle": "-"}
    size = float(np.clip(50 * _band_width(axis) / len(axis.x), 3.0, 18.0))
    return {"linestyle": "none", "marker": "_", "markersize": size}


def _legends(picture: BandPicture, axis: Abscissa) -> list[style.Legend]:
    """The rows below the frame: who is who, and under it the gap."""
    who = _who(picture, axis)
    width, where = gap_words(picture, axis)
    gap: style.Legend = {rf"$E_\mathrm{{g}}$ = {width}, {where}": Line2D([], [], **EDGE)}
    named = rows(who, style.LEFT + _band_width(axis)) if len(who) > 1 else []
    return [*named, *([gap] if width else [])]


def _who(picture: BandPicture, axis: Abscissa) -> style.Legend:
    """What the lines, shades and marks are."""
    lines = [Line2D([], [], color=c, linestyle="-") for c in (style.VALENCE, style.CONDUCTION)]
    who: style.Legend = {picture.name: tuple(lines)}
    if picture.spread is not None:
        wide = SHADE | {"linewidth": 6.0, "solid_capstyle": "butt"}
        shades = [Line2D([], [], color=line.get_color(), **wide) for line in lines]
        who["spread"] = tuple(shades)
    if picture.reference is not None:
        who[picture.reference_name] = Line2D([], [], **CIRCLE)
    if picture.dos is not None:
        lines = [(s, Line2D([], [], color=c, linewidth=0.7)) for s, c in _elements(picture.dos)]
        who |= {f"about {s}": line for s, line in lines}
    if reference_marks(picture, axis).unseen.any():
        who["not fitted"] = Line2D([], [], **UNSEEN)
    return who


def _band_frame(ax: Axes, picture: BandPicture, axis: Abscissa) -> None:
    """Everything that stands over k."""
    E, v = levels_ev(picture, picture.bands), picture.bands.occupied
    if picture.spread is not None:
        _draw_spread(ax, axis, E, picture)
    draw_levels(ax, axis, E, v)
    draw_reference(ax, picture, axis)
    at = edges(picture, axis)
    ax.plot(at.x, at.E, zorder=4, **EDGE)
    scale_bands(ax, picture, axis)


def draw_levels(
    ax: Axes, axis: Abscissa, E: Float[np.ndarray, "k band"], occupied: int
) -> list[Line2D]:
    """Levels [eV], in one colour where they are full and in another above."""
    stroke, lines = _stroke(axis), []
    for piece in axis.pieces if axis.path else (slice(None),):
        full, empty = E[piece, :occupied], E[piece, occupied:]
        lines += ax.plot(axis.x[piece], full, color=style.VALENCE, **stroke)
        lines += ax.plot(axis.x[piece], empty, color=style.CONDUCTION, **stroke)
    return lines


def _draw_spread(
    ax: Axes, axis: Abscissa, E: Float[np.ndarray, "k band"], picture: BandPicture
) -> None:
    """A shade around every level E [eV]: along a path a ribbon, in a list bars."""
    half = np.asarray(picture.spread, float) * HARTREE_EV
    for n, (low, high) in enumerate(zip((E - half).T, (E + half).T, strict=True)):
        colour = style.VALENCE if n < picture.bands.occupied else style.CONDUCTION
        for piece in axis.pieces if axis.path else ():
            x, ends = axis.x[piece], (low[piece], high[piece])
            ax.fill_between(x, *ends, color=colour, linewidth=0, **SHADE)
        if not axis.path:
            ax.vlines(axis.x, low, high, color=colour, linewidth=3.0, **SHADE)


def draw_reference(ax: Axes, picture: BandPicture, axis: Abscissa) -> None:
    """The reference as circles, and as filled marks where the fit never saw it."""
    marks = reference_marks(picture, axis)
    groups = ((marks[~marks.unseen], CIRCLE), (marks[marks.unseen], UNSEEN))
    for group, look in groups:
        shown = group[thinned(group.x, axis, _band_width(axis))]
        ax.plot(shown.x, shown.E, zorder=3, **look)


def thinned(x: np.ndarray, axis: Abscissa, width: float) -> np.ndarray:
    """Which of some rising places to draw in a frame of `width` [inch], evenly spread.

    Between two names of the axis the first, the last and every n-th stay.
    """
    apart = CIRCLES_APART * (np.ptp(axis.x) or 1.0) / width
    places, place = np.unique(x, return_inverse=True)
    keep = np.zeros(len(places), bool)
    cuts = np.unique(np.searchsorted(places, [-np.inf, *axis.ticks, np.inf]))
    for start, stop in pairwise(cuts):
        last = min(stop, len(places) - 1)
        room = max(1.0, (places[last] - places[start]) / apart)
        keep[start : last + 1 : int(np.ceil((last - start) / room)) or 1] = True
        keep[last] = True
    return keep[place]


def scale_bands(ax: Axes, picture: BandPicture, axis: Abscissa) -> None:
    """Ranges, names, the lines at them and the line at zero."""
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
    """The energy axis, with a thin line at the valence top where that is the zero."""
    ax.set_ylim(*window_ev(picture))
    ax.yaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10]))
    ax.yaxis.set_minor_locator(AutoMinorLocator())
    if picture.zero == "vbm":
        ax.axhline(0.0, color=style.GREY, linewidth=0.5, linestyle=(0, (4, 3)), zorder=0.5)


def _elements(dos: Dos) -> list[tuple[str, str]]:
    """The elements whose part of the density is known, and their colours."""
    return [(s, ELEMENTS[i % len(ELEMENTS)]) for i, s in enumerate(dos.atoms)]


def _dos_frame(ax: Axes, picture: BandPicture, dos: Dos) -> None:
    """The density of states over the energies of the bands, filled where it is occupied."""
    E, density = from_zero_ev(picture, dos.energy), dos.density / HARTREE_EV
    low, high = window_ev(picture)
    full = dos.energy <= filled_to(picture)
    ax.fill_betweenx(E[full], density[full], color=style.VALENCE, alpha=0.25, linewidth=0)
    ax.plot(density[full], E[full], color=style.VALENCE)
    ax.plot(density[~full], E[~full], color=style.CONDUCTION)
    for (_, colour), part in zip(_elements(dos), dos.atoms.values(), strict=True):
        ax.plot(part / HARTREE_EV, E, color=colour, linewidth=0.7)
    ax.set_xlim(0.0, 1.08 * density[(low <= E) & (high >= E)].max(initial=1e-9))
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], prune="lower"))
    ax.set_xlabel("states/eV/cell")
    _energies(ax, picture)
    ax.tick_params(axis="y", labelleft=False)
