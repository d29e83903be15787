"""zb-CdSe in its published Zunger form, three cutoffs, two basis rules, to 2e-6 eV."""

import numpy as np
import pytest

from nnpp.basis.rules import RULES
from nnpp.observables.bands import levels
from nnpp.units import DEEPSEUDOPOT_HARTREE_EV
from tests import systems
from tests.reference.data import numbers

NAMES = {"sphere": "sphere", "deepseudopot": "seedbox"}


@pytest.mark.parametrize("cutoff", [5, 8, 10])
@pytest.mark.parametrize("rule", NAMES)
def test_levels(cutoff, rule):
    data = numbers("cdse_zunger.json")[f"CdSe_maxKE{cutoff}_{NAMES[rule]}"]
    system = systems.at(systems.zincblende(), systems.GXL, float(cutoff), rule=RULES[rule])
    assert system.waves.K.shape[1] == data["n"]
    E = np.asarray(levels(systems.cdse(), system, 8)) * DEEPSEUDOPOT_HARTREE_EV
    for i, k in enumerate("GXL"):
        assert np.abs(E[i] - data[k]).max() < 2e-6


def test_counts_and_levels_without_the_reference_folder():
    """537 plane waves, 453 in the older code's box, and Γ at 5 hartree with 181."""
    shapes = {
        rule: systems.at(systems.zincblende(), [0, 0, 0], 10.0, rule=RULES[rule]).waves.K.shape[
            1
        ]
        for rule in NAMES
    }
    assert shapes == {"sphere": 537, "deepseudopot": 453}
    system = systems.at(systems.zincblende(), [0, 0, 0], 5.0, rule=RULES["sphere"])
    E = np.asarray(levels(systems.cdse(), system, 8))[0] * DEEPSEUDOPOT_HARTREE_EV
    expected = [-20.077283] + [-6.292858] * 3 + [-4.380539] + [1.328462] * 3
    assert np.abs(E - expected).max() < 2e-6
