"""Paths through the Brillouin zone along special points, and special points in a list of k.

Names and coordinates are those of Hinuma et al., Comput. Mater. Sci. 128, 140 (2017),
doi:10.1016/j.commatsci.2016.10.015, determined for the given cell.
"""

import warnings
from itertools import pairwise

import numpy as np
import seekpath
from jaxtyping import Float
from seekpath.hpkot import EdgeCaseWarning

from nnpp.errors import InputError, suggest
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import (
    LOOSE,
    SAME_K,
    TOLERANCE,
    primitive_cells,
    rotations,
    space_group,
    spglib_cell,
)

GREEK = {"GAMMA": "Γ", "G": "Γ", "DELTA": "Δ", "SIGMA": "Σ", "LAMBDA": "Λ"}

Pieces = tuple[tuple[str, ...], ...]
"""Names of special points; a path follows each piece and jumps from one to the next."""


def _greek(label: str) -> str:
    """Return GAMMA as Γ, SIGMA_0 as Σ_0, and other names unchanged."""
    stem, _, index = label.partition("_")
    return GREEK.get(stem, stem) + ("_" + index if index else "")


def _found(crystal: Crystal) -> tuple[dict, tuple[str, ...]]:
    """Return the result of seekpath for the crystal, and its warnings."""
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
    """Return fractional coordinates of the special points, and the recommended path.

    In a cell that is not primitive both are those of its primitive cell; if coordinates were
    rounded, those of the symmetry within `LOOSE`.
    """
    found, _ = _found(crystal)
    points = {_greek(name): np.round(k, 12) + 0.0 for name, k in found["point_coords"].items()}
    pieces: list[list[str]] = []
    for start, end in found["path"]:
        if not pieces or pieces[-1][-1] != _greek(start):
            pieces.append([_greek(start)])
        pieces[-1].append(_greek(end))
    return points, tuple(map(tuple, pieces))


def path_notes(crystal: Crystal) -> list[str]:
    """Return notes for the user of a path: folded bands, rounded coordinates, edge cases."""
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
    """Return name and coordinates of each special point of each piece."""
    points, recommended = special_points(crystal)
    pieces = pieces or recommended
    unknown = [name for piece in pieces for name in piece if name not in points]
    if unknown:
        raise InputError(
            f"this crystal has no special point {unknown[0]!r}", suggest(unknown[0], points)
        )
    return [[(name, points[name]) for name in piece] for piece in pieces]


POINTS, OF_LEG = 60, 15
"""Number of k-points of a path by default; of long paths this many for each leg."""
FEW_LEGS = 6
"""Paths with more legs are long; that of zinc blende has six, that of wurtzite nine."""


def path(crystal: Crystal, pieces: Pieces | None = None, points: int | None = None) -> KPoints:
    """Return evenly spaced k-points along a path.

    Args:
        crystal: the crystal.
        pieces: names of special points; None for the recommended path.
        points: approximate number of k-points; None for 60, or for 15 a leg if there are
            more than six, as in wurtzite, whose short legs would have too few.
    """
    stops = _stops(crystal, pieces)
    b = np.asarray(crystal.concrete.reciprocal)
    legs = [(p[1], q[1]) for piece in stops for p, q in pairwise(piece)]
    if points is None:
        points = POINTS if len(legs) <= FEW_LEGS else OF_LEG * len(legs)
    total = sum(float(np.linalg.norm((q - p) @ b)) for p, q in legs)
    if not total:
        raise InputError("the path has no length", "name two different points")
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


LEAP = 2.5
"""A step between two special points is a jump if it is this many times its neighbours."""


def names_at(crystal: Crystal, k: Float[np.ndarray, "k 3"]) -> tuple[str, ...]:
    """Return the name of each k-point that is equivalent to a special point, "" otherwise.

    A point related by a rotation alone takes precedence over one that also needs a reciprocal
    lattice vector; this distinguishes K of fcc from U.
    """
    points, _ = special_points(crystal)
    R = rotations(crystal)
    images = np.einsum("ki,oij->koj", k, np.concatenate([R, -R]))
    names = [""] * len(k)
    for name, point in reversed(points.items()):
        apart = images - point
        for i in np.flatnonzero(_zero(apart - np.round(apart)).any(axis=1)):
            names[i] = name
    for name, point in reversed(points.items()):
        for i in np.flatnonzero(_zero(images - point).any(axis=1)):
            names[i] = name
    return tuple(names)


def jumps_in(
    crystal: Crystal, k: Float[np.ndarray, "k 3"], names: tuple[str, ...]
) -> tuple[int, ...]:
    """Return the indices where a new piece starts: a long step between two special points."""
    steps = np.linalg.norm(np.diff(k, axis=0) @ np.asarray(crystal.concrete.reciprocal), axis=1)
    padded = np.concatenate([[0.0], steps, [0.0]])
    around = np.maximum(padded[:-2], padded[2:])
    leaps = (steps > LEAP * around) & (around > 0)
    return tuple(int(i) + 1 for i in np.flatnonzero(leaps) if names[i] and names[i + 1])


def _zero(apart: Float[np.ndarray, "k op 3"]) -> np.ndarray:
    """Return where all three components vanish."""
    return np.asarray((np.abs(apart) < SAME_K).all(axis=-1))
