"""Which sites are on the surface of a dot, and the volume of a dot, from positions alone.

A bond joins a cation and an anion that are nearer than 1.25 of the distance to the nearest atom
of opposite charge, the larger one of both atoms. Ligands are hydrogen and, where other anions
have higher charges, halogens: they are passivants, and bonds to them do not count. An atom is
on the surface if it has fewer bonds than its element can have: four, or as many as any atom of
its element if these are more (perovskites) or if its charge is ±1 (Cs, I).
"""

import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial import ConvexHull, KDTree, QhullError

from nnpp.structures.dots.dot import Dot, formal_charge
from nnpp.structures.environment import REACH

TETRAHEDRAL = 4
"""Bonds of an atom inside zinc blende or wurtzite."""


def is_surface(of: Dot) -> Bool[np.ndarray, " site"]:
    """Return whether each site is a passivant, a ligand, or an atom with a broken bond."""
    charge = np.array([0 if p else formal_charge(s) for s, p in _symbols(of)])
    symbols = np.array(of.symbols)
    highest = -charge.min(initial=0)
    ligand = (symbols == "H") | ((charge == -1) & (highest > 1))
    atom = ~of.is_passivant & ~ligand
    bonds = np.zeros(len(symbols), int)
    bonds[atom] = _bonds(np.asarray(of.positions)[atom], np.sign(charge[atom]))
    surface = ~atom
    for symbol in set(symbols[atom].tolist()):
        members = atom & (symbols == symbol)
        least = 0 if abs(formal_charge(symbol)) == 1 else TETRAHEDRAL
        surface[members] = bonds[members] < max(least, bonds[members].max())
    return surface


def _symbols(of: Dot) -> list[tuple[str, bool]]:
    """Return each symbol, and whether it is a Gaussian passivant."""
    return list(zip(of.symbols, of.is_passivant.tolist(), strict=True))


def _bonds(
    r: Float[np.ndarray, "atom 3"], sign: Int[np.ndarray, " atom"]
) -> Int[np.ndarray, " atom"]:
    """Return the number of bonds of each atom."""
    shortest, count = np.zeros(len(r)), np.zeros(len(r), int)
    for s in (-1, 1):
        if (sign == s).any() and (sign == -s).any():
            shortest[sign == s] = np.asarray(KDTree(r[sign == -s]).query(r[sign == s])[0])
    if not shortest.any():
        return count
    i, j = KDTree(r).query_pairs(REACH * shortest.max(), output_type="ndarray").T
    length = np.linalg.norm(r[i] - r[j], axis=1)
    near = length < REACH * np.maximum(shortest[i], shortest[j])
    bonded = near & (sign[i] == -sign[j])
    return count + np.bincount(np.concatenate([i[bonded], j[bonded]]), minlength=len(r))


def hull_volume(positions: Float[np.ndarray | Array, "site 3"]) -> float:
    """Return the volume of the convex hull of sites [bohr³]; zero if they lie in one plane."""
    try:
        return float(ConvexHull(np.asarray(positions)).volume)
    except (QhullError, ValueError):  # fewer than four sites, or all in one plane
        return 0.0
