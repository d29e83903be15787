"""Bands of GPAW: its .gpw files, read without GPAW, and the JSON that ASE writes of its bands.

A .gpw file holds eigenvalues and Fermi level in eV with the hartree they were made with, and
occupations from 0 to 1. Spin-orbit coupling is added by GPAW after the calculation, so that no
.gpw file of a calculation without magnetism has it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.codes.format import Beside, Format, crystal_in
from nnpp.formats.codes.occupation import WHOLE
from nnpp.formats.codes.ulm import MAGIC, Ulm, read_ulm
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

OLDEST = 3
"""Of the .gpw format; older ones do not say in which unit levels are."""

NONCOLLINEAR = 4
"""Components of the density with noncollinear spins."""

SAME_HARTREE = 1e-3
"""Values of the hartree, from one adjustment of constants to the next, differ by less [eV]."""

NO_DISCONTINUITY = (
    "levels of GLLB-SC: the derivative discontinuity, which GPAW calculates apart, is not in "
    "them; add it to the gap, or shift the conduction bands"
)


def read_gpw(path: Path, beside: Beside) -> ReferenceBands:
    """The levels in a .gpw file, at the k-points of its path or of its irreducible zone."""
    file = read_ulm(path)
    _refuse_unless_calculated(file)
    E, shares = _levels(file)
    k, row = _kpoints(file, len(E))
    occupied = _occupied(file, shares)
    functional = _functional(file.value("parameters", "xc"))
    hartree, whose = _hartree(file), _crystal(file)
    return ReferenceBands(
        path,
        k,
        E[row] / hartree,
        cell=np.asarray(whose.cell),
        crystal=whose,
        spinor=False,
        occupied=occupied,
        fermi=float(file.numbers("wave_functions", "fermi_levels")[0]) / hartree,
        provenance=_provenance(file, functional),
        notes=_notes(file, E.shape[1], occupied, functional),
    )


def read_json(path: Path, _beside: Beside) -> ReferenceBands:
    """The levels in a band structure that ASE wrote."""
    return replace(read_bands_json(path), provenance={"program": "ASE"})


def _refuse_unless_calculated(file: Ulm) -> None:
    """Only finished calculations of a version that is known."""
    version = file.value("version")
    if not isinstance(version, int) or version < OLDEST or file.value("gpaw_version") is None:
        raise InputError(
            f"is of version {version!s:.20} of .gpw", "write it with a newer GPAW", file.path
        )
    if file.value("scf", "converged") is False:
        raise InputError("holds a calculation that did not converge", "converge it", file.path)


def _levels(file: Ulm) -> tuple[np.ndarray, np.ndarray]:
    """Levels [eV] and the shares of each that are occupied, (k, band)."""
    E = file.numbers("wave_functions", "eigenvalues")
    shares = file.numbers("wave_functions", "occupations")
    if E.ndim == 2 or file.length("density", "density") == NONCOLLINEAR:
        raise InputError("holds noncollinear spins", "calculate without magnetism", file.path)
    if E.ndim != 3 or shares.shape != E.shape or not E.size:
        raise file.error(f"eigenvalues {E.shape} and occupations {shares.shape} do not fit")
    if len(E) != 1 or file.numbers("wave_functions", "fermi_levels").shape != (1,):
        raise InputError(
            "holds the levels of two spins", "calculate without spin polarisation", file.path
        )
    if np.abs(shares - 0.5).max() > 1:
        raise file.error("an occupation is not between 0 and 1")
    return E[0], shares[0]


def _kpoints(file: Ulm, count: int) -> tuple[np.ndarray, np.ndarray]:
    """K-points, and the row of levels that each has; a path is given as it was asked for."""
    reduced = file.numbers("wave_functions", "kpts", "ibzkpts")
    k = file.numbers("wave_functions", "kpts", "bzkpts")
    row = file.whole("wave_functions", "kpts", "bz2ibz")
    if k.ndim != 2 or k.shape[1] != 3 or reduced.shape != (count, 3):
        raise file.error(f"k-points {reduced.shape} and {count} rows of levels do not fit")
    if row.shape != (len(k),) or (np.unique(row) != np.arange(count)).any():
        raise file.error("bz2ibz does not lead to every row of levels")
    return (reduced, np.arange(count)) if _on_mesh(file) else (k, row)


def _on_mesh(file: Ulm) -> bool:
    """Whether k-points were asked for by their number or density, and not one by one."""
    wanted = file.value("parameters", "kpts")
    if isinstance(wanted, Mapping):
        return "size" in wanted or "density" in wanted
    return wanted is None or all(np.ndim(n) == 0 for n in wanted)


def _occupied(file: Ulm, shares: np.ndarray) -> int | None:
    """Half the electrons; on a path, levels more than half full, if equally many everywhere."""
    if _on_mesh(file):
        weights = file.numbers("wave_functions", "kpts", "weights")
        if weights.shape != (len(shares),):
            raise file.error(f"{len(shares)} k-points and {len(weights)} weights do not fit")
        electrons = 2 * float(weights @ shares.sum(axis=1))
        if abs(electrons - round(electrons)) < WHOLE and round(electrons) % 2:
            raise InputError(
                f"holds {electrons:.0f} electrons, an odd number, without spin",
                "calculate the crystal with an even number",
                file.path,
            )
        if abs(electrons - round(electrons)) < WHOLE:
            return round(electrons) // 2
    full = (shares > 0.5).sum(axis=1)
    return int(full[0]) if (full == full[0]).all() else None


def _hartree(file: Ulm) -> float:
    """The hartree with which the file was made [eV]."""
    hartree = file.value("ha")
    if not isinstance(hartree, float) or not abs(hartree - HARTREE_EV) < SAME_HARTREE:
        raise file.error("does not say what a hartree is in eV")
    return hartree


def _crystal(file: Ulm) -> Crystal:
    """The atoms in their cell."""
    cell = file.numbers("atoms", "cell") / BOHR_ANGSTROM
    positions = file.numbers("atoms", "positions") / BOHR_ANGSTROM
    numbers = file.whole("atoms", "numbers")
    if cell.shape != (3, 3) or not abs(np.linalg.det(cell)) > 0:
        raise file.error("its cell has no volume")
    known = numbers.ndim == 1 and ((numbers > 0) & (numbers <= len(SYMBOLS))).all()
    if not known or positions.shape != (len(numbers), 3):
        raise file.error("its atoms are not elements with three coordinates each")
    if file.value("atoms", "pbc") != [True] * 3:
        raise InputError("is not periodic in three directions", "calculate a bulk", file.path)
    fractional = positions @ np.linalg.inv(cell)
    return crystal_in(file.path, cell, fractional, (SYMBOLS[n - 1] for n in numbers))


def _functional(named: Any) -> str:
    """The functional, which is LDA where none is named."""
    if isinstance(named, Mapping):
        named = named.get("name")
    return str(named) if named is not None else "LDA"


def _notes(file: Ulm, bands: int, occupied: int | None, functional: str) -> tuple[str, ...]:
    """What whoever uses the levels should know."""
    notes = (NO_DISCONTINUITY,) if "GLLB" in functional.upper() else ()
    if occupied is None:
        notes += ("the Fermi level crosses bands: say how many are full",)
    notes += _unconverged(file, bands)
    return tuple(f"{file.path.name}: {note}" for note in notes)


def _unconverged(file: Ulm, bands: int) -> tuple[str, ...]:
    """Which levels the calculation was not asked to converge, by default the empty ones."""
    asked = file.value("parameters", "convergence")
    upto = asked.get("bands", "occupied") if isinstance(asked, Mapping) else "occupied"
    if isinstance(upto, int):
        first = upto + (bands if upto < 0 else 0)
        return (f"bands above {first} were not asked to converge",) if first < bands else ()
    if upto == "occupied":
        return ("empty bands were not asked to converge",)
    return () if upto == "all" else (f"bands were asked to converge up to {upto!s:.20}",)


def _provenance(file: Ulm, functional: str) -> dict[str, str]:
    """The program, its version, the functional and the basis."""
    said = {"program": "GPAW", "functional": functional}
    said["version"] = str(file.value("gpaw_version"))
    mode = file.value("parameters", "mode")
    if isinstance(mode, Mapping):
        said["mode"] = str(mode.get("name"))
        if "ecut" in mode:
            said["cutoff"] = f"{mode['ecut']} eV"
    elif mode is not None:
        said["mode"] = str(mode)
    return said


def _is_gpw(name: str, head: str) -> bool:
    return head.startswith(MAGIC.decode()) and head[len(MAGIC) :][:16].strip().lower() == "gpaw"


def _is_json(name: str, head: str) -> bool:
    return (
        re.match(r'\s*\{\s*"path"\s*:\s*\{\s*"kpts"\s*:\s*\{\s*"__ndarray__"', head) is not None
    )


FORMATS = (
    Format("gpaw", "GPAW (.gpw)", _is_gpw, read_gpw),
    Format("gpaw-json", "GPAW or ASE (band structure in .json)", _is_json, read_json),
)
