"""A bare list of k-points, recognised: the names of special points, and where a path jumps."""

import numpy as np
from jaxtyping import Float

from nnpp.structures.crystal import Crystal
from nnpp.structures.paths import special_points
from nnpp.structures.symmetry import SAME_K, rotations

LEAP = 2.5
"""A step between two named k-points that is so many times its neighbours is a jump."""


def names_at(crystal: Crystal, k: Float[np.ndarray, "k 3"]) -> tuple[str, ...]:
    """The name of each k-point that is a special one, or symmetric to one; "" elsewhere.

    One that a rotation alone takes to a special point comes before one that needs a
    reciprocal lattice vector as well: so K of fcc is told from U.
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
    """The places where a new piece of a path starts: a leap from one named point to another."""
    steps = np.linalg.norm(np.diff(k, axis=0) @ np.asarray(crystal.reciprocal), axis=1)
    around = np.concatenate([[0.0], steps, [0.0]])
    beside = np.maximum(around[:-2], around[2:])
    leaps = (steps > LEAP * beside) & (beside > 0)
    return tuple(int(i) + 1 for i in np.flatnonzero(leaps) if names[i] and names[i + 1])


def _zero(apart: Float[np.ndarray, "k op 3"]) -> np.ndarray:
    """Where all three components vanish."""
    return np.asarray((np.abs(apart) < SAME_K).all(axis=-1))
