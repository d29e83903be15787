"""The lattice from which a dot is cut: a crystal whose atoms have four bonds each.

A bond joins a cation and an anion, by the signs of their formal charges. The bonds of each atom
of the cell are found once; those of a million atoms then follow by integers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree, Voronoi

from nnpp.errors import InputError, suggest
from nnpp.structures.crystal import Crystal
from nnpp.structures.dots.dot import formal_charge
from nnpp.structures.environment import REACH

COORDINATION = 4

STEPS = np.stack(np.meshgrid(*[range(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
"""The cell and those around it; two in each direction suffice also for skewed cells."""


@dataclass(frozen=True)
class Lattice:
    """A crystal and its bonds.

    Attributes:
        cell: lattice vectors as rows [bohr].
        positions: positions of the atoms of one cell [bohr].
        symbols: their elements.
        near: for each atom the atoms at the other ends of its bonds.
        shift: the cells of these atoms.
        crystal: the crystal itself.
    """

    cell: Float[np.ndarray, "3 3"]
    positions: Float[np.ndarray, "atom 3"]
    symbols: tuple[str, ...]
    near: Int[np.ndarray, "atom 4"]
    shift: Int[np.ndarray, "atom 4 3"]
    crystal: Crystal

    @property
    def bonds(self) -> Float[np.ndarray, "atom 4 3"]:
        """The vectors from each atom along its bonds [bohr]."""
        return self.positions[self.near] + self.shift @ self.cell - self.positions[:, None]

    @property
    def volume_per_atom(self) -> float:
        """The volume of the cell divided by its atoms [bohr³]."""
        return float(abs(np.linalg.det(self.cell))) / len(self.symbols)

    @property
    def lengths(self) -> dict[tuple[str, str], float]:
        """The mean length of the bonds between each pair of cation and anion [bohr]."""
        found: dict[tuple[str, str], list[float]] = {}
        lengths = np.linalg.norm(self.bonds, axis=-1)
        for a, b, d in zip(
            np.repeat(np.arange(len(self.symbols)), COORDINATION),
            self.near.ravel(),
            lengths.ravel(),
            strict=True,
        ):
            if formal_charge(self.symbols[a]) > 0:
                found.setdefault((self.symbols[a], self.symbols[b]), []).append(float(d))
        return {pair: float(np.mean(d)) for pair, d in found.items()}


def lattice_of(crystal: Crystal) -> Lattice:
    """Return the lattice of a crystal; an InputError unless all its atoms have four bonds."""
    cell, x = np.asarray(crystal.cell), np.asarray(crystal.fractional)
    r = (x - np.floor(x)) @ cell
    sign = np.sign([formal_charge(s) for s in crystal.symbols])
    images = (r + (STEPS @ cell)[:, None]).reshape(-1, 3)
    steps, atom = np.repeat(STEPS, len(r), axis=0), np.tile(np.arange(len(r)), len(STEPS))
    tree = KDTree(images)
    near, shift = np.zeros((len(r), 4), int), np.zeros((len(r), 4, 3), int)
    shortest = _shortest(tree, atom, sign, r)
    for a, of_a in enumerate(tree.query_ball_point(r, REACH * shortest)):
        bonded = np.array([i for i in of_a if sign[atom[i]] == -sign[a]], int)
        if len(bonded) != COORDINATION:
            raise InputError(
                f"atom {a + 1} ({crystal.symbols[a]}) has {len(bonded)} bonds, not 4",
                "use zinc blende or wurtzite, or `perovskite-CsPbI3`",
            )
        near[a], shift[a] = atom[bonded], steps[bonded]
    return Lattice(cell, r, crystal.symbols, near, shift, crystal)


def _shortest(
    tree: KDTree,
    atom: Int[np.ndarray, " image"],
    sign: Int[np.ndarray, " atom"],
    r: Float[np.ndarray, "atom 3"],
) -> float:
    """Return the smallest distance between a cation and an anion [bohr]."""
    lengths, found = tree.query(r, min(32, len(atom)))
    opposite = sign[atom[found]] == -sign[:, None]
    if not opposite.any():
        raise InputError("the crystal has no bond of a cation and an anion", "use a compound")
    return float(lengths[opposite].min())


def _cation(lattice: Lattice) -> int:
    return next(a for a, s in enumerate(lattice.symbols) if formal_charge(s) > 0)


def _on_cation(lattice: Lattice) -> Float[np.ndarray, " 3"]:
    return lattice.positions[_cation(lattice)]


def _on_anion(lattice: Lattice) -> Float[np.ndarray, " 3"]:
    return lattice.positions[lattice.near[_cation(lattice), 0]]


def _on_bond(lattice: Lattice) -> Float[np.ndarray, " 3"]:
    """Return the middle of the bond nearest to the third lattice vector (in wurtzite, c)."""
    a = _cation(lattice)
    bonds = lattice.bonds[a]
    along = np.abs(bonds @ lattice.cell[2]) / np.linalg.norm(bonds, axis=1)
    return lattice.positions[a] + bonds[np.argmax(np.round(along, 6))] / 2


def _on_hollow(lattice: Lattice) -> Float[np.ndarray, " 3"]:
    """Return the point in the cell that is farthest from all atoms."""
    images = (lattice.positions + (STEPS @ lattice.cell)[:, None]).reshape(-1, 3)
    points = Voronoi(images).vertices
    x = np.round(points @ np.linalg.inv(lattice.cell), 6)
    inside = points[((x >= 0) & (x < 1)).all(axis=1)]
    away = np.round(KDTree(images).query(inside)[0], 4)
    best = inside[away == away.max()]
    return best[np.lexsort(np.round(best, 4).T[::-1])[0]]


CENTRES = {"cation": _on_cation, "anion": _on_anion, "bond": _on_bond, "hollow": _on_hollow}
"""Centres of a dot by their names."""


def centre_of(lattice: Lattice, name: str) -> Float[np.ndarray, " 3"]:
    """Return the centre of a dot [bohr] by its name."""
    if name not in CENTRES:
        raise InputError(f"unknown centre {name!r:.30}", suggest(name, CENTRES), "--centre")
    return CENTRES[name](lattice)
