"""Crystals related to zinc blende: wurtzite, superlattices and quasi-random alloys.

Of all arrangements of its atoms, a quasi-random cell has the pair correlations nearest to those
of a random alloy, Π_shell = (2x−1)² (Zunger, Wei, Ferreira and Bernard, Phys. Rev. Lett. 65,
353 (1990)). Bond lengths are those of zinc blende with lattice constant a.
"""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from jaxtyping import Float

from nnpp.structures.crystal import Crystal, crystal

FCC = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
QUARTER = np.array([0.25, 0.25, 0.25])
SHELLS = 3
"""Number of shells of the face-centred lattice whose pairs are compared."""

LONGEST = 2.5
"""Lattice vectors of a quasi-random cell are shorter than this [a]."""


def zinc_blende(cation: str, anion: str, a: float) -> Crystal:
    """Return the primitive cell of zinc blende with lattice constant `a` [bohr]."""
    return crystal(a * FCC, np.stack([np.zeros(3), np.full(3, 0.25)]), (cation, anion))


def wurtzite(
    cation: str, anion: str, a: float, ratio: float = np.sqrt(8 / 3), u: float = 3 / 8
) -> Crystal:
    """Return wurtzite, by default with the bonds of zinc blende.

    Args:
        cation: element of the cation.
        anion: element of the anion.
        a: lattice constant in the basal plane [bohr]; 1/√2 of that of zinc blende.
        ratio: c/a.
        u: distance of cation and anion along c, divided by c.
    """
    cell = a * np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, ratio]])
    third = np.array([[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5]])
    above = third + np.array([0, 0, u])
    return crystal(cell, np.concatenate([third, above]), (cation,) * 2 + (anion,) * 2)


def superlattice(
    first: tuple[str, str], second: tuple[str, str], a: float, layers: int = 1
) -> Crystal:
    """Return a superlattice along 001.

    Args:
        first: cation and anion of the first compound.
        second: cation and anion of the second compound.
        a: lattice constant of zinc blende [bohr].
        layers: number of layers of each compound.
    """
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
    """Return a quasi-random alloy.

    Args:
        mixed: the two elements that share a sublattice.
        other: the element of the other sublattice.
        x: fraction of the second of `mixed`.
        a: lattice constant of zinc blende [bohr].
        on_cations: whether `mixed` are cations.
        count: number of primitive cells.
    """
    target = [(2 * x - 1) ** 2 / s for s in range(1, SHELLS + 1)]
    best, found = np.inf, None
    for cell in _cells(count):
        sites = _sites(cell)
        pairs = _pairs(sites, cell)
        for chosen in combinations(range(count), round(x * count)):
            spin = -np.ones(count)
            spin[list(chosen)] = 1
            found_pairs = [spin @ p @ spin / p.sum() / s for s, p in enumerate(pairs, 1)]
            error = round(float(np.abs(np.subtract(found_pairs, target)).sum()), 9)
            if error < best:  # the first of equals
                best, found = error, (cell, sites, set(chosen))
    assert found is not None, "a cell always exists"
    cell, sites, chosen = found
    symbols = [mixed[i in chosen] for i in range(count)] + [other] * count
    offset = QUARTER @ np.linalg.inv(cell) * (1 if on_cations else -1)
    return crystal(a * cell, np.concatenate([sites, sites + offset]), tuple(symbols))


def _cells(count: int) -> Iterator[Float[np.ndarray, "3 3"]]:
    """Yield compact cells of `count` primitive cells of a face-centred lattice [a]."""
    for i, j in product(range(1, count + 1), repeat=2):
        if count % (i * j):
            continue
        k = count // (i * j)
        for b, c, d in product(range(j), range(k), range(k)):
            cell = _compact(np.array([[i, b, c], [0, j, d], [0, 0, k]]) @ FCC)
            if np.linalg.norm(cell, axis=1).max() < LONGEST:
                yield cell


def _compact(cell: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the lattice with vectors that no sum or difference of two makes shorter."""
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
    """Return the points of the face-centred lattice within a cell, fractional."""
    n = np.stack(np.meshgrid(*[np.arange(-6, 7)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = np.round(n @ FCC @ np.linalg.inv(cell), 9)
    return np.unique(x[np.all((x >= 0) & (x < 1), axis=1)], axis=0)


def _pairs(
    sites: Float[np.ndarray, "site 3"], cell: Float[np.ndarray, "3 3"]
) -> list[Float[np.ndarray, "site site"]]:
    """Return for each shell how often each pair of sites are neighbours."""
    n = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 3)
    square = np.sum(((sites[:, None, None] - sites + n[:, None]) @ cell) ** 2, axis=-1)
    return [
        np.sum(np.abs(square - s / 2) < 1e-6, axis=1).astype(float)
        for s in range(1, SHELLS + 1)
    ]
