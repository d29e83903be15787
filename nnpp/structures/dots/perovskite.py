"""Cubes of the cubic perovskite ABX₃ with surfaces of A and X, or of B and X.

With surfaces AX a cube of n³ cells has (n+1)³ A, n³ B and 3n²(n+1) X, and each B has six
neighbours; with surfaces BX it has n³ A, (n+1)³ B and 3n(n+1)² X.
"""

import re

import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError, suggest
from nnpp.structures.dots.crystals import PEROVSKITE
from nnpp.units import LENGTH

NAME = re.compile(r"perovskite-([A-Z][a-z]?)([A-Z][a-z]?)([A-Z][a-z]?)3")


def perovskite_cube(
    name: str, cells: int, surface: str, a: float
) -> tuple[Float[np.ndarray, "atom 3"], tuple[str, ...]]:
    """Return positions [bohr] and elements of a cube.

    Args:
        name: as perovskite-CsPbI3.
        cells: number of cells along each edge.
        surface: A-X or B-X, as CsI or PbI.
        a: lattice constant [bohr].
    """
    A, B, X = elements(name)
    if surface not in (A + X, B + X):
        raise InputError(
            f"unknown surface {surface!r:.20}", suggest(surface, (A + X, B + X)), "--surface"
        )
    corner, centre = (A, B) if surface == A + X else (B, A)
    ends, middles = np.arange(cells + 1.0), np.arange(cells) + 0.5
    parts = [(corner, (ends, ends, ends)), (centre, (middles, middles, middles))]
    for axis in range(3):
        # X lies between two B: on faces if B is at the centre of the cell, else on edges.
        along, across = (ends, middles) if surface == A + X else (middles, ends)
        grid = [across] * 3
        grid[axis] = along
        parts.append((X, tuple(grid)))
    points, symbols = [], []
    for symbol, grid in parts:
        of_part = np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, 3)
        points.append(of_part)
        symbols += [symbol] * len(of_part)
    return a * (np.concatenate(points) - cells / 2), tuple(symbols)


def elements(name: str) -> tuple[str, str, str]:
    """Return A, B and X of a name as perovskite-CsPbI3."""
    found = NAME.fullmatch(name)
    if found is None or name.partition("-")[2] not in PEROVSKITE:
        known = [f"perovskite-{c}" for c in PEROVSKITE]
        raise InputError(f"unknown crystal {name!r:.40}", suggest(name, known))
    return found[1], found[2], found[3]


def lattice_constant(name: str) -> float:
    """Return the lattice constant of a perovskite [bohr]."""
    elements(name)
    return PEROVSKITE[name.partition("-")[2]] * LENGTH["angstrom"]
