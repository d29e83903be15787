"""Which numbers a fit constrains: targets, fitted levels, several volumes."""

import numpy as np
import pytest

from nnpp.setup.fitted import LEVELS, TARGET, VOLUMES, FittedSystem, fitted_numbers
from tests.setup.volumes import EVEN, cases, system

DIRECT = "[{kind: direct_gap, value: 1.36 eV}]"

OF_LEVELS = dict.fromkeys(("gap", "direct_gap", "splitting"), LEVELS)


def fitted(folder, *systems, held=()):
    """What the first system has fitted; `held` are names of k-points that are held out."""
    made = []
    for case in cases(folder, *systems):
        labels = np.array(case.kpoints.labels)
        made.append(FittedSystem(case, ~np.isin(labels, held)))
    return fitted_numbers(made[0], made)


def test_levels_with_weights_at_fitted_k_points(tmp_path):
    assert fitted(tmp_path, system()) == OF_LEVELS
    assert fitted(tmp_path, system(), held=("Γ",)) == {}, "Γ is held out"
    assert fitted(tmp_path, system(), held=("L",)) == OF_LEVELS


@pytest.mark.parametrize(
    ("weightless", "lost"),
    [
        (8, {"gap", "direct_gap"}),
        (7, {"gap", "direct_gap", "splitting"}),
        (2, {"splitting"}),
        (0, set()),
    ],
)
def test_levels_without_a_weight_do_not_count(tmp_path, weightless, lost):
    weights = [*EVEN[:weightless], 0, *EVEN[weightless + 1 :]]
    found = fitted(tmp_path, system(weights=weights))
    assert set(OF_LEVELS) - set(found) == lost


def test_the_valence_top_is_fitted_where_it_is_the_zero(tmp_path):
    """Every level is measured from it, also without a weight of its own."""
    weights = [*EVEN[:7], 0, *EVEN[8:]]
    assert set(fitted(tmp_path, system(weights=weights, zero="vbm"))) == set(OF_LEVELS)


def test_targets_and_what_follows_from_them(tmp_path):
    heavy, light = (f"{{kind: {x}_hole_mass, value: 0.5 me}}" for x in ("heavy", "light"))
    found = fitted(tmp_path, system(targets=f"[{heavy}]"))
    assert found == OF_LEVELS | {"heavy_hole_mass": TARGET}
    found = fitted(tmp_path, system(targets=f"[{heavy}, {light}]"))
    both = dict.fromkeys(("heavy_hole_mass", "light_hole_mass", "gamma_1", "gamma_2"), TARGET)
    assert found == OF_LEVELS | both
    assert fitted(tmp_path, system(targets=DIRECT))["direct_gap"] == TARGET
    stretched = "[{kind: stretched, band: 9, above: {band: 8}, value: -2.6 eV}]"
    assert fitted(tmp_path, system(targets=stretched))["gap_by_volume"] == TARGET


def test_several_volumes(tmp_path):
    """Gaps at two volumes determine their slope, absolute levels also those of both edges."""
    edges = {"conduction_by_volume": VOLUMES, "valence_by_volume": VOLUMES}
    found = fitted(tmp_path, system(), system("1.01"))
    assert found == OF_LEVELS | edges | {"gap_by_volume": VOLUMES}
    found = fitted(tmp_path, system(), system("1.01", zero="vbm"))
    assert found == OF_LEVELS | {"gap_by_volume": VOLUMES}
    weightless = [*EVEN[:8], 0, 0, *EVEN[10:]]
    found = fitted(tmp_path, system(), system("1.01", weights=weightless))
    assert found == OF_LEVELS
    found = fitted(tmp_path, system(), system("1.01", weights=weightless, targets=DIRECT))
    assert found == OF_LEVELS | {"gap_by_volume": VOLUMES}
