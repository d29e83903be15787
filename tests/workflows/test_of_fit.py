"""Complete paths and unfitted k-points of a fit to some k-points of its references."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.systems import LevelZero
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.of_fit import fitted_and_held_out, with_complete_paths

INPUTS = Path(__file__).parents[2] / "inputs"


@pytest.fixture(scope="module")
def fit():
    return read_inputs(INPUTS / "zb-CdSe")


@pytest.fixture(scope="module")
def complete(fit):
    return prepare(with_complete_paths(fit))


def test_figures_have_complete_paths(complete):
    assert all(len(case.kpoints) == 61 and case.comparable for case in complete)


def test_fitted_and_held_out_k_points(fit, complete):
    named = {i for i, name in enumerate(complete[0].reference.kpoints.labels) if name}
    taken = sorted(named | set(range(0, 61, 3)))
    seen, held = fitted_and_held_out(fit, 0, complete[0])
    assert not seen[np.setdiff1d(np.arange(61), taken)].any()
    assert held.sum() == round(0.1 * len(taken)) == 2
    assert not (seen & held).any()
    assert (seen | held)[taken].all()


def test_weights_and_zeros_by_k_point_keep_the_k_points_of_the_fit(fit):
    system = fit.spec.systems[0]
    by_weights = {"weights": system.weights.model_copy(update={"kpoints": (1.0,) * 22})}
    by_level = {"zero": LevelZero(band=8, kpoint=6)}
    for change in (by_weights, by_level):
        systems = (system.model_copy(update=change), *fit.spec.systems[1:])
        spec = fit.spec.model_copy(update={"systems": systems})
        now = with_complete_paths(replace(fit, spec=spec)).spec.systems
        assert [s.reference.take for s in now] == [3, "all", "all"]
