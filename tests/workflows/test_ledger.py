"""Trials that run: which are given up, and what is written down of each."""

import math

import pytest

from nnpp.config.tuning import Dimension
from nnpp.runs.study import Study, Trial
from nnpp.workflows.tune.ledger import ENDED, HELD_OUT, SECONDS, TRAINING, WHY, Ledger

SIGMA = "potential.envelope.sigma"
SPACE, DRAWN = {SIGMA: Dimension(1.5, 4.0)}, {SIGMA: 2.34567}
LAST = {TRAINING: 1.5, SECONDS: 2.00049}


def study(*courses):
    found = Study(identity="a")
    for course in courses:
        one = Trial(number=0, values=DRAWN, state="finished", course=course)
        found = found.and_then(one)
    return found


@pytest.fixture
def ledger():
    """One that has seen four trials, of which the last needed two steps only."""
    told = []
    before = study((9.0, 5.0, 2.0, 1.0), (9.0, 6.0, 3.0, 2.0), (8.0, 7.0, 4.0, 3.0), (9.0, 5.0))
    made = Ledger(SPACE, 4, before, told.append)
    made.told = told
    return made


def course(ledger, name, *errors):
    """What it says to each step."""
    return [ledger.should_prune(name, {HELD_OUT: error, TRAINING: 1.0}) for error in errors]


def test_a_hopeless_trial_is_told_as_one(ledger):
    """After three steps the others are at 2, 3, 4 and, having ended there, 5."""
    assert course(ledger, "x", 9.0, 8.0, 3.6) == [False, False, True]
    ledger.ended("x", DRAWN, {HELD_OUT: 3.6, **LAST})
    (trial,) = ledger.told
    assert (trial.state, trial.course, trial.training_mev) == ("pruned", (9.0, 8.0, 3.6), 1.5)
    assert (trial.values, trial.seconds) == ({SIGMA: 2.35}, 2.0)


def test_one_that_does_all_its_steps_counts_for_those_that_follow(ledger):
    assert course(ledger, "x", 9.0, 8.0, 0.1, 0.1) == [False] * 4
    assert not ledger.should_prune("x", {HELD_OUT: 0.1, ENDED: True})
    ledger.ended("x", DRAWN, {HELD_OUT: 0.1, ENDED: True, **LAST})
    assert (ledger.told[0].state, ledger.told[0].steps) == ("finished", 4)
    assert course(ledger, "y", 9.0, 8.0, 3.4) == [False, False, True], "the median is 3 now"


def test_one_that_fails_is_told_why_and_measures_no_other(ledger):
    course(ledger, "x", 0.1, 0.1, 0.1)
    ledger.ended("x", DRAWN, {HELD_OUT: math.inf, ENDED: True, WHY: "the loss is inf"})
    ledger.failed("y", DRAWN, {}, "killed")
    assert [t.state for t in ledger.told] == ["failed", "failed"]
    assert [t.why for t in ledger.told] == ["the loss is inf", "killed"]
    assert ledger.told[0].course == (0.1, 0.1, 0.1)
    assert ledger.told[0].held_out_mev is None
    assert course(ledger, "z", 9.0, 8.0, 3.4) == [False] * 3


def test_one_that_is_broken_off_is_not_told(ledger):
    course(ledger, "x", 9.0)
    ledger.ended("x", DRAWN, {HELD_OUT: 9.0, **LAST})
    ledger.ended("y", DRAWN, {})
    assert ledger.told == []
