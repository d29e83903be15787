"""Crystals of the benchmarks with their cutoffs [hartree]."""

import numpy as np

from nnpp.structures.crystal import Crystal, crystal


def _zincblende(cation: str, anion: str, a: float) -> Crystal:
    fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return crystal(fcc * a, [[0.125] * 3, [-0.125] * 3], (cation, anion))


def _wurtzite(cation: str, anion: str, a: float, c: float, u: float) -> Crystal:
    cell = np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
    third = np.array([1 / 3, 2 / 3, 0]), np.array([2 / 3, 1 / 3, 0.5])
    up = np.array([0, 0, u])
    atoms = [third[0], third[1], third[0] + up, third[1] + up]
    return crystal(cell, atoms, (cation, cation, anion, anion))


def perovskite() -> Crystal:
    """Return cubic CsPbI3."""
    halves = [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]]
    return crystal(np.eye(3) * 11.884, halves, ("Pb", "I", "I", "I", "Cs"))


CRYSTALS = {
    "zb-CdSe": (_zincblende("Cd", "Se", 11.4485278), 10.0),
    "GaP": (_zincblende("Ga", "P", 10.2980625), 10.0),
    "wz-CdSe": (_wurtzite("Cd", "Se", 8.125, 13.26, 0.375), 6.0),
    "CsPbI3": (perovskite(), 10.0),
}
