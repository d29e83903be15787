"""The size of a dot: diameters by three definitions, and the size for a number of atoms."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

FEW = 200
"""Up to this many atoms all distances are compared."""

WIDENINGS = 8
"""How often the range of sizes is doubled at each end."""

HALVINGS, NEARBY = 16, 41
"""Sizes tried for a number of atoms: by bisection, then around the result: with the
removal of atoms, their number is not monotonic."""


@dataclass(frozen=True)
class Diameters:
    """Diameters of the atoms of a dot, without passivants [bohr].

    Attributes:
        extent: largest distance between two atoms.
        volume: (6V/π)^(1/3), where V is the volume of as many atoms in the crystal.
        gyration: 2√(5/3) times the radius of gyration; that of a uniform sphere.
    """

    extent: float
    volume: float
    gyration: float


def diameters(r: Float[np.ndarray, "atom 3"], volume_per_atom: float) -> Diameters:
    """Return the diameters of atoms at r [bohr], each of this volume in the crystal [bohr³]."""
    gyration = np.sqrt(np.mean(np.sum((r - r.mean(axis=0)) ** 2, axis=1)))
    return Diameters(
        _extent(r),
        float((6 * len(r) * volume_per_atom / np.pi) ** (1 / 3)),
        float(2 * np.sqrt(5 / 3) * gyration),
    )


def _extent(r: Float[np.ndarray, "atom 3"]) -> float:
    """Return the largest distance between two atoms, which are corners of the convex hull."""
    if len(r) < 2:
        return 0.0
    if len(r) > FEW:
        with suppress(QhullError):  # all atoms in one plane
            r = r[ConvexHull(r).vertices]
    return float(pdist(r).max())


def size_of_count(count_at: Callable[[float], int], guess: float, wanted: int) -> float:
    """Return the size at which a dot has about so many atoms.

    The number of atoms grows in steps; the result is the best of the sizes that were tried.

    Args:
        count_at: returns the number of atoms of a size.
        guess: a size; from a third to three times of it is searched, and beyond if the
            number of atoms is not reached there.
        wanted: the number of atoms.
    """
    low, high = guess / 3, 3 * guess
    counts: dict[float, int] = {}
    for _ in range(WIDENINGS):
        counts[low] = count_at(low)
        if counts[low] <= wanted:
            break
        low, high = low / 2, low
    for _ in range(WIDENINGS):
        counts[high] = count_at(high)
        if counts[high] >= wanted:
            break
        high *= 2
    for _ in range(HALVINGS):
        size = (low + high) / 2
        counts[size] = count_at(size)
        low, high = (size, high) if counts[size] < wanted else (low, size)
    for size in np.linspace(0.95 * high, 1.05 * high, NEARBY).tolist():
        counts[size] = count_at(size)
    return min(counts, key=lambda size: (abs(counts[size] - wanted), size))
