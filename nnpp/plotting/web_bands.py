"""The band figure as plotly reads it: the same content as on paper, and hovering tells more."""

from collections.abc import Iterator

import numpy as np

from nnpp.observables.dos import Dos
from nnpp.plotting import style
from nnpp.plotting.abscissa import Abscissa, abscissa, coordinates, subscripted
from nnpp.plotting.picture import (
    BandPicture,
    edges,
    filled_to,
    from_zero_ev,
    gap_words,
    levels_ev,
    reference_marks,
    window_ev,
)
from nnpp.plotting.web_style import AXIS, LAYOUT, SMALL, Plot
from nnpp.units import HARTREE_EV

ENERGY = {"vbm": "<i>E</i> − <i>E</i><sub>VBM</sub> (eV)", "absolute": "<i>E</i> (eV)"}
HOVER = "<br>k = %{text}<br>E = %{y:.3f} eV<extra></extra>"
"""What a level tells under the pointer, after the number of its band."""
BANDS_TO, DOS_FROM = 0.76, 0.81
"""Shares of the width where the bands end and the density of states starts."""


def plot_bands(picture: BandPicture) -> Plot:
    """Plots and layout of a band structure; hovering tells band, k and energy."""
    axis = abscissa(picture.bands.kpoints)
    traces = [*_levels(picture, axis), *_reference(picture, axis), *_edges(picture, axis)]
    layout = LAYOUT | {
        "xaxis": AXIS | _across(axis),
        "yaxis": AXIS | {"title": {"text": ENERGY[picture.zero]}, "range": window_ev(picture)},
        "shapes": [_upright(x) for x in axis.ticks],
    }
    if picture.zero == "vbm":
        layout["yaxis"] |= {"zeroline": True, "zerolinecolor": "#bbbbbb"}
    if picture.dos is not None:
        traces += _dos(picture, picture.dos)
        layout |= _beside(layout["xaxis"], layout["yaxis"])
    return {"data": traces, "layout": layout}


def _beside(x: Plot, y: Plot) -> Plot:
    """The axes of bands and density of states, from those of the bands alone."""
    title = {"text": "states/<br>eV/cell", "standoff": 6}
    across = {"domain": [DOS_FROM, 1.0], "title": title, "nticks": 3, "rangemode": "tozero"}
    bare = {"anchor": "x2", "matches": "y", "showticklabels": False, "title": {"text": ""}}
    return {
        "xaxis": x | {"domain": [0.0, BANDS_TO]},
        "xaxis2": AXIS | across,
        "yaxis2": y | bare,
    }


def _across(axis: Abscissa) -> Plot:
    """The range and the names of the horizontal axis."""
    margin = 0.0 if axis.path else 0.5
    names = [subscripted(name, SMALL) for name in axis.names]
    ticks = {"tickvals": list(axis.ticks), "ticktext": names} if names else {}
    title = "" if axis.path else "k-points of the list"
    across = [float(axis.x[0]) - margin, float(axis.x[-1]) + margin]
    return {"range": across, "title": {"text": title, "standoff": 6}, **ticks}


def _upright(x: float) -> Plot:
    """A thin line over a labelled k-point."""
    line = {"color": "#999999", "width": 1}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _levels(picture: BandPicture, axis: Abscissa) -> Iterator[Plot]:
    """One trace per band, broken where the path jumps."""
    E, labels = levels_ev(picture, picture.bands), picture.bands.kpoints.labels
    jumps = axis.jumps if axis.path else []
    where = [f"{label} {coordinates(k)}" for label, k in zip(labels, axis.k, strict=True)]
    for n, level in enumerate(E.T):
        full = n < picture.bands.occupied
        colour = style.VALENCE if full else style.CONDUCTION
        kind = "valence" if full else "conduction"
        yield {
            "x": _broken(axis.x.tolist(), jumps),
            "y": _broken(level.tolist(), jumps),
            "text": _broken(where, jumps),
            "hovertemplate": f"band {n + 1}{HOVER}",
            "name": kind,
            "legendgroup": kind,
            "showlegend": n in (0, picture.bands.occupied),
            **_stroke(axis, colour),
        }


def _broken(values: list, jumps: list[int]) -> list:
    """The values with a hole before every jump, over which no line is drawn."""
    return [
        v for i, value in enumerate(values) for v in ([None, value] if i in jumps else [value])
    ]


def _stroke(axis: Abscissa, colour: str) -> Plot:
    """How a level is drawn: as a line along a path, as a dash of its own in a list."""
    if axis.path:
        return {"mode": "lines", "line": {"color": colour, "width": 1.8}}
    dash = {"color": colour, "width": 2}
    return {"mode": "markers", "marker": {"symbol": "line-ew", "size": 9, "line": dash}}


def _reference(picture: BandPicture, axis: Abscissa) -> Iterator[Plot]:
    """All levels of the reference as one trace of circles."""
    marks = reference_marks(picture, axis)
    if marks.E.size:
        yield {
            "x": np.repeat(marks.x, marks.E.shape[1]).tolist(),
            "y": marks.E.ravel().tolist(),
            "mode": "markers",
            "marker": {"symbol": "circle-open", "size": 5, "color": style.BLACK},
            "name": picture.reference_name,
            "hovertemplate": "%{y:.3f} eV",
        }


def _edges(picture: BandPicture, axis: Abscissa) -> Iterator[Plot]:
    """The band edges as one trace of dots, named by the gap."""
    marks = edges(picture, axis)
    if picture.gap is not None:
        width, where = gap_words(picture, axis)
        yield {
            "x": marks.x.tolist(),
            "y": marks.E.tolist(),
            "mode": "markers",
            "marker": {"size": 9, "color": style.GREEN, "line": {"color": "white", "width": 1}},
            "cliponaxis": False,
            "name": f"<i>E</i><sub>g</sub> = {width}, {where}",
            "hovertemplate": "%{y:.3f} eV<extra>band edge</extra>",
        }


def _dos(picture: BandPicture, dos: Dos) -> Iterator[Plot]:
    """The density of states below and above the Fermi level, the lower part filled."""
    E, density = from_zero_ev(picture, dos.energy), dos.density / HARTREE_EV
    full = dos.energy <= filled_to(picture)
    for part, colour, fill in (
        (full, style.VALENCE, "tozerox"),
        (~full, style.CONDUCTION, "none"),
    ):
        yield {
            "x": density[part].tolist(),
            "y": E[part].tolist(),
            "xaxis": "x2",
            "yaxis": "y2",
            "mode": "lines",
            "line": {"color": colour, "width": 1.8},
            "fill": fill,
            "fillcolor": "rgba(0, 114, 178, 0.25)",
            "showlegend": False,
            "hovertemplate": "%{x:.2f} states/eV/cell<br>E = %{y:.3f} eV<extra></extra>",
        }
