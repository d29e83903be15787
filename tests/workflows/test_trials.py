"""A trial is the fit of init-fit and train; the ledger prunes and records running trials."""

import math
from pathlib import Path

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.tuning import EDGES, Dimension
from nnpp.errors import NnppError
from nnpp.runs.study import Study, Trial
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.loop import Stepped
from nnpp.workflows.train.train import Options, run_train
from nnpp.workflows.tune.trials import (
    ENDED,
    HELD_OUT,
    SECONDS,
    TRAINING,
    WHY,
    Ledger,
    run_trial,
)
from tests.fitting.samples import SYSTEM, write_fit

LM = "fit: {method: lm, steps: 3, hold_out: 0.25, eased: 1}\n"
WEIGHTS = [1, 1, 1, 20, 20, 1, 1, 1]
WEIGHED = SYSTEM + f"    weights: {{bands: {WEIGHTS}}}\n"


def weighted_mev(rms_mev, weights):
    """Return the weighted root mean square of the errors of all bands."""
    return np.sqrt(np.average(np.square(rms_mev), weights=weights))


@pytest.mark.usefixtures("undrawn")
def test_a_trial_equals_a_fit_with_its_hyperparameters(tmp_path, monkeypatch):
    """The edges have weight 1 in training, and weight 20, as in the fit, in the evaluation."""
    monkeypatch.chdir(tmp_path)
    even = read_inputs(write_fit(tmp_path / "even", LM))
    weighted = read_inputs(write_fit(tmp_path / "weighted", LM, system=WEIGHED))
    list(run_init_fit([even], Path("results")))
    *events, done = run_train([read_inputs(Path("results/even"))], Options())
    reports = list(run_trial(weighted, {EDGES: 1.0}))
    assert len(reports) == len([e for e in events if isinstance(e, Stepped)]) == 3
    (errors,), last = done.errors, reports[-1]
    assert last.held_out_mev == pytest.approx(weighted_mev(errors.held_mev, WEIGHTS))
    assert last.training_mev == pytest.approx(weighted_mev(errors.fitted_mev, WEIGHTS))
    unweighted = weighted_mev(errors.held_mev, np.ones(8))
    assert last.held_out_mev != pytest.approx(unweighted, rel=1e-3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["even", "results", "weighted"]


def test_a_worse_step_does_not_change_the_errors(tmp_path):
    """Adam with a far too large learning rate: `nnpp fit` would keep the start."""
    wild = "fit: {method: adam, steps: 3, learning_rate: 5.0, hold_out: 0.25}\n"
    reports = list(run_trial(read_inputs(write_fit(tmp_path / "fit", wild)), {}))
    assert len({report.held_out_mev for report in reports}) == 1


def test_a_trial_with_an_infinite_loss_raises_an_error(tmp_path):
    wild = "fit: {method: adam, steps: 3, learning_rate: 1.0e+200, hold_out: 0.25}\n"
    with pytest.raises(NnppError, match="the loss is"):
        list(run_trial(read_inputs(write_fit(tmp_path / "fit", wild)), {}))


SIGMA = "potential.envelope.sigma"
SPACE, DRAWN = {SIGMA: Dimension(1.5, 4.0)}, {SIGMA: 2.34567}
LAST = {TRAINING: 1.5, SECONDS: 2.00049}


def study(*courses):
    """Return a study of finished trials with these errors after each step."""
    found = Study(identity="a")
    for course in courses:
        one = Trial(number=0, values=DRAWN, state="finished", course=course)
        found = found.and_then(one)
    return found


@pytest.fixture
def ledger():
    """A ledger after four trials, the last of which converged after two steps."""
    recorded = []
    before = study((9.0, 5.0, 2.0, 1.0), (9.0, 6.0, 3.0, 2.0), (8.0, 7.0, 4.0, 3.0), (9.0, 5.0))
    made = Ledger(SPACE, 4, before, recorded.append)
    made.recorded = recorded
    return made


def course(ledger, name, *errors):
    """Return whether the trial should be pruned after each step."""
    return [ledger.should_prune(name, {HELD_OUT: error, TRAINING: 1.0}) for error in errors]


def test_a_trial_worse_than_the_median_is_pruned(ledger):
    """After three steps the others have 2, 3, 4 and, after convergence, 5."""
    assert course(ledger, "x", 9.0, 8.0, 3.6) == [False, False, True]
    ledger.ended("x", DRAWN, {HELD_OUT: 3.6, **LAST})
    (trial,) = ledger.recorded
    assert (trial.state, trial.course, trial.training_mev) == ("pruned", (9.0, 8.0, 3.6), 1.5)
    assert (trial.values, trial.seconds) == ({SIGMA: 2.35}, 2.0)


def test_a_finished_trial_is_compared_with_later_ones(ledger):
    assert course(ledger, "x", 9.0, 8.0, 0.1, 0.1) == [False] * 4
    assert not ledger.should_prune("x", {HELD_OUT: 0.1, ENDED: True})
    ledger.ended("x", DRAWN, {HELD_OUT: 0.1, ENDED: True, **LAST})
    assert (ledger.recorded[0].state, ledger.recorded[0].steps) == ("finished", 4)
    assert course(ledger, "y", 9.0, 8.0, 3.4) == [False, False, True], "the median is 3 now"


def test_a_failed_trial_is_recorded_with_its_reason_and_not_compared(ledger):
    course(ledger, "x", 0.1, 0.1, 0.1)
    ledger.ended("x", DRAWN, {HELD_OUT: math.inf, ENDED: True, WHY: "the loss is inf"})
    ledger.failed("y", DRAWN, {}, "killed")
    assert [t.state for t in ledger.recorded] == ["failed", "failed"]
    assert [t.why for t in ledger.recorded] == ["the loss is inf", "killed"]
    assert ledger.recorded[0].course == (0.1, 0.1, 0.1)
    assert ledger.recorded[0].held_out_mev is None
    assert course(ledger, "z", 9.0, 8.0, 3.4) == [False] * 3


def test_an_interrupted_trial_is_not_recorded(ledger):
    course(ledger, "x", 9.0)
    ledger.ended("x", DRAWN, {HELD_OUT: 9.0, **LAST})
    ledger.ended("y", DRAWN, {})
    assert ledger.recorded == []
