"""Measured numbers: signs, sums, masses of holes, and a source for each."""

import pytest

from nnpp.observables import experiment
from nnpp.observables.experiment import BOWING, EXPERIMENT

II_VI = ("ZnS", "ZnSe", "ZnTe", "CdTe", "CdSe")


@pytest.mark.parametrize("symbols", EXPERIMENT)
def test_numbers_are_consistent(symbols):
    known = {key: one.value for key, one in EXPERIMENT[symbols].items()}
    assert 0.2 < known["gap"] < 4
    assert 0 < known["splitting"] < 1
    if "gamma_1" in known:
        assert 0.01 < known["light_hole_mass"] < known["heavy_hole_mass"] < 1
        assert known["heavy_hole_mass"] == pytest.approx(
            1 / (known["gamma_1"] - 2 * known["gamma_2"])
        )
    if "gap_by_volume" in known:
        assert known["conduction_by_volume"] < 0 < known["valence_by_volume"]
        assert -13 < known["gap_by_volume"] < -5
        assert known["gap"] <= known["direct_gap"]


def test_every_source_is_explained():
    """The docstring of the module says what each short name is."""
    sources = {one.source for known in EXPERIMENT.values() for one in known.values()}
    explained = " ".join((experiment.__doc__ or "").split())
    for source in sources:
        author, year = source.split()
        assert author in explained and year in explained, source
    assert len(sources) > 5


def test_gallium_arsenide_is_that_of_the_review():
    """Vurgaftman's a_v is −1.16, a fall of the edge counted positive."""
    known = EXPERIMENT["GaAs"]
    assert {one.source for one in known.values()} == {"Vurgaftman 2001"}
    assert known["valence_by_volume"].value == 1.16
    assert known["gap_by_volume"].value == pytest.approx(-8.33)
    assert BOWING[frozenset(("GaAs", "InAs"))] == 0.477


def test_ii_vi_compounds():
    """ZnTe: μ and δ of Baldereschi and Lipari follow from the parameters."""
    for symbols in II_VI:
        assert {"gap", "direct_gap", "splitting"} <= set(EXPERIMENT[symbols])
    one, two, three = (EXPERIMENT["ZnTe"][f"gamma_{n}"].value for n in (1, 2, 3))
    assert (6 * three + 4 * two) / (5 * one) == pytest.approx(0.58)
    assert (three - two) / one == pytest.approx(0.12)
    assert EXPERIMENT["CdTe"]["heavy_hole_mass"].value == pytest.approx(0.510, abs=1e-3)
    assert EXPERIMENT["CdSe"]["gap"].value == 1.75
    assert "heavy_hole_mass" not in EXPERIMENT["CdSe"], "not measured"
