"""bands.json: ASE's band structure, levels in eV; the reference is the valence band top."""

import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from ase.dft.kpoints import BandPath, parse_path_string
from ase.io.jsonio import decode, encode
from ase.spectrum.band_structure import BandStructure

from nnpp.errors import InputError
from nnpp.files.atomic import atomic_path
from nnpp.files.json_text import load_json
from nnpp.files.text import read_text
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.bands import Bands
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.paths import jumps_in
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

GREEK = {"Γ": "G", "Δ": "Delta", "Λ": "Lambda", "Σ": "Sigma"}
"""ASE's names of k-points with Greek names."""

DECODE_ERRORS = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""Exceptions that ASE's JSON reader raises on text that is not JSON or not an ASE object."""

SAME_K = 1e-6

SAME_CELL = 1e-6
"""Largest difference between the lattice vectors of a path and of the atoms [Å]."""

KINDS = ("bool", "int32", "int64", "float32", "float64")
"""Accepted types of arrays."""

LARGEST = 1e9
"""Limit of energies, lengths and coordinates."""


def write_bands_json(path: Path, bands: Bands, crystal: Crystal) -> Path:
    """Write the levels as a band structure of ASE; return the path."""
    structure = band_structure(bands, band_path(bands.kpoints, crystal))
    with atomic_path(path) as temporary:
        temporary.write_text(encode(structure))
    return path


def band_structure(bands: Bands, path: BandPath) -> BandStructure:
    """Return the levels as a band structure of ASE [eV], at the k-points of `path`."""
    E = np.asarray(bands.E) * HARTREE_EV
    top = float(E[:, bands.occupied - 1].max()) if 0 < bands.occupied <= E.shape[1] else 0.0
    return BandStructure(path, E[None], reference=top)


def read_bands_json(path: Path) -> ReferenceBands:
    """Return the levels in a band structure that ASE wrote, for one spin."""
    try:
        text = read_text(path)
        tree = load_json(text, _bounded, _bounded, _plausible)
        structure = decode(text)
    except DECODE_ERRORS as error:
        line = getattr(error, "lineno", None)
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"is not a band structure of ASE, or holds a number that is not finite ({reason})",
            "write it with ASE, or as .csv",
            path,
            line,
        ) from error
    if not isinstance(structure, BandStructure):
        raise InputError(
            "is not a band structure of ASE", "write it with ASE, or as .csv", path
        )
    if len(structure.energies) != 1:
        raise InputError("holds two spins", "give one spectrum", path)
    k = np.asarray(structure.path.kpts, float)
    points = structure.path.special_points
    labels = tuple(label_at(x, points) for x in k)
    reference = tree.get("reference")
    E = np.asarray(structure.energies[0], float) / HARTREE_EV
    return ReferenceBands(
        path,
        k,
        E,
        labels,
        cell=structure.path.cell.array / BOHR_ANGSTROM,
        fermi=reference / HARTREE_EV if isinstance(reference, float) else None,
    )


def _bounded(text: str) -> float:
    """Return a number; raise for infinite ones, with which LAPACK (called by ASE) hangs."""
    number = float(text)
    if not abs(number) < LARGEST:
        raise ValueError(f"{text:.20} is not finite")
    return number


def _plausible(node: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping; raise if it is an array that claims more numbers than it contains."""
    if "__ndarray__" in node:
        shape, kind, data = node["__ndarray__"]
        if kind not in KINDS or prod(shape) != len(data):
            raise ValueError(f"an array claims {shape!s:.40} numbers of type {kind!s:.20}")
    return node


def band_path(kpoints: KPoints, crystal: Crystal) -> BandPath:
    """Return the k-points as ASE's path with its special points."""
    k, distance = np.asarray(kpoints.fractional), np.asarray(kpoints.distance)
    points: dict[str, np.ndarray] = {}
    route, last = "", None
    for i, label in enumerate(kpoints.labels):
        if not label:
            continue
        name = _ase_name(label)
        points.setdefault(name, k[i])
        jumped = last is not None and i == last + 1 and distance[i] == distance[last]
        route, last = route + ("," if jumped else "") + name, i
    cell = np.asarray(crystal.cell) * BOHR_ANGSTROM
    return BandPath(cell, kpts=k, special_points=points, path=route)


def kpoints_of_path(path: BandPath, crystal: Crystal) -> KPoints:
    """Return the k-points of ASE's path with the names of its special points."""
    apart = np.abs(np.asarray(path.cell) - np.asarray(crystal.cell) * BOHR_ANGSTROM).max()
    if apart > SAME_CELL:
        raise InputError("belongs to another cell", "use atoms.cell.bandpath()", "path")
    k = np.asarray(path.kpts, float)
    labels = tuple(label_at(x, path.special_points) for x in k)
    named = np.flatnonzero([bool(label) for label in labels])
    ends = np.cumsum([len(piece) for piece in parse_path_string(path.path)])
    complete = len(ends) and ends[-1] == len(named)
    jumps = named[ends[:-1]].tolist() if complete else jumps_in(crystal, k, labels)
    return listed(crystal, k, labels=labels, jumps=tuple(jumps))


def _ase_name(label: str) -> str:
    """Return ASE's name: Γ → G, X_1 → X1; a capital, then small letters and digits."""
    plain = "".join(GREEK.get(letter, letter) for letter in label)
    return re.sub(r"[^A-Za-z0-9]", "", plain).capitalize() or "K"


def label_at(k: np.ndarray, points: dict[str, np.ndarray]) -> str:
    """Return the name of the special point at k in nnpp's spelling, "" elsewhere."""
    for name, point in points.items():
        if np.abs(k - point).max() < SAME_K:
            letter, digits = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL).groups()  # pyright: ignore[reportOptionalMemberAccess] -- matches any text
            greek = {ase: ours for ours, ase in GREEK.items()}.get(letter, letter)
            return f"{greek}_{digits}" if digits else greek
    return ""
