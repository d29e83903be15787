"""Core/shell dots and alloys: elements replaced by others of the same formal charge."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nnpp.errors import InputError
from nnpp.structures.dots.cut import Cut
from nnpp.structures.dots.dot import formal_charge


def with_shell(cut: Cut, cation: str, anion: str) -> Cut:
    """Return the dot with the cations and anions outside the core replaced.

    Args:
        cut: the atoms of core and shell.
        cation: the cation of the shell.
        anion: its anion.
    """
    if not formal_charge(cation) > 0 > formal_charge(anion):
        raise InputError(
            f"{cation}{anion} is not a cation and an anion", "write e.g. CdS", "--shell"
        )
    of_sign = {1: cation, -1: anion}
    signs = np.sign(cut.charges).tolist()
    symbols = tuple(
        symbol if in_core else of_sign[sign]
        for symbol, sign, in_core in zip(cut.symbols, signs, cut.in_core.tolist(), strict=True)
    )
    return replace(cut, symbols=symbols)


def alloyed(cut: Cut, fractions: Mapping[str, float], seed: int) -> Cut:
    """Return the dot with atoms of the core replaced at random.

    Args:
        cut: the atoms of a dot.
        fractions: for each new element its part of the atoms of the core whose formal charge
            has its sign; the number of atoms is rounded.
        seed: of the random choice; equal seeds give equal dots.
    """
    chance = np.random.default_rng(seed)
    symbols = np.array(cut.symbols, object)
    free = cut.in_core
    signs = np.sign(cut.charges)
    for element, fraction in fractions.items():
        sublattice = (signs == np.sign(formal_charge(element))) & cut.in_core
        if {cut.symbols[i] for i in np.flatnonzero(sublattice).tolist()} == {element}:
            what = f"{element} is the only element on its sites, so nothing changes"
            raise InputError(what, "choose another element", "--alloy")
        count = round(fraction * int(sublattice.sum()))
        candidates = np.flatnonzero(sublattice & free)
        if count > len(candidates):
            raise InputError("the fractions exceed 1", "lower one of them", "--alloy")
        chosen = chance.choice(candidates, count, replace=False)
        _check_isovalent(cut.symbols, chosen, element)
        symbols[chosen], free[chosen] = element, False
    return replace(cut, symbols=tuple(symbols.tolist()))


def _check_isovalent(symbols: tuple[str, ...], chosen: np.ndarray, element: str) -> None:
    """Raise an error if an element replaces one of another formal charge."""
    for symbol in {symbols[i] for i in chosen.tolist()}:
        if formal_charge(symbol) != formal_charge(element):
            raise InputError(
                f"{element} has the formal charge {formal_charge(element):+d}, "
                f"and {symbol} {formal_charge(symbol):+d}",
                "choose an element of the same group",
                "--alloy",
            )
