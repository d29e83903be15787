"""Bands, form factors, errors and history as data of templates/charts.js: plain dictionaries.

A chart has panels side by side that share their vertical axis, and series of curves or marks.
Energies are in eV, rounded to 10⁻⁵.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nnpp.observables.dos import Dos
from nnpp.plotting.abscissa import Abscissa, abscissa, coordinates
from nnpp.plotting.decades import log_range
from nnpp.plotting.history import History
from nnpp.plotting.picture import (
    BandPicture,
    Marks,
    edges,
    fermi_level,
    from_zero_ev,
    full_window_ev,
    gap_text,
    levels_ev,
    reference_marks,
    window_ev,
)
from nnpp.plotting.potential import PotentialCurves
from nnpp.units import HARTREE_EV

Chart = dict[str, Any]
"""A chart, a panel or a series as JSON values."""

ENERGY = {"vbm": "E − E(VBM) (eV)", "absolute": "E (eV)"}
DIGITS = 5
"""Decimals of energies; those of other numbers are six significant digits."""
TALL, LOW = 480, 300
"""Heights of charts [pixels]."""
POINTS = 150
"""Largest number of points of a curve of v(q) or v(r)."""


def bands_chart(picture: BandPicture) -> Chart:
    """Return the chart of a band structure, with its reference and density of states."""
    axis = abscissa(picture.bands.kpoints)
    margin = 0.0 if axis.path else 0.5
    across = [float(axis.x[0]) - margin, float(axis.x[-1]) + margin]
    names = [name.replace("_", "") for name in axis.names]
    panel: Chart = {"range": across, "label": "" if axis.path else "k-points", "weight": 4}
    if axis.ticks:
        panel["ticks"] = list(zip(axis.ticks, names, strict=True))
    panels, series = [panel], [*_levels(picture, axis), *_marks(picture, axis)]
    if picture.dos is not None:
        panels.append(_dos_panel(picture, picture.dos))
        series += _dos(picture, picture.dos)
    y: Chart = {"label": ENERGY[picture.zero], "range": window_ev(picture), "log": False}
    full = full_window_ev(picture)
    if full[0] < y["range"][0] or full[1] > y["range"][1]:
        y["full"] = full
    label = f"band structure of {picture.title}"
    zero = picture.zero == "vbm"
    return {
        "label": label, "height": TALL, "panels": panels, "y": y, "series": series, "zero": zero
    }  # fmt: skip


def _series(name: str, color: str, kind: str, hover: str, **more: Any) -> Chart:
    """Return a series without its points."""
    known: Chart = {"name": name, "group": name, "color": color, "kind": kind, "hover": hover}
    return known | {"panel": 0, "legend": True, "breaks": [], "first": 1} | more


def _levels(picture: BandPicture, axis: Abscissa) -> Iterator[Chart]:
    """Yield occupied and empty bands; dots where the k-points are no path."""
    E, v = levels_ev(picture, picture.bands), picture.bands.occupied
    labels = picture.bands.kpoints.labels
    where = [
        f"{label} {coordinates(k)}".strip() for label, k in zip(labels, axis.k, strict=True)
    ]
    kind = "line" if axis.path else "dots"
    points = {"x": _rounded(axis.x), "text": where, "breaks": axis.jumps if axis.path else []}
    hover = "band {n}: {y} eV at k = {t}"
    for name, color, part, first in (
        ("valence", "valence", E[:, :v], 1),
        ("conduction", "conduction", E[:, v:], v + 1),
    ):
        y = [_energies(level) for level in part.T]
        yield _series(name, color, kind, hover, y=y, first=first, **points)


def _marks(picture: BandPicture, axis: Abscissa) -> Iterator[Chart]:
    """Yield the levels of the reference, fitted and not fitted, and the band edges."""
    marks = reference_marks(picture, axis)
    name = picture.reference_name
    for some, what, color, kind in (
        (marks[~marks.not_fitted], name, "reference", "dots"),
        (marks[marks.not_fitted], f"{name}, not fitted", "unseen", "diamonds"),
    ):
        if some.E.size:
            hover = "reference, band {n}: {y} eV"
            y = [_energies(level) for level in some.E.T]
            yield _series(what, color, kind, hover, x=_rounded(some.x), y=y)
    at = edges(picture, axis)
    if picture.gap is not None and len(at.x):
        yield _edges(at, ", ".join(gap_text(picture, axis)))


def _edges(at: Marks, gap: str) -> Chart:
    """Return the band edges as filled dots, named by the gap."""
    return _series(
        f"gap {gap}", "edge", "dots", "band edge: {y} eV",
        x=_rounded(at.x), y=[_energies(at.E)], filled=5,
    )  # fmt: skip


def _dos_panel(picture: BandPicture, dos: Dos) -> Chart:
    """Return the panel of a density of states."""
    E, (low, high) = from_zero_ev(picture, dos.energy), window_ev(picture)
    most = (dos.density / HARTREE_EV)[(low <= E) & (high >= E)].max(initial=1e-9)
    return {"range": [0.0, 1.08 * float(most)], "label": "states/eV", "weight": 1}


def _dos(picture: BandPicture, dos: Dos) -> Iterator[Chart]:
    """Yield the density of states below and above the Fermi level, the lower part filled."""
    E, density = from_zero_ev(picture, dos.energy), dos.density / HARTREE_EV
    full = dos.energy <= fermi_level(picture)
    for part, color, kind in ((full, "valence", "fill"), (~full, "conduction", "line")):
        if part.any():
            yield _series(
                "density of states", color, kind, "{x} states/eV/cell at {y} eV",
                panel=1, legend=False, x=_significant(density[part]), y=[_energies(E[part])],
            )  # fmt: skip


def potential_charts(curves: PotentialCurves) -> dict[str, Chart]:
    """Return the charts of v(q) [hartree·bohr³] and of v(r) [eV]."""
    colors = {s: f"p{i % 7}" for i, s in enumerate(curves.v_q)}
    in_q, in_r = [], []
    for these, stroke in curves.strokes:
        plain = stroke["linestyle"] == "-"
        look = {"dash": not plain, "legend": plain, "digits": 2}
        for s, color in colors.items():
            if s in these.v_q:
                where = f"{s}, {these.name}"
                q, v = _thinned(these.q, these.v_q[s])
                hover = f"{where}: v({{x}} /bohr) = {{y}} hartree bohr³"
                in_q.append(_series(s, color, "line", hover, x=q, y=[v], **look))
                r, v = _thinned(these.r, np.asarray(these.v_r[s]) * HARTREE_EV)
                hover = f"{where}: v({{x}} bohr) = {{y}} eV"
                in_r.append(_series(s, color, "line", hover, x=r, y=[v], **look))
    return {
        "v-q": _plot("form factors v(q)", in_q, "q (1/bohr)", "v(q) (hartree bohr³)"),
        "v-r": _plot("potentials v(r)", in_r, "r (bohr)", "v(r) (eV)"),
    }


def history_chart(history: History) -> Chart | None:
    """Return the chart of the RMS errors [meV] of all accepted steps; None without any."""
    step = history.step[history.taken].tolist()
    names = (("fitted", "p0"), ("held out", "p1"))
    series = [
        _series(name, color, "line", f"step {{t}}, {name}: {{y}} meV",
                x=step, y=[_positive(values)], text=step, digits=1)
        for (name, color), (values, _) in zip(names, history.errors, strict=False)
    ]  # fmt: skip
    if len(step) < 2 or not series:
        return None
    chart = _plot("errors of every step", series, "step", "RMS error (meV)", log=True)
    chart["panels"][0]["whole"] = True
    return chart


def errors_chart(rmse_mev: Mapping[str, np.ndarray]) -> Chart:
    """Return the chart of the RMS error of each band over all k-points, by system [meV]."""
    series = [
        _series(name, f"p{i % 7}", "dots", f"{name}, band {{t}}: {{y}} meV",
                x=np.arange(1, len(mev) + 1).tolist(), y=[_positive(mev)], filled=4,
                text=list(range(1, len(mev) + 1)), digits=2)
        for i, (name, mev) in enumerate(rmse_mev.items())
    ]  # fmt: skip
    chart = _plot("errors of every band", series, "band", "RMSE (meV)", log=True)
    last = max(len(mev) for mev in rmse_mev.values())
    chart["panels"][0] |= {"range": [0.4, last + 0.6], "whole": True}
    return chart


def _plot(label: str, series: list[Chart], across: str, up: str, log: bool = False) -> Chart:
    """Return a chart of one panel that contains all points."""
    x = [value for s in series for value in s["x"]]
    y = np.array([v for s in series for row in s["y"] for v in row if v is not None])
    margin = 0.05 * float(np.ptp(y)) or 1.0 if y.size else 1.0
    low, high = (y.min() - margin, y.max() + margin) if y.size else (0.0, 1.0)
    limits = log_range(y) if log else (float(low), float(high))
    panel: Chart = {"range": [min(x), max(x)], "label": across, "weight": 1}
    axis: Chart = {"label": up, "range": limits, "log": log}
    chart: Chart = {"label": label, "height": LOW, "panels": [panel], "y": axis}
    return chart | {"series": series, "zero": True}


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
    """Return at most `POINTS` points of a curve."""
    at = np.unique(np.linspace(0, len(x) - 1, min(len(x), POINTS)).round().astype(int))
    return _significant(np.asarray(x)[at]), _significant(np.asarray(y)[at])


def _energies(E: np.ndarray) -> list[float | None]:
    """Return energies [eV] rounded; None for unknown ones."""
    return [round(float(e), DIGITS) if np.isfinite(e) else None for e in E]


def _positive(values: np.ndarray) -> list[float | None]:
    """Return numbers of a logarithmic axis; None where there is none."""
    return [float(f"{v:.6g}") if np.isfinite(v) and v > 0 else None for v in values]


def _rounded(x: np.ndarray) -> list[float]:
    """Return positions on the axis of k."""
    return np.round(np.asarray(x, float), DIGITS).tolist()


def _significant(x: np.ndarray) -> list[float]:
    """Return numbers with six significant digits."""
    return [float(f"{value:.6g}") for value in np.asarray(x, float)]
