"""Declarations of terms: mistakes are reported with the name, and all laws know every term."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnpp.errors import NnppError
from nnpp.terms.term import Cell, Term, _shipped, terms
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
