"""Wannier90: seedname_band.dat, distance [Å⁻¹] and level [eV], a block for each band.

The k-points are in seedname_band.kpt, the names of some in seedname_band.labelinfo.dat.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line, read_lines
from nnpp.files.text import exists
from nnpp.formats.codes.format import Format, Hints
from nnpp.formats.codes.wannier90_hr import SUFFIX as HR
from nnpp.formats.codes.wannier90_hr import read_hr
from nnpp.formats.codes.wannier90_win import read_settings
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

SUFFIX = "_band.dat"

GAMMA = ("g", "gamma", "\\gamma", "γ")

PRINTED = 2e-6
"""Accuracy of the coordinates of k, which are printed to six decimals."""


def read_band(path: Path, _: Hints) -> ReferenceBands:
    """Return the bands that Wannier90 interpolated along its path."""
    if not path.name.endswith(SUFFIX):
        raise InputError(
            "is not named seedname_band.dat, so its k-points cannot be found",
            "restore its name",
            path,
        )
    k = _kpoints(path.with_suffix(".kpt"))
    distance, E = _levels(path, len(k))
    settings = read_settings(path, SUFFIX)
    settings.check_functions(E.shape[1], path)
    bands = ReferenceBands(
        path,
        k,
        E / HARTREE_EV,
        distance=distance * BOHR_ANGSTROM,
        cell=settings.cell,
        crystal=settings.crystal,
        spinor=settings.spinor,
        fermi=settings.fermi,
        provenance=settings.provenance,
        notes=settings.notes,
    )
    return _labelled(bands, path.with_suffix(".labelinfo.dat"))


def _kpoints(path: Path) -> np.ndarray:
    """Return the fractional coordinates: the file has their number, then a line for each."""
    if not exists(path):
        raise InputError(
            "no such file; the k-points of the bands are needed", "copy it from the run", path
        )
    lines = read_lines(path)
    if not lines or len(lines[0].words) != 1:
        raise InputError("does not begin with the number of k-points", "copy it again", path)
    if lines[0].integer(lines[0].words[0]) != len(lines) - 1:
        raise InputError(
            f"holds {len(lines) - 1} k-points, but announces {lines[0].words[0]}",
            "finish the run, or copy the complete file",
            path,
        )
    return np.array([_columns(line, 4)[:3] for line in lines[1:]]).reshape(-1, 3)


def _levels(path: Path, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances [Å⁻¹] and the levels (k, band) [eV].

    A third column, a projection, is ignored.
    """
    lines = read_lines(path)
    if not lines or not points or len(lines) % points:
        raise InputError(
            f"{len(lines)} levels cannot be divided among {points} k-points",
            "finish the run, or use the files of one run",
            path,
        )
    columns = 3 if len(lines[0].words) == 3 else 2
    table = np.array([_columns(line, columns) for line in lines]).reshape(-1, points, columns)
    off = np.flatnonzero((table[:, :, 0] != table[0, :, 0]).any(axis=0))
    if off.size:
        raise InputError(
            f"k-point {off[0] + 1} has another distance in another band",
            "copy the file again",
            path,
        )
    return table[0, :, 0], table[:, :, 1].T


def _labelled(bands: ReferenceBands, path: Path) -> ReferenceBands:
    """Return the bands with names of k-points, and with more digits for these."""
    if not exists(path):
        return bands
    labels, k = [""] * len(bands.k), bands.k.copy()
    for line in read_lines(path):
        if len(line.words) != 6:
            raise line.error(f"has {len(line.words)} columns, not 6", "correct the line")
        i = line.integer(line.words[1]) - 1
        point = np.array([line.real(word) for word in line.words[3:]])
        if not 0 <= i < len(k) or np.abs(point - k[i]).max() > PRINTED:
            raise line.error(
                f"{line.words[0]} is not at that k-point of the path",
                "use the files of one run",
            )
        labels[i], k[i] = _label(line.words[0]), point
    return replace(bands, labels=tuple(labels), k=k)


def _label(name: str) -> str:
    """Return the name as nnpp writes it: G → Γ, X1 → X_1."""
    if name.lower() in GAMMA:
        return "Γ"
    stem = name.rstrip("0123456789")
    return f"{stem}_{name[len(stem) :]}" if stem.isalpha() and stem != name else name


def _columns(line: Line, count: int) -> list[float]:
    """Return the numbers of a line; raise an error unless there are `count`."""
    if len(line.words) != count:
        raise line.error(f"has {len(line.words)} columns, not {count}", "correct the line")
    return line.reals()


NUMBER = r"[ \t]+-?\d+\.\d+E[+-]\d+"

LEVEL = re.compile(rf"{NUMBER}{NUMBER}({NUMBER})?[ \t]*\r?\n")
"""A distance and a level, and with `bands_plot_project` a projection."""

COUNTS = re.compile(r"[^\n]*\n[ \t]*\d+[ \t]*\r?\n[ \t]*\d+[ \t]*\r?\n([ \t]+\d+)+[ \t]*\r?\n")
"""A comment, the number of functions, the number of cells, and the first degeneracies."""


def _is_band(name: str, head: str) -> bool:
    return name.endswith(SUFFIX) and LEVEL.match(head) is not None


def _is_hr(name: str, head: str) -> bool:
    return name.endswith(HR) and COUNTS.match(head) is not None


FORMATS = (
    Format(
        name="wannier90-band",
        program="Wannier90 (seedname_band.dat)",
        matches=_is_band,
        read=read_band,
        code="Wannier90",
        traces=("*.win", "*.wout"),
    ),
    Format(
        name="wannier90-hr",
        program="Wannier90 (seedname_hr.dat)",
        matches=_is_hr,
        read=read_hr,
        code="Wannier90",
    ),
)
