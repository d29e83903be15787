"""bands.csv: k, k1, k2, k3, distance, label, E1 … En; k from 1, distance in bohr⁻¹, E in eV.

The coordinates k1, k2 and k3 are fractional.
"""

from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tables import Line, csv_text, read_lines
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.bands import Bands
from nnpp.units import HARTREE_EV

HEAD = ("k", "k1", "k2", "k3", "distance", "label")


def write_bands_csv(path: Path, bands: Bands) -> Path:
    """Write the levels with nine decimals of an electronvolt; return the path."""
    return write_atomic(path, bands_csv(bands))


def bands_csv(bands: Bands) -> str:
    """Return the text of a bands.csv."""
    E = np.asarray(bands.E) * HARTREE_EV
    header = [*HEAD, *(f"E{n + 1}" for n in range(E.shape[1]))]
    rows = []
    points = zip(
        np.round(np.asarray(bands.kpoints.fractional), 12) + 0.0,
        np.asarray(bands.kpoints.distance),
        bands.kpoints.labels,
        E,
        strict=True,
    )
    for i, (k, distance, label, levels) in enumerate(points, start=1):
        place = [str(i), *(f"{x:.12f}" for x in k), f"{distance:.9f}", label]
        rows.append([*place, *(f"{level:.9f}" for level in levels)])
    return csv_text(header, rows)


def read_bands_csv(path: Path) -> ReferenceBands:
    """Return the levels in a bands.csv."""
    lines = read_lines(path, ",")
    if not lines or lines[0].words[: len(HEAD)] != HEAD or len(lines[0].words) == len(HEAD):
        line = lines[0].number if lines else None
        raise InputError(
            "is not a table of bands", f"write the header {','.join(HEAD)},E1,E2,…", path, line
        )
    head, *rows = lines
    if not rows:
        raise InputError("holds no k-point", "add a line for each k-point", path)
    numbers = np.array([_numbers(row, len(head.words)) for row in rows])
    labels = tuple(row.words[5] for row in rows)
    return ReferenceBands(
        path, numbers[:, :3], numbers[:, 4:] / HARTREE_EV, labels, numbers[:, 3]
    )


def _numbers(row: Line, columns: int) -> list[float]:
    """Return k, distance and levels of a line."""
    if len(row.words) != columns:
        raise row.error(f"has {len(row.words)} columns, not {columns}", "correct the line")
    return [row.real(word) for word in (*row.words[1:5], *row.words[6:])]
