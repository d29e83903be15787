"""Declarations of terms: mistakes are reported with the name, and all laws know every term."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnpp.errors import NnppError
from nnpp.terms.fitted.long_range import GAMMA, coulomb_tail
from nnpp.terms.term import (
    Cell,
    Term,
    _shipped,
    neutral,
    register,
    term_named,
    terms,
    unregister,
)
from tests import systems

SOUND = {
    "name": "wide",
    "symbols": ("c1",),
    "unit": "hartree",
    "words": "wide",
    "description": "Strength c1 [hartree].",
    "weights": (np.exp,),
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"weights": ()}, "exactly one"),
        ({"addition": np.multiply}, "exactly one"),
        ({"symbols": ("c1", "c2")}, "1 weights and 2 symbols"),
        ({"l": 2}, "l=2; projectors exist for l=0 and l=1"),
        ({"coupling": np.eye(3)}, r"shape \(3, 3\); give \(spin, 1, spin, 1\)"),
        ({"coupling": np.zeros((2, 3, 2, 3))}, r"give \(spin, 1, spin, 1\)"),
        ({"cells": (Cell("a_{X}.par"), Cell("b_{X}.par"))}, "2 cells and 1 symbols"),
    ],
)
def test_a_mistake_is_reported_with_the_name_of_the_term(changes, says):
    Term(**SOUND)
    with pytest.raises(NnppError, match=f"term wide: .*{says}"):
        Term(**(SOUND | changes))


def test_two_files_with_one_name(monkeypatch):
    """A copied file whose name was not changed does not replace the first."""
    modules = [SimpleNamespace(name="s_wave"), SimpleNamespace(name="s_wave")]
    monkeypatch.setattr("nnpp.terms.term.iter_modules", lambda path: modules)
    with pytest.raises(NnppError, match="the same name of a term: s_wave, s_wave"):
        _shipped.__wrapped__()


def test_the_laws_run_with_every_term():
    assert systems.everything().strengths.keys() == {term.name for term in terms()}, (
        "add it to systems.everything"
    )


def test_terms_in_their_order_by_name_and_added_at_run_time():
    names, order = [t.name for t in terms()], [(t.order, t.name) for t in terms()]
    assert order == sorted(order) and names[0] == "spin_orbit"
    assert [term_named(name).name for name in names] == names
    with pytest.raises(NnppError, match="wide: no such term; known: spin_orbit, "):
        term_named("wide")
    register(Term(**SOUND))
    try:
        assert [term.name for term in terms()] == [*names, "wide"]
    finally:
        unregister("wide")
    assert [term.name for term in terms()] == names


def test_what_a_declaration_leaves_out():
    """C = 1 without spin, a row for each strength, and files only for terms that codes know."""
    one = Term(**SOUND)
    two = Term(**(SOUND | {"symbols": ("c1", "c2"), "weights": (np.exp, np.cos), "l": 1}))
    assert (one.shape, two.shape) == ((), (2,))
    assert np.array_equal(two.C, np.eye(3)[None, :, None])
    assert not two.acts_on_spin and term_named("spin_orbit").acts_on_spin
    assert two.places == (Cell("wide_{X}.par", 0), Cell("wide_{X}.par", 1))
    assert not one.in_export and Term(**(SOUND | {"in_codes": True})).in_export
    assert Term(**(SOUND | {"tail": np.multiply})).in_export


def test_neutral_strengths_are_the_nearest_that_sum_to_zero_over_the_cell():
    """All atoms are shifted by the same amount."""
    a, count = np.array([2.0, -0.5, 0.1]), np.array([1.0, 3.0, 2.0])
    found = neutral(a, count)
    assert count @ found == pytest.approx(0, abs=1e-15)
    assert np.ptp(a - found) < 1e-15 < abs(a[0] - found[0])


@pytest.mark.parametrize(("Z", "a5"), [(53, 3.0), (34, 1.2346), (48, 2.4607)])
def test_first_spin_orbit_strengths_grow_as_the_square_of_the_charge(Z, a5):
    """3 hartree for iodine."""
    assert term_named("spin_orbit").first(Z) == (a5,)


def test_the_tail_is_that_of_a_smeared_charge():
    """∇²(r V)/r = 4π a4 ρ with ρ = (γ/√π)³ exp(−γ²r²); −a4/r far away, finite at the origin."""
    r, h = np.array([0.0, 1.0, 4.0, 60.0]), 1e-2
    V = coulomb_tail(2.0, r)
    assert V[3] == pytest.approx(-2.0 / 60)
    assert V[0] == pytest.approx(coulomb_tail(2.0, np.array([1e-4]))[0], rel=1e-6)
    for x in r[1:3]:
        low, middle, high = (y * coulomb_tail(2.0, np.array([y]))[0] for y in (x - h, x, x + h))
        density = (GAMMA / np.sqrt(np.pi)) ** 3 * np.exp(-((GAMMA * x) ** 2))
        laplacian = (low - 2 * middle + high) / h**2 / x
        assert laplacian == pytest.approx(4 * np.pi * 2.0 * density, rel=1e-4)
