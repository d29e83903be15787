"""Paths through the Brillouin zone: straight lines between special points, by their names.

Names and coordinates are those of Hinuma et al., Comput. Mater. Sci. 128, 140 (2017),
doi:10.1016/j.commatsci.2016.10.015, found for the cell as it is given.
"""

import warnings
from itertools import pairwise

import numpy as np
import seekpath
from seekpath.hpkot import EdgeCaseWarning

from nnpp.errors import InputError, suggest
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import (
    LOOSE,
    TOLERANCE,
    primitive_cells,
    space_group,
    spglib_cell,
)

GREEK = {"GAMMA": "Γ", "G": "Γ", "DELTA": "Δ", "SIGMA": "Σ", "LAMBDA": "Λ"}

Pieces = tuple[tuple[str, ...], ...]
"""Special points by name; a path runs along each piece and jumps from one to the next."""


def _pretty(label: str) -> str:
    """GAMMA → Γ, SIGMA_0 → Σ_0; other names as they are."""
    stem, _, index = label.partition("_")
    return GREEK.get(stem, stem) + ("_" + index if index else "")


def _found(crystal: Crystal) -> tuple[dict, tuple[str, ...]]:
    """What seekpath says of the crystal, and what it warns of."""
    rounded = space_group(crystal) != space_group(crystal, LOOSE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EdgeCaseWarning)
        warnings.simplefilter("ignore", seekpath.SupercellWarning)
        found = seekpath.get_path_orig_cell(
            spglib_cell(crystal), symprec=LOOSE if rounded else TOLERANCE
        )
    edge = [w for w in caught if issubclass(w.category, EdgeCaseWarning)]
    return found, tuple(" ".join(str(w.message).split()) for w in edge)


def special_points(crystal: Crystal) -> tuple[dict[str, np.ndarray], Pieces]:
    """Coordinates of the named points (fractional), and the recommended path.

    In a cell that is not primitive both are those of the primitive cell it repeats; where
    coordinates were rounded, those of the symmetry it has within `LOOSE`.
    """
    found, _ = _found(crystal)
    points = {_pretty(name): np.round(k, 12) + 0.0 for name, k in found["point_coords"].items()}
    pieces: list[list[str]] = []
    for start, end in found["path"]:
        if not pieces or pieces[-1][-1] != _pretty(start):
            pieces.append([_pretty(start)])
        pieces[-1].append(_pretty(end))
    return points, tuple(map(tuple, pieces))


def path_notes(crystal: Crystal) -> list[str]:
    """What a user of a path should know: folded bands, rounded coordinates, odd lattices."""
    notes, cells = list(_found(crystal)[1]), primitive_cells(crystal)
    if cells > 1:
        notes.append(
            f"the cell holds {cells} primitive cells: bands are folded along the path of one"
        )
    tight, loose = space_group(crystal), space_group(crystal, LOOSE)
    if tight != loose:
        notes.append(
            f"space group {tight}, but {loose} within {LOOSE:g} bohr, whose path is drawn: "
            "write coordinates to more digits if they were rounded"
        )
    return notes


def _stops(crystal: Crystal, pieces: Pieces | None) -> list[list[tuple[str, np.ndarray]]]:
    """Name and coordinates of each stop of each piece."""
    points, recommended = special_points(crystal)
    pieces = pieces or recommended
    unknown = [name for piece in pieces for name in piece if name not in points]
    if unknown:
        raise InputError(
            f"this crystal has no special point {unknown[0]!r}", suggest(unknown[0], points)
        )
    return [[(name, points[name]) for name in piece] for piece in pieces]


def path(crystal: Crystal, pieces: Pieces | None = None, points: int = 60) -> KPoints:
    """About `points` k-points along `pieces`, or along the recommended path, evenly spaced."""
    stops = _stops(crystal, pieces)
    b = np.asarray(crystal.reciprocal)
    legs = [(p[1], q[1]) for piece in stops for p, q in pairwise(piece)]
    total = sum(float(np.linalg.norm((q - p) @ b)) for p, q in legs)
    if not total:
        raise InputError("the path leads nowhere", "name two different points")
    k: list[np.ndarray] = []
    labels: list[str] = []
    jumps: list[int] = []
    for piece in stops:
        jumps.append(len(k))
        k.append(piece[0][1])
        labels.append(piece[0][0])
        for (_, p), (name, q) in pairwise(piece):
            steps = max(1, round(points * float(np.linalg.norm((q - p) @ b) / total)))
            k += [p + (q - p) * i / steps for i in range(1, steps + 1)]
            labels += [""] * (steps - 1) + [name]
    return listed(crystal, np.array(k), labels=tuple(labels), jumps=tuple(jumps[1:]))
