"""Tables and band files that a run writes for one crystal; energies in eV."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tables import csv_text, read_lines
from nnpp.files.text import read_text
from nnpp.formats.bands_csv import write_bands_csv
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.bands_json import write_bands_json
from nnpp.observables.bands import Bands
from nnpp.observables.characters import WAVES, Characters
from nnpp.observables.dos import Dos
from nnpp.observables.optics import Optics
from nnpp.observables.reports import Report, Row
from nnpp.structures.crystal import Crystal
from nnpp.units import HARTREE_EV, PER_CM

PAIRS = ("xx", "yy", "zz", "yz", "xz", "xy")
"""Components of a symmetric tensor."""


def write_bands(
    folder: Path, bands: Bands, crystal: Crystal, provenance: dict[str, Any]
) -> list[Path]:
    """Write bands.csv, bands.h5 and bands.json; return their paths."""
    folder = Path(folder)
    return [
        write_bands_csv(folder / "bands.csv", bands),
        write_bands_h5(folder / "bands.h5", bands, crystal, provenance),
        write_bands_json(folder / "bands.json", bands, crystal),
    ]


def write_dos(folder: Path, dos: Dos) -> Path:
    """Write dos.csv: states per electronvolt and cell, in total and in spheres about atoms."""
    header = ["energy_ev", "states_per_ev", "integrated_states"]
    header += [f"about_{element}" for element in dos.atoms]
    columns = [dos.energy * HARTREE_EV, dos.density / HARTREE_EV, dos.integrated]
    columns += [density / HARTREE_EV for density in dos.atoms.values()]
    return _write_columns(Path(folder) / "dos.csv", header, columns, ".9f")


def write_optics(folder: Path, optics: Optics) -> Path:
    """Write optics.csv: pairs of levels per electronvolt, ε₂, ε₁ and the absorption [cm⁻¹]."""
    at = [tuple("xyz".index(x) for x in pair) for pair in PAIRS]
    tensors = [e[:, i, j] for e in (optics.imaginary, optics.real) for i, j in at]
    header = [
        "energy_ev",
        "pairs_per_ev",
        *(f"eps{n}_{pair}" for n in (2, 1) for pair in PAIRS),
        "absorption_per_cm",
        "electrons",
    ]
    columns = [
        optics.energy * HARTREE_EV,
        optics.joint / HARTREE_EV,
        *tensors,
        optics.absorption * PER_CM,
        optics.electrons,
    ]
    return _write_columns(Path(folder) / "optics.csv", header, columns, ".6g")


def write_weights(folder: Path, bands: Bands, weights: Characters) -> Path:
    """Write fat.csv: the weight of every state by element and angular momentum."""
    names = [f"{s}_{wave}" for s in weights.species for wave in WAVES]
    E = np.asarray(bands.E) * HARTREE_EV
    rows = (
        (i + 1, n + 1, float(E[i, n]), *map(float, weights.weights[i, n].ravel()))
        for i, n in np.ndindex(E.shape)
    )
    text = csv_text(["k", "band", "energy_ev", *names], rows, ".6f")
    return write_atomic(Path(folder) / "fat.csv", text)


def write_report(folder: Path, reports: tuple[Report, ...]) -> Path:
    """Write report.csv: gaps, masses and deformation potentials of every crystal."""
    header = (
        "system", "quantity", "unit", "nnpp", "spread", "fit", "reference", "experiment",
        "source",
    )  # fmt: skip
    rows = (
        (report.name, row.name, row.unit, row.here, row.spread, row.fitted, row.reference,
         row.measured, row.source)
        for report in reports
        for row in report.rows
    )  # fmt: skip
    text = csv_text(header, rows, ".6g", quoted=("quantity", "source"))
    return write_atomic(Path(folder) / "report.csv", text)


def read_report(path: Path) -> tuple[Report, ...]:
    """Return the numbers of a report.csv, without notes."""
    reports: dict[str, list[Row]] = {}
    try:
        for line in csv.DictReader(io.StringIO(read_text(path))):
            numbers = {
                key: float(line[key]) if line[key] else None
                for key in ("nnpp", "spread", "reference", "experiment")
            }
            row = Row(
                line["quantity"], line["unit"], numbers["nnpp"], numbers["spread"], line["fit"],
                numbers["reference"], numbers["experiment"], line["source"],
            )  # fmt: skip
            reports.setdefault(line["system"], []).append(row)
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        remedy = "write it again with `nnpp report RUN`"
        raise InputError("is no report, or damaged", remedy, path) from error
    return tuple(Report(name, tuple(rows), ()) for name, rows in reports.items())


def read_dos(path: Path) -> Dos:
    """Return the density of states of a dos.csv, in total."""
    lines = read_lines(path, ",")[1:]
    if not lines or any(len(line.words) < 3 for line in lines):
        raise InputError("is no dos.csv", "write it again with `nnpp bands RUN --dos`", path)
    energy, density, integrated = np.array([line.reals()[:3] for line in lines]).T
    return Dos(energy / HARTREE_EV, density * HARTREE_EV, integrated)


def _write_columns(path: Path, header: list[str], columns: list[Any], number: str) -> Path:
    """Write columns of numbers."""
    rows = ([float(x) for x in row] for row in zip(*columns, strict=True))
    return write_atomic(path, csv_text(header, rows, number))
