"""What experiments found: signs, sums, and masses of holes."""

import pytest

from nnpp.observables.reports import BOWING, EXPERIMENT


@pytest.mark.parametrize("symbols", EXPERIMENT)
def test_numbers_hang_together(symbols):
    _, known = EXPERIMENT[symbols]
    assert 0.01 < known["light_hole_mass"] < known["heavy_hole_mass"] < 1
    assert known["heavy_hole_mass"] == pytest.approx(
        1 / (known["gamma_1"] - 2 * known["gamma_2"])
    )
    if "gap_by_volume" in known:
        assert known["conduction_by_volume"] < 0 < known["valence_by_volume"]
        assert -13 < known["gap_by_volume"] < -5
        assert known["gap"] <= known["direct_gap"]


def test_gallium_arsenide_is_that_of_the_review():
    """Vurgaftman's a_v is −1.16, a fall of the edge counted positive."""
    source, known = EXPERIMENT["GaAs"]
    assert source == "Vurgaftman 2001"
    assert (known["valence_by_volume"], known["gap_by_volume"]) == (1.16, pytest.approx(-8.33))
    assert BOWING[frozenset(("GaAs", "InAs"))] == 0.477
