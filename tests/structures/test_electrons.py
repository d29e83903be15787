"""Valence electrons, against the periodic table."""

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.structures.crystal import crystal
from nnpp.structures.electrons import SYMBOLS, electrons, valence_electrons
from tests.systems import perovskite

GROUPS = {
    1: "H Li Na K Rb Cs Cu Ag Au",
    2: "He Be Mg Ca Sr Ba Zn Cd Hg",
    3: "B Al Ga In Tl Sc Y",
    4: "C Si Ge Sn Pb Ti Zr Hf",
    5: "N P As Sb Bi V",
    6: "O S Se Te Po Cr Mo W",
    7: "F Cl Br I Mn",
    8: "Ne Ar Kr Xe Rn Fe",
    10: "Ni Pd Pt",
}


@pytest.mark.parametrize("count", GROUPS)
def test_elements_of_a_group_have_as_many_electrons(count):
    assert {valence_electrons(s) for s in GROUPS[count].split()} == {count}


@pytest.mark.parametrize("symbol", ["La", "Gd", "Lu"])
def test_lanthanides_are_refused_with_a_remedy(symbol):
    with pytest.raises(InputError, match=f"{symbol} is ambiguous; set `electrons`"):
        valence_electrons(symbol)


def test_a_cell_holds_the_sum_over_its_atoms():
    assert electrons(perovskite()) == 4 + 3 * 7 + 1
    assert electrons(crystal(np.eye(3), np.zeros((3, 3)), ("Cd", "Se", "Se"))) == 14


def test_symbols_stand_at_their_atomic_numbers():
    numbers = {"H": 1, "Ne": 10, "Zn": 30, "Cd": 48, "Cs": 55, "Lu": 71, "Pb": 82, "Rn": 86}
    assert {s: SYMBOLS.index(s) + 1 for s in numbers} == numbers
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 86


@pytest.mark.parametrize("symbol", ["Xx", "cd", "Fr", ""])
def test_an_unknown_element_is_refused(symbol):
    with pytest.raises(InputError, match=f"unknown element '{symbol}'"):
        valence_electrons(symbol)
