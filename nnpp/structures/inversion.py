"""Inversion: x → 2c − x maps the crystal onto itself; with origin c every V_G is real."""

from collections.abc import Iterator
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from scipy.spatial import KDTree

from nnpp.devices.tracing import differentiated
from nnpp.structures.crystal import Crystal

EXACT = 1e-12
"""Fractional coordinates that agree to this are equal; a larger value would change levels."""


def centred(crystal: Crystal) -> tuple[Crystal, bool]:
    """Return the crystal with a centre of inversion at the origin, and whether it has one.

    Differentiated positions have none: each atom moves alone.
    """
    if differentiated(crystal.fractional):
        return crystal, False
    for c in _candidates(crystal):
        if _is_centre(crystal, c):
            return replace(crystal, fractional=crystal.fractional - jnp.asarray(c)), True
    return crystal, False


def _candidates(crystal: Crystal) -> Iterator[np.ndarray]:
    """Yield the midpoints between one atom of the rarest element and each atom of it."""
    x, species = np.asarray(crystal.fractional), np.asarray(crystal.species_of_atom)
    rarest = x[species == np.bincount(species).argmin()]
    yield from (rarest + rarest[0]) / 2


def _is_centre(crystal: Crystal, c: np.ndarray) -> bool:
    """Return whether every atom has a partner of its element at 2c − x."""
    x, species = np.asarray(crystal.fractional), np.asarray(crystal.species_of_atom)
    return all(
        _same(2 * c - of_s, of_s)
        for of_s in (x[species == s] for s in range(len(crystal.species)))
    )


def images(crystal: Crystal) -> np.ndarray:
    """Return for each atom the atom at −x, in a crystal with a centre of inversion at 0."""
    x = np.asarray(crystal.fractional)
    inside = [_inside(z) for z in (x, -x)]
    return np.asarray(KDTree(inside[0], boxsize=1.0).query(inside[1])[1])


def _inside(x: np.ndarray) -> np.ndarray:
    """Return `x` in [0, 1)."""
    return np.mod(np.mod(x, 1.0), 1.0)  # twice: −1e-17 becomes 1.0, then 0


def _same(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether two sets of points are equal, up to lattice vectors."""
    inside = [_inside(z) for z in (x, y)]
    distance, partner = KDTree(inside[1], boxsize=1.0).query(inside[0])
    return bool(np.max(distance) < EXACT) and len(np.unique(partner)) == len(x)
