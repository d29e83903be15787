"""Levenberg and Marquardt against scipy, against their own formula, and on real levels."""

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares

from nnpp.devices.compilation import Count
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt, _delta
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.levels import BandsTarget
from nnpp.observables.comparison import Absolute
from tests import systems
from tests.fitting.samples import of_formula, rosenbrock, same_bits, saved_and_read, spectrum

METHOD = LevenbergMarquardt()
TIMES = jnp.linspace(0.1, 2.0, 12)


def beale(x):
    powers = jnp.stack([x[1], x[1] ** 2, x[1] ** 3])
    return jnp.array([1.5, 2.25, 2.625]) - x[0] * (1 - powers)


def decay(x):
    """An exponential that cannot be met: the loss at the minimum is not zero."""
    wanted = jnp.exp(-TIMES) + 0.1 * jnp.cos(9 * TIMES)
    return x[0] * jnp.exp(-x[1] * TIMES) - wanted


def helix(x):
    turn = jnp.arctan2(x[1], x[0]) / (2 * jnp.pi)
    return jnp.stack([10 * (x[2] - 10 * turn), 10 * (jnp.hypot(x[0], x[1]) - 1), x[2]])


PROBLEMS = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0]),
    "beale": (beale, [1.0, 1.0]),
    "helix": (helix, [-1.0, 0.5, 0.0]),
    "decay": (decay, [0.4, 3.0]),
}


def states(objective, n, theta=None):
    """The states before the first and after each of n steps."""
    start = objective.parameters.start() if theta is None else jnp.asarray(theta)
    every = [METHOD.start(objective, start)]
    for _ in range(n):
        every.append(METHOD.advance(objective, every[-1]))
    return every


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_minimum_of_scipy(name):
    r, start = PROBLEMS[name]
    last = states(of_formula(r, start), 120)[-1]
    jacobian = jax.jit(jax.jacfwd(r))
    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    for method in ("lm", "trf"):
        found = least_squares(
            lambda x: np.asarray(r(x)), start, jacobian, method=method, **tight
        )
        assert np.abs(np.asarray(last.best) - found.x).max() < 1e-8
        assert float(last.lowest) == pytest.approx(2 * found.cost, abs=1e-14)


def test_one_of_the_problems_has_no_zero():
    assert float(states(of_formula(*PROBLEMS["decay"]), 60)[-1].lowest) > 1e-3


def test_the_loss_never_rises_and_a_rejected_trial_is_undone_to_the_last_bit():
    every = states(of_formula(*PROBLEMS["rosenbrock"]), 40)
    losses = [float(s.lowest) for s in every]
    assert losses == sorted(losses, reverse=True)
    rejected = [(a, b) for a, b in pairwise(every) if not b.accepted]
    assert len(rejected) >= 3
    for before, after in rejected:
        assert float(after.trial.loss) >= float(before.lowest)
        kept = ("best", "r", "J", "measured")
        assert all(same_bits(getattr(before, x), getattr(after, x)) for x in kept)
        assert float(after.damping) == float(before.damping * before.growth)
        assert float(after.growth) == 2 * float(before.growth)
    taken = [b for b in every[1:] if b.accepted]
    assert all(same_bits(s.measured, s.trial) and float(s.growth) == 2 for s in taken)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_damping_follows_the_gain_by_the_law_of_nielsen(name):
    """λ max(1/3, 1 − (2ρ−1)³), ρ the fall of the loss by that of |r + Jδ|²."""
    every = states(of_formula(*PROBLEMS[name]), 12)
    ratios = []
    for before, after in pairwise(every):
        if bool(after.accepted):
            r, J = np.asarray(before.r), np.asarray(before.J)
            delta = np.asarray(after.best - before.best)
            hoped = r @ r - np.sum((r + J @ delta) ** 2)
            rho = float(before.lowest - after.lowest) / hoped
            ratios.append(max(1 / 3, 1 - (2 * rho - 1) ** 3))
            assert float(after.damping / before.damping) == pytest.approx(ratios[-1], rel=1e-6)
    assert len(ratios) >= 3
    assert name != "helix" or 0.34 < max(ratios) < 1.9


def test_a_step_from_a_minimum_is_rejected():
    """No direction leads down, so θ stays and the damping grows without end."""
    every = states(of_formula(decay, PROBLEMS["decay"][1]), 200)
    assert same_bits(every[-1].best, every[-10].best)
    assert float(every[-1].damping) > 1e6


@pytest.mark.parametrize("shape", [(9, 4), (4, 4), (4, 9)])
def test_delta_minimises_the_damped_model(shape):
    rng = np.random.default_rng(2)
    J, r, damping = rng.normal(size=shape), rng.normal(size=shape[0]), 0.03
    M = J.T @ J if shape[1] <= shape[0] else J @ J.T
    shift = damping * M.diagonal().max()
    tall = np.vstack([J, np.sqrt(shift) * np.eye(shape[1])])
    exact = np.linalg.lstsq(tall, np.concatenate([-r, np.zeros(shape[1])]), rcond=None)[0]
    found = _delta(jnp.asarray(r), jnp.asarray(J), jnp.asarray(damping))
    assert np.abs(exact).max() > 0.1
    assert np.abs(np.asarray(found) - exact).max() < 1e-13


def test_both_sides_give_one_step():
    """Parameters that nothing feels change the side that is solved, and not the step."""
    rng = np.random.default_rng(3)
    J, r = rng.normal(size=(5, 4)), jnp.asarray(rng.normal(size=5))
    wide = np.hstack([J, np.zeros((5, 3))])
    of_columns, of_rows = ((M**2).sum(axis=axis).max() for M, axis in ((J, 0), (wide, 1)))
    narrow = _delta(r, jnp.asarray(J), jnp.asarray(0.01))
    by_rows = _delta(r, jnp.asarray(wide), jnp.asarray(0.01 * of_columns / of_rows))
    assert np.abs(np.asarray(narrow)).max() > 0.1
    assert np.abs(np.asarray(by_rows[:4] - narrow)).max() < 1e-13
    assert np.array_equal(by_rows[4:], np.zeros(3))


def test_more_parameters_than_residuals():
    """Two conditions on five numbers are met exactly, in the neighbourhood of the start."""

    def r(x):
        return jnp.stack([x @ x - 2.0, x[0] * x[1] - x[4] ** 3 - 0.3])

    last = states(of_formula(r, [0.9, 0.1, 0.5, -0.4, 0.2]), 30)[-1]
    assert float(last.lowest) < 1e-28


def test_no_derivative_at_all_moves_nothing():
    first, last = (states(of_formula(lambda x: 0 * x + 1.0, [0.5, 2.0]), 3)[i] for i in (0, -1))
    assert same_bits(first.best, last.best)
    assert np.isfinite(float(last.damping))


@pytest.mark.parametrize("at", [1, 4, 7])
def test_resumed_bit_for_bit(at):
    objective = of_formula(*PROBLEMS["rosenbrock"])
    straight = states(objective, 14)
    assert not all(s.accepted for s in straight)
    state = METHOD.resume(objective, saved_and_read(straight[at]))
    for expected in straight[at + 1 :]:
        state = METHOD.advance(objective, state)
        assert same_bits(state, expected)


@pytest.fixture(scope="module")
def bands_of_zunger():
    """The published form moved by some per cent, and its levels before that as the aim."""
    potential = systems.cdse()
    own = Parameters(potential, ("local",))
    E = spectrum(potential).observe(own, own.start())
    target = BandsTarget(E, jnp.ones_like(E), Absolute(), False)
    moved = 1 + 0.03 * jnp.asarray(np.random.default_rng(4).normal(size=(2, 4)))
    there = replace(potential, local=replace(potential.local, a=potential.local.a * moved))
    return Objective(Parameters(there, ("local",)), (spectrum(there, targets=[target]),))


def test_the_published_form_is_found_again(bands_of_zunger):
    every = states(bands_of_zunger, 40)
    assert float(every[0].lowest) > 1e-5
    assert float(every[-1].lowest) < 1e-16
    found = bands_of_zunger.parameters.put(every[-1].best).local.a
    assert np.abs(np.asarray(found / systems.cdse().local.a) - 1).max() < 1e-5


def test_a_real_fit_resumed_bit_for_bit(bands_of_zunger):
    straight = states(bands_of_zunger, 5)
    state = METHOD.resume(bands_of_zunger, saved_and_read(straight[2]))
    for expected in straight[3:]:
        state = METHOD.advance(bands_of_zunger, state)
        assert same_bits(state, expected)


def test_nothing_is_compiled_anew_from_step_to_step():
    """All programs are there after the first step, whether trials are taken or rejected."""
    every, count = states(of_formula(*PROBLEMS["rosenbrock"]), 1), Count()
    objective = of_formula(*PROBLEMS["rosenbrock"])
    for _ in range(20):
        every.append(METHOD.advance(objective, every[-1]))
    assert {bool(s.accepted) for s in every} == {True, False}
    assert count.programs == 0
    jax.jit(lambda x: x + 1.234)(1.0)
    assert count.programs == 1, "new programs are counted"
