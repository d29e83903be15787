"""Crystals outside a fit, built from the zinc-blende crystals of the fit.

A potential belongs to its cutoff. With plane waves `smooth`, a compound keeps its cutoff at
every volume and in wurtzite: levels are smooth in volume at a fixed cutoff, and these levels
were fitted. With a sharp cutoff, E_cut Ω^(2/3) is kept instead, so that a strained crystal has
the same plane waves (the same integers) and levels do not jump.

The cutoff of an alloy is (1−x) E_A + x E_B, linear in the composition as its lattice constant.
A superlattice of one layer each has x = 1/2.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from nnpp.basis.rules import RULES
from nnpp.formats.structures import formula
from nnpp.observables.experiment import BOWING, EXPERIMENT
from nnpp.setup.cases import Case
from nnpp.structures.alloys import quasi_random, superlattice, wurtzite, zinc_blende
from nnpp.structures.crystal import Crystal
from nnpp.structures.environment import find_neighbours, strains
from nnpp.structures.keating import relaxed
from nnpp.structures.symmetry import conventional_lengths, space_group
from nnpp.units import HARTREE_EV
from nnpp.workflows.transfer import references

STRAIN, PARTS = 0.03, (0.25, 0.5, 0.75)
"""Relative change of volume; fractions of the second compound in alloys."""

GAP = "gap at Γ"
"""Name of the quantity that every case has."""

Levels = Any
"""Levels of one k-point, or of all members there, (…, level); or one number of each."""

Gaps = dict[str, float]
"""Computed gaps at Γ of the unstrained crystals, by their names [hartree]."""


@dataclass(frozen=True)
class Binary:
    """An unstrained zinc-blende crystal of a fit.

    Attributes:
        cation: element of the cation.
        anion: element of the anion.
        a: lattice constant [bohr].
        cutoff: plane-wave cutoff [hartree].
        electrons: number of electrons in the primitive cell.
        smooth: whether the plane waves are `smooth`.
    """

    cation: str
    anion: str
    a: float
    cutoff: float
    electrons: int = 8
    smooth: bool = True

    @property
    def name(self) -> str:
        """Chemical formula."""
        return self.cation + self.anion

    @property
    def bond(self) -> dict[frozenset[str], float]:
        """Bond length of the unstrained crystal [bohr], by the pair of elements."""
        return {frozenset((self.cation, self.anion)): np.sqrt(3) / 4 * self.a}

    def cutoff_at(self, growth: float) -> float:
        """Return E_cut with plane waves `smooth`, else E_cut / growth^(2/3) [hartree].

        Args:
            growth: volume per atom, relative to the unstrained crystal.

        Returns:
            The cutoff: the fitted one, or with a sharp cutoff that of the same plane waves.
        """
        return self.cutoff if self.smooth else self.cutoff / growth ** (2 / 3)


def strained_gap(gaps: Gaps, name: str, slope: float, dilation: float) -> float:
    """Return E_g + (dE_g/d ln Ω)·ln(1+ε), the gap of a strained crystal [hartree]."""
    return gaps[name] + slope * float(np.log(1 + dilation))


def alloy_gap(gaps: Gaps, names: tuple[str, str], x: float, C: float) -> float:
    """Return (1−x)A + xB − C x(1−x), the gap of an alloy of A and B with bowing C [hartree]."""
    A, B = (gaps[name] for name in names)
    return (1 - x) * A + x * B - C * x * (1 - x)


def constant(gaps: Gaps, value: float) -> float:
    """Return an expected value that does not depend on the computed gaps [hartree]."""
    return value


def wurtzite_gap(gaps: Gaps, name: str, above: float) -> float:
    """Return E_g + `above`, the gap of wurtzite from that of zinc blende [hartree]."""
    return gaps[name] + above


@dataclass(frozen=True)
class Expected:
    """The expected value of a quantity.

    Attributes:
        value: the value from the gaps of unstrained crystals [hartree].
        source: its source.
    """

    value: Callable[[Gaps], float]
    source: str


@dataclass(frozen=True)
class Unseen:
    """A crystal outside the fit, the quantities to compute at Γ, and the expected values.

    Attributes:
        name: name of the case.
        electrons: number of electrons per two atoms.
        crystal: the atoms, each with its local strain.
        cutoff: plane-wave cutoff [hartree].
        quantities: functions of the levels and the highest occupied index, by name.
        expected: expected values by name of the quantity, where they are known.
    """

    name: str
    electrons: int
    crystal: Crystal
    cutoff: float
    quantities: dict[str, Callable[[Levels, int], Levels]]
    expected: Mapping[str, Expected] = field(default_factory=dict)


def binaries(cases: list[Case]) -> list[Binary]:
    """Return the distinct zinc-blende crystals of a fit."""
    found = {}
    for case in cases:
        symbols = case.crystal.symbols
        if not case.unstrained or len(symbols) != 2 or "(216)" not in space_group(case.crystal):
            continue
        name = formula(case.crystal)
        cation = next(s for s in symbols if name.startswith(s))
        anion = next(s for s in symbols if s != cation)
        a = float(conventional_lengths(case.crystal)[0])
        smooth = RULES[case.spec.plane_waves].smooth
        one = Binary(cation, anion, a, case.spec.cutoff, case.electrons, smooth)
        found.setdefault(name, one)
    return list(found.values())


def unseen(known: list[Binary], spinor: bool, cells: int) -> Iterator[Unseen]:
    """Yield all cases, small cells first.

    Args:
        known: the zinc-blende crystals of a fit.
        spinor: whether a level holds one electron.
        cells: primitive cells of an alloy.
    """
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


def count_unseen(known: list[Binary]) -> int:
    """Return the number of cases that `unseen` yields."""
    pairs = sum(_shared(*pair) for pair in combinations(known, 2))
    return 3 * len(known) + pairs * (1 + len(PARTS))


def gap_at_gamma(E: Levels, top: int) -> Levels:
    """Return E_c − E_v; `top` is the index of the highest occupied level."""
    return E[..., top + 1] - E[..., top]


def _below(n: int) -> Callable[[Levels, int], Levels]:
    """Return a function for E_top − E_(top−n)."""
    return lambda E, top: E[..., top] - E[..., top - n]


def _strained(one: Binary) -> Iterator[Unseen]:
    """Yield the crystal with both signs of the dilation."""
    known = _slope(one.name)
    crystal = zinc_blende(one.cation, one.anion, one.a)
    for e in (STRAIN, -STRAIN):
        expected = {}
        if known is not None:
            gap = partial(strained_gap, name=one.name, slope=known[0] / HARTREE_EV, dilation=e)
            expected[GAP] = Expected(gap, f"computed gap, {known[1]}")
        yield Unseen(
            f"{one.name} {e:+.0%} volume",
            one.electrons,
            crystal.strained(((1 + e) ** (1 / 3) - 1) * np.eye(3)),
            one.cutoff_at(1 + e),
            {GAP: gap_at_gamma},
            expected,
        )


def _slope(name: str) -> tuple[float, str] | None:
    """Return dE_g/d ln Ω [eV] and its source; None if it is unknown."""
    measured = EXPERIMENT.get(name, {}).get("gap_by_volume")
    if measured is not None:
        return measured.value, "experimental slope"
    if name in references.GAP_BY_VOLUME:
        return references.GAP_BY_VOLUME[name], f"slope of {references.SOURCE}"
    return None


def _wurtzite(one: Binary, spinor: bool) -> Unseen:
    """Return wurtzite at the lattice of its reference, or else with the same bond length."""
    splits = {"A − B": _below(2), "A − C": _below(4)} if spinor else {"A − C": _below(2)}
    crystal, expected = wurtzite(one.cation, one.anion, one.a / np.sqrt(2)), {}
    known = references.WURTZITE.get(one.name)
    if known is not None:
        crystal = wurtzite(one.cation, one.anion, known.a, known.ratio, known.u)
        gap = partial(wurtzite_gap, name=one.name, above=known.above / HARTREE_EV)
        source = f"computed gap, difference of {references.SOURCE}"
        expected[GAP] = Expected(gap, source)
        if spinor:  # without spin-orbit coupling, A − C is the crystal field alone
            for name, value in known.splits.items():
                fixed = partial(constant, value=value / HARTREE_EV)
                expected[name] = Expected(fixed, references.SOURCE)
    grown = float(crystal.volume) / (one.a**3 / 2)
    return Unseen(
        f"{one.name} wurtzite",
        one.electrons,
        crystal,
        one.cutoff_at(grown),
        {GAP: gap_at_gamma} | splits,
        expected,
    )


def _shared(first: Binary, second: Binary) -> bool:
    """Return whether two compounds share one element on its sublattice."""
    one_shared = (first.cation == second.cation) != (first.anion == second.anion)
    return one_shared and first.electrons == second.electrons


def _layers(first: Binary, second: Binary) -> Unseen:
    """Return a superlattice with one layer of each along [001], with relaxed atoms."""
    a = (first.a + second.a) / 2
    crystal = superlattice((first.cation, first.anion), (second.cation, second.anion), a)
    name = f"({first.name})1({second.name})1"
    cutoff = (first.cutoff + second.cutoff) / 2
    crystal = _relaxed(crystal, first, second)
    return Unseen(name, first.electrons, crystal, cutoff, {GAP: gap_at_gamma})


def _alloy(first: Binary, second: Binary, x: float, cells: int) -> Unseen:
    """Return an alloy with a fraction x of the second compound, with relaxed atoms."""
    on_cations = first.anion == second.anion
    a = (1 - x) * first.a + x * second.a
    mixed = (first.cation, second.cation) if on_cations else (first.anion, second.anion)
    other = first.anion if on_cations else first.cation
    crystal = quasi_random(mixed, other, x, a, on_cations, cells)
    names = first.name, second.name
    C = BOWING.get(frozenset(names))
    expected = {}
    if C is not None:
        gap = partial(alloy_gap, names=names, x=x, C=C / HARTREE_EV)
        expected[GAP] = Expected(gap, "computed gaps, experimental bowing")
    return Unseen(
        f"{first.name}-{second.name} {1 - x:g}:{x:g}",
        first.electrons,
        _relaxed(crystal, first, second),
        (1 - x) * first.cutoff + x * second.cutoff,
        {GAP: gap_at_gamma},
        expected,
    )


def _relaxed(crystal: Crystal, first: Binary, second: Binary) -> Crystal:
    """Return the crystal relaxed with Keating springs, each atom with its local strain."""
    bonds = first.bond | second.bond
    result = relaxed(crystal, bonds)
    found = find_neighbours(result.positions, result.symbols, bonds, result.cell)
    return result.with_strains(strains(found, result.positions, result.cell))
