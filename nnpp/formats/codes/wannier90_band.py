"""seedname_band.dat of Wannier90: distance [Å⁻¹] and level [eV], a block for each band.

The k-points stand in seedname_band.kpt, the names of some in seedname_band.labelinfo.dat.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line, read_lines
from nnpp.files.text import exists
from nnpp.formats.codes.format import Beside
from nnpp.formats.codes.wannier90_win import settings
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

SUFFIX = "_band.dat"

GAMMA = ("g", "gamma", "\\gamma", "γ")

PRINTED = 2e-6
"""Coordinates of k are printed to six decimals."""


def read_band(path: Path, beside: Beside) -> ReferenceBands:
    """The bands that Wannier90 interpolated along its path."""
    if not path.name.endswith(SUFFIX):
        raise InputError(
            "is not called seedname_band.dat, so that its k-points cannot be found",
            "give it back its name",
            path,
        )
    k = _kpoints(path.with_suffix(".kpt"))
    distance, E = _levels(path, len(k))
    said = settings(path, SUFFIX)
    said.refuse_unless_of(E.shape[1], path)
    bands = ReferenceBands(
        path,
        k,
        E / HARTREE_EV,
        distance=distance * BOHR_ANGSTROM,
        cell=said.cell,
        crystal=said.crystal,
        spinor=said.spinor,
        fermi=said.fermi,
        provenance=said.provenance,
        notes=said.notes,
    )
    return _labelled(bands, path.with_suffix(".labelinfo.dat"))


def _kpoints(path: Path) -> np.ndarray:
    """Fractional coordinates: how many, then a line for each with its weight."""
    if not exists(path):
        raise InputError(
            "no such file, which holds the k-points of the bands", "put it beside them", path
        )
    lines = read_lines(path)
    if not lines or len(lines[0].words) != 1:
        raise InputError("does not begin with the number of k-points", "copy it again", path)
    if lines[0].whole(lines[0].words[0]) != len(lines) - 1:
        raise InputError(
            f"holds {len(lines) - 1} k-points, but announces {lines[0].words[0]}",
            "finish the run, or copy it whole",
            path,
        )
    return np.array([_columns(line, 4)[:3] for line in lines[1:]]).reshape(-1, 3)


def _levels(path: Path, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances [Å⁻¹] and levels (k, band) [eV]; a third column, a projection, is left."""
    lines = read_lines(path)
    if not lines or not points or len(lines) % points:
        raise InputError(
            f"{len(lines)} levels are not the same number at each of {points} k-points",
            "finish the run, or put the files of one run together",
            path,
        )
    columns = 3 if len(lines[0].words) == 3 else 2
    table = np.array([_columns(line, columns) for line in lines]).reshape(-1, points, columns)
    off = np.flatnonzero((table[:, :, 0] != table[0, :, 0]).any(axis=0))
    if off.size:
        raise InputError(
            f"k-point {off[0] + 1} stands at another distance in another band",
            "copy the file again",
            path,
        )
    return table[0, :, 0], table[:, :, 1].T


def _labelled(bands: ReferenceBands, path: Path) -> ReferenceBands:
    """The same with the names of k-points, and more digits for those."""
    if not exists(path):
        return bands
    labels, k = [""] * len(bands.k), bands.k.copy()
    for line in read_lines(path):
        if len(line.words) != 6:
            raise line.error(f"has {len(line.words)} columns, not 6", "mend the line")
        i = line.whole(line.words[1]) - 1
        point = np.array([line.real(word) for word in line.words[3:]])
        if not 0 <= i < len(k) or np.abs(point - k[i]).max() > PRINTED:
            raise line.error(
                f"{line.words[0]} is not at that k-point of the path",
                "put the files of one run together",
            )
        labels[i], k[i] = _label(line.words[0]), point
    return replace(bands, labels=tuple(labels), k=k)


def _label(name: str) -> str:
    """G → Γ, X1 → X_1; other names as they are."""
    if name.lower() in GAMMA:
        return "Γ"
    stem = name.rstrip("0123456789")
    return f"{stem}_{name[len(stem) :]}" if stem.isalpha() and stem != name else name


def _columns(line: Line, count: int) -> list[float]:
    """The numbers of a line that has so many."""
    if len(line.words) != count:
        raise line.error(f"has {len(line.words)} columns, not {count}", "mend the line")
    return line.reals()
