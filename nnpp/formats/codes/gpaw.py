"""GPAW: .gpw files, read without GPAW, and band structures that ASE writes as JSON.

A .gpw file holds eigenvalues and the Fermi level in eV, the hartree used for them, and
occupations from 0 to 1. GPAW adds spin-orbit coupling after the calculation, so a .gpw file of
a calculation without magnetism does not contain it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.codes.format import INTEGER, Format, Hints, crystal_in
from nnpp.formats.codes.ulm import MAGIC, Ulm, read_ulm
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

OLDEST = 3
"""Oldest version of the .gpw format that is read; older ones do not give the unit of levels."""

NONCOLLINEAR = 4
"""Number of components of the density with noncollinear spins."""

SAME_HARTREE = 1e-3
"""Largest difference of the hartree between two adjustments of the constants [eV]."""

NO_DISCONTINUITY = (
    "levels of GLLB-SC do not include the derivative discontinuity, which GPAW calculates "
    "separately; add it to the gap, or shift the conduction bands"
)


def read_gpw(path: Path, _: Hints) -> ReferenceBands:
    """Return the levels in a .gpw file, at the k-points of its path or irreducible zone."""
    file = read_ulm(path)
    _check_finished(file)
    E, occupations = _levels(file)
    k, row = _kpoints(file, len(E))
    occupied = _occupied(file, occupations)
    functional = _functional(file.value("parameters", "xc"))
    hartree, crystal = _hartree(file), _crystal(file)
    return ReferenceBands(
        path,
        k,
        E[row] / hartree,
        cell=np.asarray(crystal.cell),
        crystal=crystal,
        spinor=False,
        occupied=occupied,
        fermi=float(file.numbers("wave_functions", "fermi_levels")[0]) / hartree,
        provenance=_provenance(file, functional),
        notes=_notes(file, E.shape[1], occupied, functional),
    )


def read_json(path: Path, _: Hints) -> ReferenceBands:
    """Return the levels in a band structure that ASE wrote."""
    return replace(read_bands_json(path), provenance={"program": "ASE"})


def _check_finished(file: Ulm) -> None:
    """Raise an error unless the calculation converged, with a known version."""
    version = file.value("version")
    if not isinstance(version, int) or version < OLDEST or file.value("gpaw_version") is None:
        raise InputError(
            f"has version {version!s:.20} of .gpw", "write it with a newer GPAW", file.path
        )
    if file.value("scf", "converged") is False:
        raise InputError(
            "holds a calculation that did not converge", "repeat it with more steps", file.path
        )


def _levels(file: Ulm) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels [eV] and their occupations from 0 to 1, both (k, band)."""
    E = file.numbers("wave_functions", "eigenvalues")
    occupations = file.numbers("wave_functions", "occupations")
    if E.ndim == 2 or file.length("density", "density") == NONCOLLINEAR:
        raise InputError("holds noncollinear spins", "calculate without magnetism", file.path)
    if E.ndim != 3 or occupations.shape != E.shape or not E.size:
        raise file.error(f"eigenvalues {E.shape} and occupations {occupations.shape} differ")
    if len(E) != 1 or file.numbers("wave_functions", "fermi_levels").shape != (1,):
        raise InputError(
            "holds the levels of two spins", "calculate without spin polarisation", file.path
        )
    if np.abs(occupations - 0.5).max() > 1:
        raise file.error("an occupation is not between 0 and 1")
    return E[0], occupations[0]


def _kpoints(file: Ulm, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k-points and the row of levels of each; a path keeps its order."""
    reduced = file.numbers("wave_functions", "kpts", "ibzkpts")
    k = file.numbers("wave_functions", "kpts", "bzkpts")
    row = file.integers("wave_functions", "kpts", "bz2ibz")
    if k.ndim != 2 or k.shape[1] != 3 or reduced.shape != (count, 3):
        raise file.error(f"k-points {reduced.shape} do not match {count} rows of levels")
    if row.shape != (len(k),) or (np.unique(row) != np.arange(count)).any():
        raise file.error("bz2ibz does not refer to every row of levels")
    return (reduced, np.arange(count)) if _on_mesh(file) else (k, row)


def _on_mesh(file: Ulm) -> bool:
    """Return whether the k-points were requested by number or density, not one by one."""
    wanted = file.value("parameters", "kpts")
    if isinstance(wanted, Mapping):
        return "size" in wanted or "density" in wanted
    return wanted is None or all(np.ndim(n) == 0 for n in wanted)


def _occupied(file: Ulm, occupations: np.ndarray) -> int | None:
    """Return the number of full levels, None if it differs between k-points.

    On a mesh it is half the electrons; on a path, the levels that are more than half full.
    """
    if _on_mesh(file):
        weights = file.numbers("wave_functions", "kpts", "weights")
        if weights.shape != (len(occupations),):
            raise file.error(f"{len(weights)} weights do not match {len(occupations)} k-points")
        electrons = 2 * float(weights @ occupations.sum(axis=1))
        if abs(electrons - round(electrons)) < INTEGER:
            if round(electrons) % 2:
                raise InputError(
                    f"holds {electrons:.0f} electrons, an odd number, without spin",
                    "calculate the crystal with an even number",
                    file.path,
                )
            return round(electrons) // 2
    full = (occupations > 0.5).sum(axis=1)
    return int(full[0]) if (full == full[0]).all() else None


def _hartree(file: Ulm) -> float:
    """Return the hartree of the file [eV]."""
    hartree = file.value("ha")
    if not isinstance(hartree, float) or not abs(hartree - HARTREE_EV) < SAME_HARTREE:
        raise file.error("does not give the hartree in eV")
    return hartree


def _crystal(file: Ulm) -> Crystal:
    """Return the crystal."""
    cell = file.numbers("atoms", "cell") / BOHR_ANGSTROM
    positions = file.numbers("atoms", "positions") / BOHR_ANGSTROM
    numbers = file.integers("atoms", "numbers")
    if cell.shape != (3, 3) or not abs(np.linalg.det(cell)) > 0:
        raise file.error("the cell has no volume")
    known = numbers.ndim == 1 and ((numbers > 0) & (numbers <= len(SYMBOLS))).all()
    if not known or positions.shape != (len(numbers), 3):
        raise file.error("the atoms are not elements with three coordinates each")
    if file.value("atoms", "pbc") != [True] * 3:
        raise InputError(
            "is not periodic in three directions", "calculate a bulk crystal", file.path
        )
    fractional = positions @ np.linalg.inv(cell)
    return crystal_in(file.path, cell, fractional, (SYMBOLS[n - 1] for n in numbers))


def _functional(named: Any) -> str:
    """Return the functional; GPAW's default is LDA."""
    if isinstance(named, Mapping):
        named = named.get("name")
    return str(named) if named is not None else "LDA"


def _notes(file: Ulm, bands: int, occupied: int | None, functional: str) -> tuple[str, ...]:
    """Return warnings about the levels."""
    notes = (NO_DISCONTINUITY,) if "GLLB" in functional.upper() else ()
    if occupied is None:
        notes += ("the Fermi level crosses bands: give the number of full bands",)
    notes += _unconverged(file, bands)
    return tuple(f"{file.path.name}: {note}" for note in notes)


def _unconverged(file: Ulm, bands: int) -> tuple[str, ...]:
    """Return which levels had no convergence criterion, by default the empty ones."""
    wanted = file.value("parameters", "convergence")
    upto = wanted.get("bands", "occupied") if isinstance(wanted, Mapping) else "occupied"
    if isinstance(upto, int):
        first = upto + (bands if upto < 0 else 0)
        return (f"bands above {first} may not be converged",) if first < bands else ()
    if upto == "occupied":
        return ("empty bands may not be converged",)
    return () if upto == "all" else (f"bands are converged up to {upto!s:.20} only",)


def _provenance(file: Ulm, functional: str) -> dict[str, str]:
    """Return the program, its version, the functional and the basis."""
    about = {"program": "GPAW", "functional": functional}
    about["version"] = str(file.value("gpaw_version"))
    mode = file.value("parameters", "mode")
    if isinstance(mode, Mapping):
        about["mode"] = str(mode.get("name"))
        if "ecut" in mode:
            about["cutoff"] = f"{mode['ecut']} eV"
    elif mode is not None:
        about["mode"] = str(mode)
    return about


def _is_gpw(name: str, head: str) -> bool:
    return head.startswith(MAGIC.decode()) and head[len(MAGIC) :][:16].strip().lower() == "gpaw"


def _is_json(name: str, head: str) -> bool:
    return (
        re.match(r'\s*\{\s*"path"\s*:\s*\{\s*"kpts"\s*:\s*\{\s*"__ndarray__"', head) is not None
    )


FORMATS = (
    Format("gpaw", "GPAW (.gpw)", _is_gpw, read_gpw, code="GPAW or ASE"),
    Format(
        name="gpaw-json",
        program="GPAW or ASE (band structure in .json)",
        matches=_is_json,
        read=read_json,
        code="GPAW or ASE",
    ),
)
