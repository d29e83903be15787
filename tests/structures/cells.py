"""Cells of many kinds for tests of symmetry, paths and meshes."""

import numpy as np

from nnpp.structures.crystal import Crystal, crystal
from tests import systems

A_SI = 10.2613
"""Silicon, 5.43 Å [bohr]."""

TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
"""A rotation that leaves no vector on an axis."""


def silicon() -> Crystal:
    """Diamond: zinc blende of one element."""
    return systems.zincblende("Si", "Si", A_SI)


def wurtzite() -> Crystal:
    """CdSe with ideal u = 3/8, a = 8.126, c = 13.26 bohr (Wyckoff, Crystal Structures)."""
    a, c, u = 8.126, 13.26, 0.375
    cell = [[a, 0, 0], [-a / 2, a * np.sqrt(0.75), 0], [0, 0, c]]
    places = [[1 / 3, 2 / 3, z] for z in (0, u)] + [[2 / 3, 1 / 3, z + 0.5] for z in (0, u)]
    return crystal(cell, places, ("Cd", "Se", "Cd", "Se"))


def repeated(structure: Crystal, M: list[list[int]]) -> Crystal:
    """The same crystal in the cell M·a."""
    reach = np.stack(np.meshgrid(*[np.arange(-5, 6)] * 3, indexing="ij"), -1).reshape(-1, 3)
    places, symbols = [], []
    for x, symbol in zip(np.asarray(structure.fractional), structure.symbols, strict=True):
        moved = (x + reach) @ np.linalg.inv(np.array(M, float))
        inside = moved[np.all((moved > -1e-9) & (moved < 1 - 1e-9), axis=1)]
        assert len(inside) == abs(round(np.linalg.det(M)))
        places += list(inside)
        symbols += [symbol] * len(inside)
    return crystal(np.array(M) @ np.asarray(structure.cell), places, tuple(symbols))


def turned(structure: Crystal) -> Crystal:
    """The same crystal, seen from elsewhere."""
    return crystal(structure.cell @ TURN.T, structure.fractional, structure.symbols)


CUBE = [[-1, 1, 1], [1, -1, 1], [1, 1, -1]]
"""The conventional cell, from the primitive vectors of `systems.FCC`."""

ODD = [[1, 0, 0], [1, 1, 0], [0, 2, 1]]
"""Other vectors of the same lattice."""

LEFT = [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
"""Two vectors exchanged: a left-handed cell."""

CELLS = {
    "zinc blende": systems.zincblende,
    "silicon": silicon,
    "wurtzite": wurtzite,
    "perovskite": systems.perovskite,
    "eight atoms": lambda: repeated(systems.zincblende(), CUBE),
    "two cells": lambda: repeated(systems.zincblende(), [[1, 0, 0], [0, 1, 0], [0, 0, 2]]),
    "other vectors": lambda: repeated(systems.zincblende(), ODD),
    "left-handed": lambda: repeated(systems.zincblende(), LEFT),
    "turned": lambda: turned(systems.zincblende()),
    "triclinic": lambda: systems.zincblende().strained(systems.LOW_SYMMETRY),
}
