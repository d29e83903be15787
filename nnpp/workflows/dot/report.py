"""`nnpp dot build`: the table that describes a dot."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from nnpp.structures.dots.cut import Cut
from nnpp.structures.dots.dot import Dot, formal_charge
from nnpp.structures.dots.lattice import Lattice
from nnpp.structures.dots.passivation import Added
from nnpp.structures.dots.relax import Relaxed
from nnpp.structures.dots.sizes import diameters
from nnpp.units import BOHR_ANGSTROM, LENGTH

ATOMS_OF_PEROVSKITE = 5

Rows = list[tuple[str, str]]


def rows_of_cut(
    cut: Cut,
    removed: tuple[str, ...],
    added: Added,
    made: Dot,
    lattice: Lattice,
    relaxation: Relaxed | None,
) -> Rows:
    """Return the table of a dot that was cut from a crystal."""
    return [
        ("composition", _composition(made)),
        ("removed", f"{_counts(removed) or 'no atom'} with fewer than two bonds"),
        ("bonds", _bonds(cut)),
        *_relaxation(relaxation),
        *_left_out(added),
        ("diameter", _diameters(cut.positions, lattice.volume_per_atom)),
        *_valences(cut),
        ("charge", _charge(cut, made)),
        ("occupied", _occupied(made)),
    ]


def rows_of_cube(made: Dot, a: float) -> Rows:
    """Return the table of a cube of a perovskite of lattice constant `a` [bohr]."""
    r = np.asarray(made.positions)
    return [
        ("composition", _composition(made)),
        ("diameter", _diameters(r, a**3 / ATOMS_OF_PEROVSKITE)),
        ("charge", f"{_signed(made.charge)} (formal)"),
        ("occupied", _occupied(made)),
    ]


def _composition(made: Dot) -> str:
    """Return the formula, cations first, and the number of each passivant."""
    counts = Counter(made.atoms)
    ordered = sorted(counts, key=lambda s: formal_charge(s) < 0)
    text = f"{' '.join(f'{s}{counts[s]}' for s in ordered)} ({len(made.atoms):,} atoms)"
    passivants = sorted(s for s in made.symbols if s not in counts)
    return f"{text}, passivants {_counts(passivants)}" if passivants else text


def _counts(symbols: Iterable[str]) -> str:
    """Return how often each symbol appears, as 83 Cd, 92 Se."""
    return ", ".join(f"{n} {s}" for s, n in Counter(symbols).items())


def _bonds(cut: Cut) -> str:
    """Return the numbers of bonds and broken bonds, and of atoms with each."""
    whole, broken = int((~cut.broken).sum()) // 2, int(cut.broken.sum())
    each = Counter((~cut.broken).sum(axis=1).tolist())
    atoms = ", ".join(f"{each[n]} with {n}" for n in sorted(each, reverse=True))
    return f"{whole:,}, and {broken:,} broken; atoms: {atoms}"


def _relaxation(found: Relaxed | None) -> Rows:
    """Return the row of the relaxation, if there was one."""
    if found is None:
        return []
    inside = found.strains[~found.cut.broken.any(axis=1)]
    strain = f", strain {inside.min():+.4f} to {inside.max():+.4f}" if len(inside) else ""
    moved = found.moved * BOHR_ANGSTROM
    return [("relaxation", f"Keating; atoms moved up to {moved:.3f} Å{strain}")]


def _left_out(added: Added) -> Rows:
    """Return the row about ligands left out, if there are any."""
    if not added.removed:
        return []
    return [("ligands", f"{added.removed} left out, so that the dot is neutral")]


def _diameters(r: np.ndarray, volume_per_atom: float) -> str:
    found = diameters(r, volume_per_atom)
    extent, volume, gyration = (
        x / LENGTH["nm"] for x in (found.extent, found.volume, found.gyration)
    )
    return f"{extent:.3f} nm extent, {volume:.3f} nm by volume, {gyration:.3f} nm by gyration"


def _charge(cut: Cut, made: Dot) -> str:
    """Return the formal charge; a Gaussian passivant has −z/4 at an atom of charge z."""
    if not made.is_passivant.any():
        return f"{_signed(made.charge)} (formal)"
    total = made.charge - float((cut.broken.sum(axis=1) * cut.charges).sum()) / 4
    return f"{_signed(total)} (formal; {_signed(made.charge)} without passivants)"


def _valences(cut: Cut) -> Rows:
    """Return the row of formal charges, if cations or anions have different ones."""
    found = dict(zip(cut.symbols, cut.charges.tolist(), strict=True))
    if len(set(found.values())) == len({z > 0 for z in found.values()}):
        return []
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [("heterovalent", ", ".join(f"{s} {z:+d}" for s, z in ordered))]


def _signed(charge: float | int) -> str:
    return f"{charge:+g}" if charge else "0"


def _occupied(made: Dot) -> str:
    odd = ", one of them half filled" if made.electrons % 2 else ""
    states = (made.electrons + 1) // 2
    return f"{states:,} states ({made.electrons:,} electrons){odd}"
