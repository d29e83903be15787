"""Crystals that a fit has not seen, made of the zinc-blende crystals that it has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from nnpp.formats.structures import formula
from nnpp.observables.reports import BOWING, EXPERIMENT
from nnpp.setup.cases import Case
from nnpp.structures.alloys import quasi_random, superlattice, wurtzite, zinc_blende
from nnpp.structures.crystal import Crystal
from nnpp.structures.environment import strains, tetrahedra
from nnpp.structures.keating import relaxed
from nnpp.structures.symmetry import conventional_lengths, space_group
from nnpp.units import HARTREE_EV

STRAIN, PARTS = 0.03, (0.25, 0.5, 0.75)
"""Change of volume; how much of the second element alloys hold."""

Levels = Any
"""Levels of one k-point, or of all members there: (…, level); or one number of each."""


@dataclass(frozen=True)
class Binary:
    """A zinc-blende crystal at rest that was fitted.

    Attributes:
        cation: its element.
        anion: its element.
        a: the lattice constant [bohr].
        cutoff: of its plane waves [hartree].
        electrons: in its cell.
    """

    cation: str
    anion: str
    a: float
    cutoff: float
    electrons: int = 8

    @property
    def name(self) -> str:
        """Its formula."""
        return self.cation + self.anion

    @property
    def bond(self) -> dict[frozenset[str], float]:
        """Its bond at rest [bohr]."""
        return {frozenset((self.cation, self.anion)): np.sqrt(3) / 4 * self.a}


@dataclass(frozen=True)
class Sloped:
    """The gap of a crystal at rest, and how experiment has it follow the volume [hartree]."""

    name: str
    slope: float
    dilation: float

    def __call__(self, gaps: dict[str, float]) -> float:
        """E_g + (dE_g/d ln Ω)·ln(1+ε)."""
        return gaps[self.name] + self.slope * float(np.log(1 + self.dilation))


@dataclass(frozen=True)
class Bowed:
    """Between the gaps of two crystals, bowed as experiment has it [hartree]."""

    first: str
    second: str
    x: float
    C: float

    def __call__(self, gaps: dict[str, float]) -> float:
        """(1−x)E_A + xE_B − C x(1−x)."""
        straight = (1 - self.x) * gaps[self.first] + self.x * gaps[self.second]
        return straight - self.C * self.x * (1 - self.x)


@dataclass(frozen=True)
class Unseen:
    """One crystal, what is asked of its levels at Γ, and what should come out.

    Attributes:
        name: of the case.
        electrons: for each two atoms.
        crystal: its atoms, each with its own strain.
        cutoff: of its plane waves [hartree].
        asked: quantities by name, each from levels and the place of the highest full one.
        expected: of the first quantity, from the gaps at rest; None if nobody knows.
        whose: where the expectation comes from.
    """

    name: str
    electrons: int
    crystal: Crystal
    cutoff: float
    asked: dict[str, Callable[[Levels, int], Levels]]
    expected: Callable[[dict[str, float]], float] | None = None
    whose: str = ""


def binaries(cases: list[Case]) -> list[Binary]:
    """Of a fit; each once."""
    found = {}
    for case in cases:
        symbols = case.crystal.symbols
        if not case.unstrained or len(symbols) != 2 or "(216)" not in space_group(case.crystal):
            continue
        name = formula(case.crystal)
        cation = next(s for s in symbols if name.startswith(s))
        anion = next(s for s in symbols if s != cation)
        a = float(conventional_lengths(case.crystal)[0])
        found.setdefault(name, Binary(cation, anion, a, case.spec.cutoff, case.electrons))
    return list(found.values())


def unseen(known: list[Binary], spinor: bool, cells: int) -> Iterator[Unseen]:
    """All cases, the small cells first."""
    for one in known:
        yield from _strained(one)
    for one in known:
        yield _wurtzite(one, spinor)
    pairs = [p for p in combinations(known, 2) if _shared(*p)]
    for first, second in pairs:
        yield _layers(first, second)
    for first, second in pairs:
        for x in PARTS:
            yield _alloy(first, second, x, cells)


def gap_at_gamma(E: Levels, top: int) -> Levels:
    """E_c − E_v."""
    return E[..., top + 1] - E[..., top]


def _below(n: int) -> Callable[[Levels, int], Levels]:
    """How far the level n below the highest lies under it."""
    return lambda E, top: E[..., top] - E[..., top - n]


def _strained(one: Binary) -> Iterator[Unseen]:
    """Both signs of a dilation."""
    known = EXPERIMENT.get(one.name, ("", {}))[1].get("gap_by_volume")
    for e in (STRAIN, -STRAIN):
        yield Unseen(
            f"{one.name} {e:+.0%} volume",
            one.electrons,
            zinc_blende(one.cation, one.anion, one.a).strained(
                ((1 + e) ** (1 / 3) - 1) * np.eye(3)
            ),
            one.cutoff / (1 + e) ** (2 / 3),
            {"gap at Γ": gap_at_gamma},
            None if known is None else Sloped(one.name, known / HARTREE_EV, e),
            "own gap, experiment's slope",
        )


def _wurtzite(one: Binary, spinor: bool) -> Unseen:
    """With the same bonds."""
    splits = {"A − B": _below(2), "A − C": _below(4)} if spinor else {"A − C": _below(2)}
    return Unseen(
        f"{one.name} wurtzite",
        one.electrons,
        wurtzite(one.cation, one.anion, one.a),
        one.cutoff,
        {"gap at Γ": gap_at_gamma} | splits,
    )


def _shared(first: Binary, second: Binary) -> bool:
    """Whether one element is common, on its sublattice."""
    same = (first.cation == second.cation) != (first.anion == second.anion)
    return same and first.electrons == second.electrons


def _layers(first: Binary, second: Binary) -> Unseen:
    """One layer of each along 001, atoms at peace."""
    a = (first.a + second.a) / 2
    crystal = superlattice((first.cation, first.anion), (second.cation, second.anion), a)
    name = f"({first.name})1({second.name})1"
    cutoff = (first.cutoff + second.cutoff) / 2
    at_peace = _at_peace(crystal, first, second)
    return Unseen(name, first.electrons, at_peace, cutoff, {"gap at Γ": gap_at_gamma})


def _alloy(first: Binary, second: Binary, x: float, cells: int) -> Unseen:
    """A part x of the second, in a quasi-random cell, atoms at peace."""
    on_cations = first.anion == second.anion
    a = (1 - x) * first.a + x * second.a
    mixed = (first.cation, second.cation) if on_cations else (first.anion, second.anion)
    other = first.anion if on_cations else first.cation
    crystal = quasi_random(mixed, other, x, a, on_cations, cells)
    C = BOWING.get(frozenset((first.name, second.name)))
    return Unseen(
        f"{first.name}-{second.name} {1 - x:g}:{x:g}",
        first.electrons,
        _at_peace(crystal, first, second),
        (1 - x) * first.cutoff + x * second.cutoff,
        {"gap at Γ": gap_at_gamma},
        None if C is None else Bowed(first.name, second.name, x, C / HARTREE_EV),
        "own gaps, experiment's bowing",
    )


def _at_peace(crystal: Crystal, first: Binary, second: Binary) -> Crystal:
    """Atoms where springs leave them, each with the strain of its tetrahedron."""
    bonds = first.bond | second.bond
    done = relaxed(crystal, bonds)
    found = tetrahedra(done.positions, done.symbols, bonds, done.cell)
    return done.with_strains(strains(found, done.positions, done.cell))
