"""Elk: BAND.OUT (levels along a path) and EIGVAL.OUT (levels of a mesh), hartree and bohr."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import read_text
from nnpp.formats.codes.elk_run import Blocks, Run, read_fermi, read_run
from nnpp.formats.codes.format import Format, Hints, full_levels
from nnpp.formats.reference_bands import ReferenceBands

SAME = 1e-6
"""Relative accuracy of lengths along a path; Elk prints ten digits."""

FULL = 1e-3
"""Sums of occupancies that agree to this at every k give the number of electrons."""


def read_elk_band(path: Path, _: Hints) -> ReferenceBands:
    """Return the levels along plot1d of elk.in; zero is the Fermi energy."""
    run = read_run(path)
    distance, E = _curves(path)
    return ReferenceBands(
        path,
        _path_points(distance, run.settings, np.asarray(run.crystal.reciprocal), path),
        _complete(E, run, path),
        distance=distance,
        cell=np.asarray(run.crystal.cell),
        crystal=run.crystal,
        spinor=run.spinor,
        occupied=_filled(run, E.shape[1]),
        fermi=0.0,
        provenance=run.info.provenance,
        notes=run.notes,
    )


def read_elk_eigval(path: Path, _: Hints) -> ReferenceBands:
    """Return the levels at the k-points of a mesh."""
    run = read_run(path)
    k, E, occupancy = _mesh(path)
    return ReferenceBands(
        path,
        k,
        _complete(E, run, path),
        cell=np.asarray(run.crystal.cell),
        crystal=run.crystal,
        spinor=run.spinor,
        occupied=_occupied(occupancy, run, path),
        fermi=read_fermi(path),
        provenance=run.info.provenance,
        notes=run.notes,
    )


def _lines(path: Path) -> Iterator[Line]:
    """Yield all lines, also empty ones; Elk ends both files with an empty line."""
    lines = read_text(path).split("\n")
    if len(lines) < 3 or lines[-1].strip() or lines[-2].strip():
        raise InputError("is truncated", "copy the complete file", path, len(lines))
    for number, line in enumerate(lines, start=1):
        yield Line(path, number, tuple(line.split()))


def _curves(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances along the path [bohr⁻¹] and the levels (k, band)."""
    distance, E, length, at = array("d"), array("d"), 0, 0
    for line in _lines(path):
        if line.words:
            if len(line.words) != 2:
                raise line.error(f"has {len(line.words)} columns, not 2", "correct the line")
            d, level = line.reals()
            if length and (at == length or d != distance[at]):
                raise line.error(
                    "has another distance than in the first band", "copy the complete file"
                )
            if not length:
                distance.append(d)
            E.append(level)
            at += 1
        elif at:
            length = length or at
            if at != length:
                raise line.error(
                    f"ends a band of {at} k-points, not {length}", "copy the complete file"
                )
            at = 0
    if not E:
        raise InputError("holds no bands", "give the BAND.OUT of a run", path)
    return np.array(distance), np.array(E).reshape(-1, length).T


def _mesh(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the k-points, their levels and occupancies."""
    lines = (line for line in _lines(path) if line.words)
    points, states = (_count(lines, noun, path) for noun in ("nkpt", "nstsv"))
    k, rows = array("d"), array("d")
    for point in range(points):
        k.extend(_entry(lines, point, 4, path))
        _next(lines, path)
        for state in range(states):
            rows.extend(_entry(lines, state, 3, path))
    if (extra := next(lines, None)) is not None:
        raise extra.error(f"follows after all {points} k-points", "copy the complete file")
    E, occupancy = np.moveaxis(np.array(rows).reshape(points, states, 2), 2, 0)
    return np.array(k).reshape(points, 3), E, occupancy


def _next(lines: Iterator[Line], path: Path) -> Line:
    """Return the next line that is not empty."""
    line = next(lines, None)
    if line is None:
        raise InputError("ends before its last k-point", "copy the complete file", path)
    return line


def _count(lines: Iterator[Line], noun: str, path: Path) -> int:
    """Return the number in a line such as `3 : nkpt`."""
    line = _next(lines, path)
    if line.words[1:] != (":", noun):
        raise line.error(f"does not give {noun}", "give the EIGVAL.OUT of a run")
    count = line.integer(line.words[0])
    if count < 1:
        raise line.error(f"gives {noun} = {count}", "give the EIGVAL.OUT of a run")
    return count


def _entry(lines: Iterator[Line], i: int, words: int, path: Path) -> list[float]:
    """Return the numbers of entry `i` (from 0), without the number of the entry itself."""
    line = _next(lines, path)
    bare = line.words[: line.words.index(":")] if ":" in line.words else line.words
    if len(bare) != words or line.integer(bare[0]) != i + 1:
        raise line.error(
            f"is not entry {i + 1} of {words - 1} numbers", "copy the complete file"
        )
    return [line.real(word) for word in bare[1:]]


def _complete(E: np.ndarray, run: Run, path: Path) -> np.ndarray:
    """Return the levels; raise an error if INFO.OUT gives another number of them."""
    states = run.info.value("Total number of valence states")
    if states is not None and states.integer(states.words[0]) != E.shape[1]:
        raise InputError(
            f"has {E.shape[1]} bands, but INFO.OUT gives {states.words[0]}",
            "copy the complete file",
            path,
        )
    return E


def _path_points(
    distance: np.ndarray, settings: Blocks, reciprocal: np.ndarray, path: Path
) -> np.ndarray:
    """Return the k-points of a path: even steps between vertices, each of them a k-point."""
    rows = settings.needed("plot1d")
    first = settings.row(rows, 0, "plot1d", 2)
    count, points = (first.integer(word) for word in first.words[:2])
    vertices = settings.vectors(rows, 1, count, "plot1d")
    wrong = first.error(f"is not the path of {path.name}", "copy the elk.in of this run there")
    if count < 2 or points != len(distance) or (np.diff(distance) <= 0).any():
        raise wrong
    steps = np.linalg.norm(np.diff(vertices, axis=0) @ reciprocal, axis=1)
    corner = np.concatenate([[0.0], np.cumsum(steps)])
    same = SAME * corner[-1]
    at = np.minimum(np.searchsorted(distance, corner - same), points - 1)
    even = np.interp(np.arange(points), at, corner)
    if not (np.diff(at) > 0).all() or not np.abs(even - distance).max() <= same:
        raise wrong
    return np.stack([np.interp(np.arange(points), at, x) for x in vertices.T], axis=1)


def _filled(run: Run, levels: int) -> int | None:
    """Return how many levels the valence charge fills, if INFO.OUT gives it."""
    charge = run.info.value("Total valence charge")
    return None if charge is None else full_levels(charge, run.spinor, levels, run.info.path)


def _occupied(occupancy: np.ndarray, run: Run, path: Path) -> int | None:
    """Return how many levels are full, from the valence charge or from equal sums at all k."""
    most = 1 if run.spinor else 2
    if abs(occupancy.max() - most) > FULL or occupancy.min() < -FULL:
        raise InputError(
            f"has up to {occupancy.max():g} electrons in a level, but elk.in allows {most}",
            "copy the elk.in of this run there",
            path,
        )
    electrons = occupancy.sum(axis=1)
    if run.info.text or np.ptp(electrons) > FULL:
        return _filled(run, occupancy.shape[1])
    return full_levels(float(electrons[0]), run.spinor, occupancy.shape[1], path)


def _is_band(name: str, head: str) -> bool:
    return name == "BAND.OUT" and len(head.partition("\n")[0].split()) == 2


def _is_eigval(name: str, head: str) -> bool:
    return name == "EIGVAL.OUT" and ": nkpt" in head


FORMATS = (
    Format(
        name="elk-band",
        program="Elk (BAND.OUT)",
        matches=_is_band,
        read=read_elk_band,
        code="Elk",
        traces=("elk.in", "GEOMETRY.OUT", "STATE.OUT"),
    ),
    Format("elk-eigval", "Elk (EIGVAL.OUT)", _is_eigval, read_elk_eigval, code="Elk"),
)
