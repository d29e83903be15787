"""`nnpp dot series`: the gap of dots of one crystal against their diameter."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.devices.start import start_devices
from nnpp.dots.sizing import CURVES, NM, Curve, Fitted, fitted
from nnpp.dots.two_levels import Report
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tables import csv_text
from nnpp.plotting.dot_series import SeriesPicture, figure_series
from nnpp.plotting.style import image
from nnpp.structures.dots.sizes import diameters as diameters_of
from nnpp.units import HARTREE_EV
from nnpp.workflows.dot.build import lattice_for, run_build
from nnpp.workflows.dot.case import case_of
from nnpp.workflows.dot.levels import DOTS, Event, Finished, run_case, source_of
from nnpp.workflows.dot.levels_options import Request as LevelsRequest
from nnpp.workflows.dot.options import Request as BuildRequest
from nnpp.workflows.dot.source import Source
from nnpp.workflows.fits.provenance import versions
from nnpp.workflows.fits.read import file_name

COLUMNS = (
    "diameter_nm", "atoms", "sites", "gap_ev", "homo_ev", "lumo_ev", "missed_probe",
    "published_exciton_ev", "file",
)  # fmt: skip

RANGE = re.compile(r"\s*(\d*\.?\d+)\s*-\s*(\d*\.?\d+)\s*(nm|Å|angstrom|bohr)\s*")
LIST = re.compile(r"\s*(\d*\.?\d+(?:\s*,\s*\d*\.?\d+)*)\s*(nm|Å|angstrom|bohr)\s*")
ELEMENT = re.compile(r"[A-Z][a-z]?")
UNITS = {"nm": NM, "Å": NM / 10, "angstrom": NM / 10, "bohr": 1.0}
MOST = 40
"""Largest number of dots."""


@dataclass(frozen=True)
class Row:
    """One dot of a series.

    Attributes:
        d: diameter of a sphere with the volume of its atoms in the crystal [bohr].
        atoms: number of atoms.
        sites: number of atoms and passivants.
        summary: the content of its summary.json.
        file: its file.
    """

    d: float
    atoms: int
    sites: int
    summary: dict[str, Any]
    file: Path


@dataclass(frozen=True)
class SeriesFinished:
    """A series is finished: its rows, the fit, the published curve, and the files."""

    rows: tuple[Row, ...]
    fit: Fitted | None
    curve: Curve | None
    notes: tuple[str, ...]
    paths: tuple[Path, ...]


def read_diameters(text: str, count: int | None) -> tuple[float, ...]:
    """Return diameters [bohr] of '1.5-6 nm' with a count, or of a list '1.2, 1.6, 2 nm'."""
    remedy = "write a range, '1.5-6 nm', or a list, '1.2, 1.6, 2 nm'"
    if (found := RANGE.fullmatch(text)) is not None:
        low, high, n = float(found[1]), float(found[2]), count or 6
        if not 0 < low < high or not 2 <= n <= MOST:
            what = f"{text!r:.40} with {n} dots is no range"
            raise InputError(what, f"give two diameters and 2 to {MOST} dots", "--diameters")
        # Equal steps of 1/d: gaps change most for small dots.
        d = 1 / np.linspace(1 / low, 1 / high, n)
        return tuple((d * UNITS[found[3]]).tolist())
    if (found := LIST.fullmatch(text)) is None:
        raise InputError(f"{text!r:.40} are no diameters", remedy, "--diameters")
    if count is not None:
        raise InputError("a list has its own number of dots", "leave out --count", "--count")
    d = sorted({float(word) for word in found[1].split(",")})
    if d[0] <= 0 or len(d) > MOST:
        raise InputError("are not positive, or too many", remedy, "--diameters")
    return tuple(x * UNITS[found[2]] for x in d)


def run_series(
    crystal: str, d: tuple[float, ...], request: LevelsRequest, report: Report
) -> Iterator[Event | SeriesFinished]:
    """Build spheres of a crystal, compute their levels, and write the series.

    Dots that have their results already are not computed again.

    Args:
        crystal: a structure file, or a name as zb-CdSe.
        d: diameters of the spheres [bohr].
        request: the options of the levels.
        report: called with stage, done, of and residual [hartree].
    """
    start_devices()
    source = source_of(request)
    if source is None:
        raise InputError(
            "no potential is given", "add --run RUN or --potentials FOLDER", "--run"
        )
    name = file_name(Path(crystal).stem)
    folder = request.out / DOTS / f"{name}-series-by-{source.name}"
    lattice, rows = lattice_for(crystal), dict[tuple[int, int], Row]()
    for diameter in d:
        file = folder / f"{name}-{diameter / NM:.4g}nm.xyz"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            request_of = BuildRequest(diameter=diameter, out=file, force=True)
            built = run_build(crystal, request_of).dot
        except InputError as error:
            raise error.at(f"{diameter / NM:.3g} nm") from error
        key = (len(built.atoms), len(built.symbols))
        if key in rows:
            file.unlink()
            continue
        finished: Finished | None = None
        for event in run_case(case_of(file, source, request), request, report):
            finished = event if isinstance(event, Finished) else finished
            yield event
        assert finished is not None
        r = np.asarray(built.positions)[~built.is_passivant]
        rows[key] = Row(
            diameters_of(r, lattice.volume_per_atom).volume, *key, finished.summary, file
        )
    yield _finished(crystal, set(lattice.symbols), folder, tuple(rows.values()), source)


def _finished(
    crystal: str, elements: set[str], folder: Path, rows: tuple[Row, ...], source: Source
) -> SeriesFinished:
    """Fit the gaps, write the files of a series, and return it."""
    rows = tuple(sorted(rows, key=lambda row: row.d))
    sizes = np.array([row.d for row in rows])
    gaps = np.array([row.summary["gap_ev"] for row in rows]) / HARTREE_EV
    known_curves = (c for name, c in CURVES.items() if set(ELEMENT.findall(name)) == elements)
    fit, curve = fitted(sizes, gaps), next(known_curves, None)
    notes = tuple(_notes(sizes, gaps, fit, curve))
    known = np.full(len(rows), np.nan) if curve is None else curve(sizes) * HARTREE_EV
    table = [
        (round(row.d / NM, 4), row.atoms, row.sites, row.summary["gap_ev"],
         row.summary["homo_ev"], row.summary["lumo_ev"], row.summary["missed_probe"],
         "" if np.isnan(E) else round(float(E), 4), row.file.name)
        for row, E in zip(rows, known, strict=True)
    ]  # fmt: skip
    title = f"{Path(crystal).stem}, potential {source.name}"
    figure = figure_series(SeriesPicture(title, sizes, gaps, fit, curve, notes))
    summary = {
        "crystal": crystal,
        "potential": source.name,
        "fit": None if fit is None else {
            "bulk_ev": fit.bulk * HARTREE_EV,
            "exponent": fit.exponent,
            "a_ev_at_1_nm": fit.a / NM**fit.exponent * HARTREE_EV,
            "errors": [float(x) for x in fit.errors],
            "rms_ev": fit.rms * HARTREE_EV,
        },
        "published": None if curve is None else curve.source,
        "notes": list(notes),
        "versions": versions(),
    }  # fmt: skip
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    paths = (
        write_atomic(folder / "series.csv", csv_text(COLUMNS, table, ".10g")),
        *(write_atomic(folder / f"series.{x}", image(figure, x)) for x in ("png", "pdf")),
        write_atomic(folder / "summary.json", text),
    )
    return SeriesFinished(rows, fit, curve, notes, paths)


def table_rows(of: SeriesFinished) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the table of a series."""
    for row in of.rows:
        E = np.nan if of.curve is None else float(of.curve(np.array([row.d]))[0]) * HARTREE_EV
        yield (
            f"{row.d / NM:.2f}",
            str(row.atoms),
            str(row.sites),
            f"{row.summary['gap_ev']:.3f}",
            "—" if np.isnan(E) else f"{E:.3f}",
            f"{row.summary['missed_probe']:.0e}",
        )


def _notes(
    d: np.ndarray, gaps: np.ndarray, fit: Fitted | None, curve: Curve | None
) -> Iterator[str]:
    """Yield the fit and the deviation from the published curve in words."""
    if fit is not None:
        error = fit.errors[2]
        by = "" if np.isnan(error) else f" ± {error:.2f}"
        yield (
            f"fit: {fit.bulk * HARTREE_EV:.2f} eV + "
            f"{fit.a / NM**fit.exponent * HARTREE_EV:.2f} eV / (d/nm)^{fit.exponent:.2f}{by}"
        )
    if curve is not None and (inside := np.isfinite(curve(d))).any():
        off = (gaps - curve(d))[inside] * HARTREE_EV
        span = f"{off[0]:+.2f}" if len(off) == 1 else f"{off.min():+.2f} to {off.max():+.2f}"
        yield (
            f"gap less published exciton: {span} eV; the binding energy of the exciton is not "
            "subtracted"
        )
