"""The form factors as plotly reads them: v(q) and v(r), each a figure of its own."""

from collections.abc import Iterator

import numpy as np

from nnpp.plotting.potential import PotentialCurves
from nnpp.plotting.web_style import AXIS, LAYOUT, Plot
from nnpp.units import HARTREE_EV

Q_AXIS, V_Q_AXIS = "<i>q</i> (bohr⁻¹)", "<i>v</i>(<i>q</i>) (hartree bohr³)"
R_AXIS, V_R_AXIS = "<i>r</i> (bohr)", "<i>v</i>(<i>r</i>) (eV)"


def plots_potential(curves: PotentialCurves) -> dict[str, Plot]:
    """Traces and layouts of v(q) [hartree·bohr³] and of v(r) [eV]."""
    drawn = [(curves, "solid"), (curves.reference, "dash")]
    known = [(these, dash) for these, dash in drawn if these is not None]
    in_q = [t for these, dash in known for t in _in_q(these, curves.colours, dash)]
    in_r = [t for these, dash in known for t in _in_r(these, curves.colours, dash)]
    in_q += [_dots(curves, element) for element in curves.colours if element in curves.shells]
    return {"v-q": _plot(in_q, Q_AXIS, V_Q_AXIS), "v-r": _plot(in_r, R_AXIS, V_R_AXIS)}


def _in_q(curves: PotentialCurves, colours: dict[str, str], dash: str) -> Iterator[Plot]:
    """One trace of v(q) per element."""
    for s in (s for s in colours if s in curves.v_q):
        yield _line(curves.q, curves.v_q[s], s, colours[s], dash)


def _in_r(curves: PotentialCurves, colours: dict[str, str], dash: str) -> Iterator[Plot]:
    """One trace of v(r) per element [eV]."""
    for s in (s for s in colours if s in curves.v_r):
        v_ev = np.asarray(curves.v_r[s]) * HARTREE_EV
        yield _line(curves.r, v_ev, s, colours[s], dash)


def _line(x: np.ndarray, y: np.ndarray, element: str, colour: str, dash: str) -> Plot:
    """One curve; its element hides and shows all that belongs to it."""
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
    """The lengths |G−G′| at which the crystals ask for v(q) of an element."""
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
    """A figure with named axes and a line at zero."""
    x = AXIS | {"title": {"text": across, "standoff": 6}}
    y = AXIS | {"title": {"text": up}, "zeroline": True, "zerolinecolor": "#bbbbbb"}
    return {"data": traces, "layout": LAYOUT | {"xaxis": x, "yaxis": y}}
