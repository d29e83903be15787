"""Bands and form factors as plotly figures: plain dictionaries of traces and layouts."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnpp.observables.dos import Dos
from nnpp.plotting import style
from nnpp.plotting.abscissa import Abscissa, abscissa, coordinates, subscripted
from nnpp.plotting.picture import (
    BandPicture,
    edges,
    fermi_level,
    from_zero_ev,
    gap_text,
    levels_ev,
    reference_marks,
    window_ev,
)
from nnpp.plotting.potential import PotentialCurves
from nnpp.units import HARTREE_EV

Plot = dict[str, Any]
"""A figure, an axis or a trace as a dictionary of plotly."""
SMALL = "<sub>{}</sub>"
"""Format of a subscript."""
AXIS: Plot = {
    "showgrid": False,
    "zeroline": False,
    "showline": True,
    "mirror": True,
    "ticks": "inside",
    "linecolor": "#333333",
}
LAYOUT: Plot = {
    "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#222222"},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "hovermode": "closest",
    "margin": {"l": 58, "r": 14, "t": 32, "b": 92},
    "legend": {"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.17, "yanchor": "top"},
}
SCREEN: Plot = {
    "responsive": True,
    "displaylogo": False,
    "showSendToCloud": False,  # plotly.js 4 offers by default to upload the figure
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg"},
}
Q_AXIS, V_Q_AXIS = "<i>q</i> (bohr⁻¹)", "<i>v</i>(<i>q</i>) (hartree bohr³)"
R_AXIS, V_R_AXIS = "<i>r</i> (bohr)", "<i>v</i>(<i>r</i>) (eV)"
ENERGY = {"vbm": "<i>E</i> − <i>E</i><sub>VBM</sub> (eV)", "absolute": "<i>E</i> (eV)"}
HOVER = "<br>k = %{text}<br>E = %{y:.3f} eV<extra></extra>"
"""Hover text of a level, after the number of its band."""
BANDS_TO, DOS_FROM = 0.76, 0.81
"""Fractions of the width where the bands end and the density of states starts."""


def plot_bands(picture: BandPicture) -> Plot:
    """Return traces and layout of a band structure; hovering shows band, k and energy."""
    axis = abscissa(picture.bands.kpoints)
    traces = [*_levels(picture, axis), *_reference(picture, axis), *_edges(picture, axis)]
    layout = LAYOUT | {
        "xaxis": AXIS | _k_axis(axis),
        "yaxis": AXIS | {"title": {"text": ENERGY[picture.zero]}, "range": window_ev(picture)},
        "shapes": [_vertical_line(x) for x in axis.ticks],
    }
    if picture.zero == "vbm":
        layout["yaxis"] |= {"zeroline": True, "zerolinecolor": "#bbbbbb"}
    if picture.dos is not None:
        traces += _dos(picture, picture.dos)
        layout |= _with_dos(layout["xaxis"], layout["yaxis"])
    return {"data": traces, "layout": layout}


def _with_dos(x: Plot, y: Plot) -> Plot:
    """Return the axes of bands and density of states, given those of the bands."""
    title = {"text": "states/<br>eV/cell", "standoff": 6}
    across = {"domain": [DOS_FROM, 1.0], "title": title, "nticks": 3, "rangemode": "tozero"}
    bare = {"anchor": "x2", "matches": "y", "showticklabels": False, "title": {"text": ""}}
    return {
        "xaxis": x | {"domain": [0.0, BANDS_TO]},
        "xaxis2": AXIS | across,
        "yaxis2": y | bare,
    }


def _k_axis(axis: Abscissa) -> Plot:
    """Return range and labels of the horizontal axis."""
    margin = 0.0 if axis.path else 0.5
    names = [subscripted(name, SMALL) for name in axis.names]
    ticks = {"tickvals": list(axis.ticks), "ticktext": names} if names else {}
    title = "" if axis.path else "k-points of the list"
    across = [float(axis.x[0]) - margin, float(axis.x[-1]) + margin]
    return {"range": across, "title": {"text": title, "standoff": 6}, **ticks}


def _vertical_line(x: float) -> Plot:
    """Return a thin line at a labelled k-point."""
    line = {"color": "#999999", "width": 1}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _levels(picture: BandPicture, axis: Abscissa) -> Iterator[Plot]:
    """Yield one trace per band, interrupted where the path jumps."""
    E, labels = levels_ev(picture, picture.bands), picture.bands.kpoints.labels
    jumps = axis.jumps if axis.path else []
    where = [f"{label} {coordinates(k)}" for label, k in zip(labels, axis.k, strict=True)]
    for n, level in enumerate(E.T):
        full = n < picture.bands.occupied
        colour = style.VALENCE if full else style.CONDUCTION
        kind = "valence" if full else "conduction"
        yield {
            "x": _interrupted(axis.x.tolist(), jumps),
            "y": _interrupted(level.tolist(), jumps),
            "text": _interrupted(where, jumps),
            "hovertemplate": f"band {n + 1}{HOVER}",
            "name": kind,
            "legendgroup": kind,
            "showlegend": n in (0, picture.bands.occupied),
            **_stroke(axis, colour),
        }


def _interrupted(values: list, jumps: list[int]) -> list:
    """Return the values with None before every jump, so that no line crosses it."""
    return [
        v for i, value in enumerate(values) for v in ([None, value] if i in jumps else [value])
    ]


def _stroke(axis: Abscissa, colour: str) -> Plot:
    """Return the style of a level: a line along a path, a dash in a list."""
    if axis.path:
        return {"mode": "lines", "line": {"color": colour, "width": 1.8}}
    dash = {"color": colour, "width": 2}
    return {"mode": "markers", "marker": {"symbol": "line-ew", "size": 9, "line": dash}}


def _reference(picture: BandPicture, axis: Abscissa) -> Iterator[Plot]:
    """Yield all levels of the reference as one trace of circles."""
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
    """Yield the band edges as one trace of dots; its name states the gap."""
    marks = edges(picture, axis)
    if picture.gap is not None:
        width, where = gap_text(picture, axis)
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
    """Yield the density of states below and above the Fermi level, the lower part filled."""
    E, density = from_zero_ev(picture, dos.energy), dos.density / HARTREE_EV
    full = dos.energy <= fermi_level(picture)
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


def plots_potential(curves: PotentialCurves) -> dict[str, Plot]:
    """Return traces and layouts of v(q) [hartree·bohr³] and of v(r) [eV]."""
    drawn = [(curves, "solid"), (curves.reference, "dash")]
    known = [(these, dash) for these, dash in drawn if these is not None]
    in_q = [t for these, dash in known for t in _in_q(these, curves.colours, dash)]
    in_r = [t for these, dash in known for t in _in_r(these, curves.colours, dash)]
    in_q += [_dots(curves, element) for element in curves.colours if element in curves.shells]
    return {"v-q": _plot(in_q, Q_AXIS, V_Q_AXIS), "v-r": _plot(in_r, R_AXIS, V_R_AXIS)}


def _in_q(curves: PotentialCurves, colours: dict[str, str], dash: str) -> Iterator[Plot]:
    """Yield one trace of v(q) per element [hartree·bohr³]."""
    for s in (s for s in colours if s in curves.v_q):
        yield _line(curves.q, curves.v_q[s], s, colours[s], dash)


def _in_r(curves: PotentialCurves, colours: dict[str, str], dash: str) -> Iterator[Plot]:
    """Yield one trace of v(r) per element [eV]."""
    for s in (s for s in colours if s in curves.v_r):
        v_ev = np.asarray(curves.v_r[s]) * HARTREE_EV
        yield _line(curves.r, v_ev, s, colours[s], dash)


def _line(x: np.ndarray, y: np.ndarray, element: str, colour: str, dash: str) -> Plot:
    """Return one curve; a click on its element shows or hides all traces of the element."""
    line = {"color": colour, "dash": dash, "width": 2.0 if dash == "solid" else 1.4}
    x, y = np.asarray(x, float), np.asarray(y, float)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "mode": "lines",
        "line": line,
        "name": element,
        "legendgroup": element,
        "showlegend": dash == "solid",
    }


def _dots(curves: PotentialCurves, element: str) -> Plot:
    """Return the values of v(q) of an element at the lengths |G−G′| of the crystals."""
    q, v = curves.sampled(element)
    return {
        "x": q.tolist(),
        "y": v.tolist(),
        "mode": "markers",
        "marker": {"size": 5, "color": curves.colours[element]},
        "name": element,
        "legendgroup": element,
        "showlegend": False,
    }


def _plot(traces: list[Plot], across: str, up: str) -> Plot:
    """Return a figure with labelled axes and a line at zero."""
    x = AXIS | {"title": {"text": across, "standoff": 6}}
    y = AXIS | {"title": {"text": up}, "zeroline": True, "zerolinecolor": "#bbbbbb"}
    return {"data": traces, "layout": LAYOUT | {"xaxis": x, "yaxis": y}}
