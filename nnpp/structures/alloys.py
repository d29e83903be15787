"""Crystals made of zinc blende: wurtzite, superlattices, and quasi-random alloys.

A quasi-random cell has, among all ways to put so many atoms on its sites, pair correlations
nearest to those of a random alloy, Π_shell = (2x−1)² (Zunger, Wei, Ferreira and Bernard, Phys.
Rev. Lett. 65, 353 (1990)). Every length is that of a zinc blende of lattice constant a.
"""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from jaxtyping import Float

from nnpp.structures.crystal import Crystal, crystal

FCC = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
QUARTER = np.array([0.25, 0.25, 0.25])
SHELLS = 3
"""Pairs as far apart as these shells of a face-centred lattice are looked at."""

LONGEST = 2.5
"""Lattice vectors of a quasi-random cell are shorter [a]."""


def zinc_blende(cation: str, anion: str, a: float) -> Crystal:
    """One primitive cell."""
    return crystal(a * FCC, np.stack([np.zeros(3), np.full(3, 0.25)]), (cation, anion))


def wurtzite(cation: str, anion: str, a: float) -> Crystal:
    """With the bonds of a zinc blende: a_w = a/√2, c = √(8/3) a_w, u = 3/8 [bohr]."""
    side = a / np.sqrt(2)
    cell = side * np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, np.sqrt(8 / 3)]])
    third = np.array([[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5]])
    above = third + np.array([0, 0, 3 / 8])
    return crystal(cell, np.concatenate([third, above]), (cation,) * 2 + (anion,) * 2)


def superlattice(
    first: tuple[str, str], second: tuple[str, str], a: float, layers: int = 1
) -> Crystal:
    """`layers` of one and as many of the other along 001; cation and anion of each."""
    cell = a * np.array([[0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, float(layers)]])
    atoms, symbols = [], []
    for n in range(2 * layers):
        height = n * a / 2
        corner = np.array([0.0, 0.5 * (n % 2), 0.0]) * a
        pair = first if n < layers else second
        for symbol, at in zip(pair, (np.zeros(3), QUARTER * a), strict=True):
            atoms.append(corner + at + np.array([0, 0, height]))
            symbols.append(symbol)
    return crystal(cell, np.array(atoms) @ np.linalg.inv(cell), tuple(symbols))


def quasi_random(
    mixed: tuple[str, str], other: str, x: float, a: float, on_cations: bool, count: int = 8
) -> Crystal:
    """A part x of the second of `mixed`, in the best cell of `count` primitive ones."""
    wanted = [(2 * x - 1) ** 2 / s for s in range(1, SHELLS + 1)]
    best, found = np.inf, None
    for cell in _cells(count):
        sites = _sites(cell)
        pairs = _pairs(sites, cell)
        for chosen in combinations(range(count), round(x * count)):
            spin = -np.ones(count)
            spin[list(chosen)] = 1
            seen = [spin @ p @ spin / p.sum() / s for s, p in enumerate(pairs, 1)]
            off = round(float(np.abs(np.subtract(seen, wanted)).sum()), 9)
            if off < best:  # the first of equals
                best, found = off, (cell, sites, set(chosen))
    assert found is not None, "there is a cell"
    cell, sites, chosen = found
    symbols = [mixed[i in chosen] for i in range(count)] + [other] * count
    away = QUARTER @ np.linalg.inv(cell) * (1 if on_cations else -1)
    return crystal(a * cell, np.concatenate([sites, sites + away]), tuple(symbols))


def _cells(count: int) -> Iterator[Float[np.ndarray, "3 3"]]:
    """Compact cells of so many primitive ones of a face-centred lattice, in units of a."""
    for i, j in product(range(1, count + 1), repeat=2):
        if count % (i * j):
            continue
        k = count // (i * j)
        for b, c, d in product(range(j), range(k), range(k)):
            cell = _compact(np.array([[i, b, c], [0, j, d], [0, 0, k]]) @ FCC)
            if np.linalg.norm(cell, axis=1).max() < LONGEST:
                yield cell


def _compact(cell: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """The same lattice by vectors that no other one of them shortens."""
    cell, shorter = cell.copy(), True
    while shorter:
        shorter = False
        for i, j in product(range(3), repeat=2):
            for sign in (1, -1):
                other = cell[i] + sign * cell[j]
                if i != j and other @ other < cell[i] @ cell[i] - 1e-9:
                    cell[i], shorter = other, True
    return cell


def _sites(cell: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "site 3"]:
    """The points of the face-centred lattice within a cell, fractional."""
    n = np.stack(np.meshgrid(*[np.arange(-6, 7)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = np.round(n @ FCC @ np.linalg.inv(cell), 9)
    return np.unique(x[np.all((x >= 0) & (x < 1), axis=1)], axis=0)


def _pairs(
    sites: Float[np.ndarray, "site 3"], cell: Float[np.ndarray, "3 3"]
) -> list[Float[np.ndarray, "site site"]]:
    """How often each two sites are neighbours, shell by shell."""
    n = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    square = np.sum(((sites[:, None, None] - sites + n[:, None]) @ cell) ** 2, axis=-1)
    return [
        np.sum(np.abs(square - s / 2) < 1e-6, axis=1).astype(float)
        for s in range(1, SHELLS + 1)
    ]
