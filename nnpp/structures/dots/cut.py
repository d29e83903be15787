"""A piece of a lattice: its sites and their bonds, also those that are broken."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from nnpp.errors import InputError
from nnpp.structures.dots.dot import MOST_SITES, formal_charge
from nnpp.structures.dots.lattice import Lattice
from nnpp.structures.dots.shapes import Body

SAME = 1e-6
"""Sites this far outside the surface belong to the dot [bohr]."""

FEWEST_BONDS = 2
"""Atoms with fewer bonds are removed."""


@dataclass(frozen=True)
class Cut:
    """Atoms of a dot and their bonds.

    Attributes:
        positions: positions from the centre of the dot [bohr].
        sites: the same in the lattice, before any relaxation [bohr].
        symbols: the element of each atom.
        near: the atoms at the other ends of its bonds; −1 for a broken bond.
        bonds: the vectors along the bonds of the lattice, also along broken ones [bohr].
        outside: distance from the surface of the core [bohr]; positive in a shell.
    """

    positions: Float[np.ndarray, "atom 3"]
    sites: Float[np.ndarray, "atom 3"]
    symbols: tuple[str, ...]
    near: Int[np.ndarray, "atom 4"]
    bonds: Float[np.ndarray, "atom 4 3"]
    outside: Float[np.ndarray, " atom"]

    @property
    def broken(self) -> Bool[np.ndarray, "atom 4"]:
        """Which bonds are broken."""
        return self.near < 0

    @property
    def in_core(self) -> Bool[np.ndarray, " atom"]:
        """Which atoms are in the core; all others are in the shell."""
        return self.outside <= SAME

    @property
    def charges(self) -> Int[np.ndarray, " atom"]:
        """The formal charge of each atom."""
        return np.array([formal_charge(s) for s in self.symbols])

    def kept(self, mask: Bool[np.ndarray, " atom"]) -> "Cut":
        """Return these atoms only; bonds to others are broken."""
        number = np.append(np.where(mask, np.cumsum(mask) - 1, -1), -1)  # the last is for −1
        return Cut(
            self.positions[mask],
            self.sites[mask],
            tuple(np.array(self.symbols)[mask].tolist()),
            number[self.near[mask]],
            self.bonds[mask],
            self.outside[mask],
        )


def cut_out(
    lattice: Lattice, centre: Float[np.ndarray, " 3"], body: Body, shell: float = 0.0
) -> Cut:
    """Return the atoms of a lattice within a body and a shell around it.

    Args:
        lattice: the crystal and its bonds.
        centre: the point of the lattice at the centre of the body [bohr].
        body: the shape.
        shell: thickness of the shell [bohr].
    """
    n = _cells(lattice, centre, body.reach + shell)
    size = np.ptp(n, axis=0) + 1
    lowest, count = n.min(axis=0), len(lattice.symbols)
    r = (lattice.positions + (n @ lattice.cell)[:, None] - centre).reshape(-1, 3)
    outside = body.distance(r)
    inside = np.flatnonzero(outside <= shell + SAME)
    number = np.full(len(r), -1)
    number[inside] = np.arange(len(inside))
    cell, atom = np.divmod(inside, count)
    others = n[cell][:, None] + lattice.shift[atom] - lowest
    known = ((others >= 0) & (others < size)).all(axis=-1)
    place = np.where(known, others @ (size[1] * size[2], size[2], 1), 0)
    near = np.where(known, number[place * count + lattice.near[atom]], -1)
    symbols = tuple(np.array(lattice.symbols)[atom].tolist())
    return Cut(r[inside], r[inside], symbols, near, lattice.bonds[atom], outside[inside])


def _cells(
    lattice: Lattice, centre: Float[np.ndarray, " 3"], reach: float
) -> Int[np.ndarray, "cell 3"]:
    """Return all cells that a sphere of radius `reach` around the centre touches."""
    inverse = np.linalg.inv(lattice.cell)
    margin = reach * np.linalg.norm(inverse, axis=0) + 1.5
    lowest = np.floor(centre @ inverse - margin).astype(int)
    highest = np.ceil(centre @ inverse + margin).astype(int)
    if np.prod(highest - lowest + 1.0) * len(lattice.symbols) > 40 * MOST_SITES:
        raise InputError("the dot is too large", f"choose one of up to {MOST_SITES:,} atoms")
    grids = [np.arange(a, b + 1) for a, b in zip(lowest, highest, strict=True)]
    return np.stack(np.meshgrid(*grids, indexing="ij"), -1).reshape(-1, 3)


def pruned(cut: Cut) -> tuple[Cut, tuple[str, ...]]:
    """Return the dot without atoms of one bond or none, and the elements of those removed.

    The removal is repeated until all atoms have two bonds.
    """
    removed: list[str] = []
    while True:
        few = (~cut.broken).sum(axis=1) < FEWEST_BONDS
        if not few.any():
            break
        removed += np.array(cut.symbols)[few].tolist()
        cut = cut.kept(~few)
    if not cut.symbols:
        raise InputError("no atom with two bonds is left", "choose a larger dot")
    if len(cut.symbols) > MOST_SITES:
        raise InputError(
            f"the dot has {len(cut.symbols):,} atoms", f"choose up to {MOST_SITES:,}"
        )
    return cut, tuple(removed)
