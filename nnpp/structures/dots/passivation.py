"""Passivation of broken bonds: Gaussian passivants, or atoms with a balance of charges.

A Gaussian passivant lies on a broken bond, at a fraction of its length. A ligand lies on a
missing site of the lattice, or along its only broken bond at the length of its own bond:
F, Cl, Br, I and OH bind to cations, H to anions. The broken bonds to one missing site share one
ligand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from nnpp.errors import InputError, suggest
from nnpp.structures.dots.cut import Cut
from nnpp.units import LENGTH

Points = Float[np.ndarray, "point 3"]

GAUSSIAN = {1: ("P1", 0.55), -1: ("P2", 0.25)}
"""Passivant and its place on the broken bond, by the sign of the charge of its atom."""

ON_ANIONS_OF_WURTZITE = 0.30
"""Place of P2 on the broken bonds of wurtzite."""

SAME_SITE = 0.5
"""Ends of broken bonds nearer than this are one missing site [bohr]."""

O_H = 0.96 * LENGTH["angstrom"]
TILT = np.deg2rad(70)
"""The bond of OH and its angle from the direction of the broken bond."""


@dataclass(frozen=True)
class Ligand:
    """Atoms that close broken bonds.

    Attributes:
        symbols: its elements; the first one binds.
        charge: its formal charge; it binds to atoms of the other sign.
    """

    symbols: tuple[str, ...]
    charge: int


LIGANDS = {
    **{x: Ligand((x,), -1) for x in ("F", "Cl", "Br", "I")},
    "OH": Ligand(("O", "H"), -1),
    "H": Ligand(("H",), 1),
}
"""Ligands by their names."""


@dataclass(frozen=True)
class Added:
    """Sites that were added to a dot.

    Attributes:
        positions: their positions [bohr].
        symbols: their elements, or passivants.
        removed: the number of ligands left out for a neutral dot.
    """

    positions: Points
    symbols: tuple[str, ...]
    removed: int = 0


NOTHING = Added(np.zeros((0, 3)), ())


def gaussian(
    cut: Cut, directions: Float[np.ndarray, "atom 4 3"], places: Mapping[int, tuple[str, float]]
) -> Added:
    """Return a passivant on each broken bond.

    Args:
        cut: the atoms and their bonds.
        directions: the vectors along their bonds [bohr].
        places: passivant and its place on the bond, by the sign of the charge of the atom.
    """
    atom, bond = np.nonzero(cut.broken)
    sign = np.sign(cut.charges)[atom]
    fraction = np.where(sign > 0, places[1][1], places[-1][1])
    r = cut.positions[atom] + fraction[:, None] * directions[atom, bond]
    return Added(r, tuple(places[s][0] for s in sign.tolist()))


def ligands(
    cut: Cut,
    directions: Float[np.ndarray, "atom 4 3"],
    names: tuple[str, ...],
    radius: Callable[[str], float],
    neutral: bool,
) -> Added:
    """Return ligands on the broken bonds.

    Args:
        cut: the atoms and their bonds.
        directions: the vectors along their bonds [bohr].
        names: the ligands, at most one for cations and one for anions.
        radius: the covalent radius of an element [bohr].
        neutral: whether ligands are left out until the formal charges sum to zero. Those on
            the fewest bonds are left out first, so that the others are far from each other.
    """
    kinds = [_ligand(name) for name in names]
    if len({kind.charge for kind in kinds}) < len(kinds):
        raise InputError(
            f"{', '.join(names)} bind to the same atoms", "choose one of them", "--passivation"
        )
    charge = int(cut.charges.sum())
    shells = {kind: _places(cut, directions, kind, radius) for kind in kinds}
    counts = {kind: len(shells[kind][1]) for kind in kinds}
    wanted = _balanced(charge, counts) if neutral else counts
    positions, symbols = [], []
    for kind, (r, bonds, outward) in shells.items():
        chosen = _spread(r, bonds, wanted[kind])
        for i in np.flatnonzero(chosen):
            positions += _atoms(kind, r[i], outward[i])
            symbols += kind.symbols
    removed = sum(counts.values()) - sum(wanted.values())
    return Added(np.reshape(positions, (-1, 3)), tuple(symbols), removed)


def _ligand(name: str) -> Ligand:
    if name not in LIGANDS:
        known = ("none", "gaussian", *LIGANDS)
        raise InputError(f"unknown ligand {name!r:.30}", suggest(name, known), "--passivation")
    return LIGANDS[name]


def _balanced(charge: int, counts: Mapping[Ligand, int]) -> dict[Ligand, int]:
    """Return how many of each ligand make a dot neutral; an InputError if it is impossible.

    As many as possible are kept, so that most broken bonds are closed.
    """
    total = charge + sum(kind.charge * n for kind, n in counts.items())
    wanted = dict(counts)
    for kind, n in counts.items():
        if kind.charge * total > 0:
            wanted[kind] = n - min(n, abs(total))
            total -= kind.charge * (n - wanted[kind])
    if total:
        raise InputError(
            f"the formal charge {total:+d} remains with all ligands that fit",
            "choose another size or centre, or --passivation Cl,H",
            "--neutral",
        )
    return wanted


def _places(
    cut: Cut,
    directions: Float[np.ndarray, "atom 4 3"],
    kind: Ligand,
    radius: Callable[[str], float],
) -> tuple[Points, Int[np.ndarray, " site"], Points]:
    """Return each place of a ligand, its number of bonds, and the direction of its bonds."""
    atom, bond = np.nonzero(cut.broken & (np.sign(cut.charges) == -kind.charge)[:, None])
    unit = directions[atom, bond]
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    own = np.array([radius(cut.symbols[a]) + radius(kind.symbols[0]) for a in atom.tolist()])
    ends = cut.positions[atom] + own.reshape(-1, 1) * unit
    site = _missing_sites(cut.sites[atom] + cut.bonds[atom, bond])
    count = np.bincount(site)
    r, outward = np.zeros((2, len(count), 3))
    np.add.at(r, site, ends)
    np.add.at(outward, site, unit)
    return r / count[:, None], count, outward


def _missing_sites(ends: Points) -> Int[np.ndarray, " end"]:
    """Return for each end of a broken bond the number of its missing site."""
    number = np.full(len(ends), -1)
    if not len(ends):
        return number
    count = 0
    for i, near in enumerate(KDTree(ends).query_ball_point(ends, SAME_SITE)):
        if number[i] < 0:
            number[near] = count
            count += 1
    return number


def _spread(
    r: Points, bonds: Int[np.ndarray, " site"], wanted: int
) -> Bool[np.ndarray, " site"]:
    """Return which places are kept: those of most bonds, then those far from the kept ones."""
    kept = np.zeros(len(r), bool)
    for n in sorted(set(bonds.tolist()), reverse=True):
        of_n = np.flatnonzero(bonds == n)
        if kept.sum() + len(of_n) <= wanted:
            kept[of_n] = True
            continue
        away = np.full(len(of_n), np.inf)
        if kept.any():
            away = KDTree(r[kept]).query(r[of_n])[0]
        for _ in range(wanted - int(kept.sum())):
            i = int(np.argmax(away))
            kept[of_n[i]] = True
            away = np.minimum(away, np.linalg.norm(r[of_n] - r[of_n[i]], axis=1))
            away[i] = -1
        break
    return kept


def _atoms(
    kind: Ligand, r: Float[np.ndarray, " 3"], outward: Float[np.ndarray, " 3"]
) -> list[Float[np.ndarray, " 3"]]:
    """Return the positions of the atoms of a ligand."""
    if len(kind.symbols) == 1:
        return [r]
    unit = outward / np.linalg.norm(outward)
    across = np.cross(unit, np.eye(3)[np.argmin(np.abs(unit))])
    across /= np.linalg.norm(across)
    return [r, r + O_H * (np.cos(TILT) * unit + np.sin(TILT) * across)]
