"""When a stage of a fit ends, how one stage follows another, and what a step reports."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.fitting.levenberg_marquardt import MOST, LevenbergMarquardt
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.training import Course, Stage, Stopping, Training
from nnpp.pytree import pytree
from nnpp.units import HARTREE_EV
from tests.fitting.samples import Formula, holding, rosenbrock

STOPPING = Stopping(tolerance=1e-2, patience=3)
after_lm = partial(Course.after, accepted=True, damping=1e-3, stopping=STOPPING)


def test_a_fit_ends_once_an_accepted_step_gains_less_than_the_tolerance():
    course = after_lm(Course(), 1.0)
    assert (course.step, course.within, course.lowest, course.ended) == (1, 1, 1.0, "")
    course = after_lm(course, 0.98)
    assert (course.ended, course.stale) == ("", 0)
    assert after_lm(course, 0.98, accepted=False).ended == ""
    assert after_lm(course, 0.975).ended == "the loss falls by less than 0.01 of itself"
    assert after_lm(course, 0.975, damping=None).ended == "", "a rule of lm alone"
    assert after_lm(course, 0.0).ended == "the loss is zero"
    stuck = after_lm(course, 0.98, accepted=False, damping=1e9)
    assert stuck.ended == "no direction leads down any more"


def test_patience_counts_steps_without_a_gain():
    course = after_lm(Course(), 1.0, damping=None)
    for stale in (1, 2):
        course = after_lm(course, 0.995, damping=None)
        assert (course.stale, course.ended) == (stale, "")
    again = after_lm(course, 0.9, damping=None)
    assert (again.stale, again.ended) == (0, "")
    over = after_lm(course, 0.995, damping=None)
    assert over.ended == "the loss has not fallen for 3 steps"
    assert Course().after(1.0, True, None, Stopping(1e-4)).ended == ""


def test_a_fit_that_ended_by_one_tolerance_continues_with_another():
    loose, tight = Stopping(1e-2, patience=3), Stopping(1e-4)
    ended = Course().after(1.0, True, 1e-3, loose).after(0.995, True, 1e-3, loose)
    assert ended.ended == "the loss falls by less than 0.01 of itself"
    assert ended.judged_by(loose) == ended
    on = ended.judged_by(tight)
    assert (on.ended, on.stale, on.step, on.lowest) == ("", 0, 2, 0.995)


def test_the_lowest_loss_is_kept():
    course = after_lm(after_lm(Course(), 1.0), 2.0, accepted=False)
    assert (course.lowest, course.stale, course.step, course.within) == (1.0, 1, 2, 2)


def test_the_largest_damping_ends_a_stage():
    reached = after_lm(Course(), 1.0, accepted=False, damping=MOST)
    assert reached.ended == "no direction leads down any more"
    assert after_lm(Course(), 1.0, accepted=False, damping=MOST / 2).ended == ""


@pytree
class Levels(Formula):
    """The same with levels: errors of two fitted ones and of one held out [hartree]."""

    def errors(self, y):
        return np.array([3e-3, -4e-3]), np.array([2e-3])

    def held_out(self, r):
        return r[:1]


def training(*eased: bool, source=Formula, steps: int = 3) -> Training:
    """Levenberg-Marquardt in several stages of increasing length."""
    start = holding([-1.2, 1.0])
    objective = Objective(Parameters(start, ("local",)), (source(rosenbrock),))
    stages = [Stage("lm", LevenbergMarquardt(), steps + i, e) for i, e in enumerate(eased)]
    return Training(objective, tuple(stages))


def test_the_last_stage_follows_the_eased_ones():
    assert training(True, True, False).steps == 3 + 4 + 5
    assert training(True, True, False).eased_until == 3 + 4
    assert training(False, False).eased_until == 0


def test_stages_follow_one_another_from_the_best_parameters():
    of = training(False, False)
    progress, places = of.start(), []
    assert (progress.course.step, progress.course.lowest) == (0, None)
    while (after := of.advance(progress)) is not None:
        progress = after
        places.append((progress.course.step, progress.course.stage, progress.course.within))
    assert places == [(1, 0, 1), (2, 0, 2), (3, 0, 3)] + [(3 + i, 1, i) for i in (1, 2, 3, 4)]
    assert progress.course.lowest == pytest.approx(
        float(progress.state.lowest) * HARTREE_EV**2, rel=1e-12
    )


def test_a_step_reports_its_losses_and_errors():
    """The losses of θ = (−1.2, 1) are (10·0.44)² + 2.2² = 24.2 and, of the first, 19.36."""
    of = training(False, source=Levels)
    numbers = of.numbers(of.start())
    assert numbers["loss_ev2"] == pytest.approx(24.2 * HARTREE_EV**2)
    assert numbers["best_ev2"] == numbers["loss_ev2"]
    assert numbers["rms_mev"] == pytest.approx(np.sqrt(12.5) * HARTREE_EV)
    assert numbers["holdout_rms_mev"] == pytest.approx(2 * HARTREE_EV)
    assert "eased" not in numbers
    assert training(True).numbers(training(True).start())["eased"] is True
    plain = training(False).numbers(training(False).start())
    assert not {"rms_mev", "holdout_ev2", "holdout_rms_mev"} & set(plain)


def test_saved_and_resumed():
    of = training(False, steps=6)
    progress = of.advance(of.advance(of.start()))
    resumed = of.resume(*of.saved(progress))
    assert resumed.course == progress.course
    one, other = of.advance(progress), of.advance(resumed)
    assert np.array_equal(one.state.best, other.state.best)
    assert resumed.at_best
    assert jnp.array_equal(one.state.damping, other.state.damping)
