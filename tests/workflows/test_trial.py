"""A trial is the fit that init-fit and train would make, judged by weights that do not vary."""

from pathlib import Path

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.tuning import EDGES
from nnpp.errors import NnppError
from nnpp.workflows.train.events import Stepped
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.train import Options, run_train
from nnpp.workflows.tune.trial import run_trial
from tests.fitting.samples import SYSTEM, write_fit

LM = "fit: {method: lm, steps: 3, hold_out: 0.25, eased: 1}\n"
WEIGHTS = [1, 1, 1, 20, 20, 1, 1, 1]
WEIGHED = SYSTEM + f"    weights: {{bands: {WEIGHTS}}}\n"


def weighed_mev(rms_mev, weights):
    """Of root mean squares of bands, over all bands."""
    return np.sqrt(np.average(np.square(rms_mev), weights=weights))


@pytest.mark.usefixtures("undrawn")
def test_a_trial_is_the_fit_itself_with_other_numbers(tmp_path, monkeypatch):
    """Trained with edges that weigh 1, judged as the fit says, where they weigh 20."""
    monkeypatch.chdir(tmp_path)
    even = read_inputs(write_fit(tmp_path / "even", LM))
    judge = read_inputs(write_fit(tmp_path / "judge", LM, system=WEIGHED))
    list(run_init_fit([even], Path("results")))
    *events, done = run_train([read_inputs(Path("results/even"))], Options())
    reports = list(run_trial(judge, {EDGES: 1.0}))
    assert len(reports) == len([e for e in events if isinstance(e, Stepped)]) == 3
    (errors,), last = done.errors, reports[-1]
    assert last.held_out_mev == pytest.approx(weighed_mev(errors.held_mev, WEIGHTS))
    assert last.training_mev == pytest.approx(weighed_mev(errors.fitted_mev, WEIGHTS))
    evenly = weighed_mev(errors.held_mev, np.ones(8))
    assert last.held_out_mev != pytest.approx(evenly, rel=1e-3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["even", "judge", "results"]


def test_a_step_that_was_worse_does_not_count(tmp_path):
    """Adam far too fast: what `nnpp fit` would keep is the start, and so is what is told."""
    wild = "fit: {method: adam, steps: 3, learning_rate: 5.0, hold_out: 0.25}\n"
    reports = list(run_trial(read_inputs(write_fit(tmp_path / "fit", wild)), {}))
    assert len({report.held_out_mev for report in reports}) == 1


def test_a_trial_that_is_not_finite_is_an_error_of_its_own(tmp_path):
    wild = "fit: {method: adam, steps: 3, learning_rate: 1.0e+200, hold_out: 0.25}\n"
    with pytest.raises(NnppError, match="the loss is"):
        list(run_trial(read_inputs(write_fit(tmp_path / "fit", wild)), {}))
