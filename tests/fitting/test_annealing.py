"""The random walk: what it keeps, how often, where it dwells, and how it goes on."""

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.fitting.annealing import MODES, OFTEN, Annealing
from tests.fitting.samples import of_formula, rosenbrock, same_bits, saved_and_read

JUMPS = MODES[4]
"""The mode that adds ±ε to whole arrays, with the chance OFTEN."""


def walk(method, n, objective, seed=0):
    """The states before the first and after each of n moves."""
    key = jax.random.key(seed)
    every = [method.start(objective, objective.parameters.start(), key)]
    for _ in range(n):
        every.append(method.advance(objective, every[-1]))
    return every


def line(theta):
    """√L = |θ|."""
    return theta


def test_a_rejected_move_is_undone_to_the_last_bit():
    """Cold, at the minimum: no move is kept, whatever the key."""
    every = walk(Annealing(0.1, 1e9, MODES[1]), 20, of_formula(rosenbrock, [1.0, 1.0]))
    for before, after in pairwise(every):
        assert not after.accepted
        assert same_bits(
            (before.theta, before.measured, before.best, before.lowest),
            (after.theta, after.measured, after.best, after.lowest),
        )
        assert not same_bits(before.key, after.key)


def test_a_cold_walk_only_goes_down_and_a_hot_one_takes_every_move():
    start = of_formula(rosenbrock, [-1.2, 1.0])
    cold, hot = (walk(Annealing(0.2, beta, MODES[1]), 40, start) for beta in (1e9, 0.0))
    losses = [float(s.measured.loss) for s in cold]
    assert losses == sorted(losses, reverse=True)
    assert {bool(s.accepted) for s in cold} == {True, False}
    assert all(s.accepted for s in hot)
    losses = [float(s.measured.loss) for s in hot]
    assert losses != sorted(losses, reverse=True)
    for state in hot[1:]:
        assert float(start.measure(state.theta).loss) == pytest.approx(
            float(state.measured.loss)
        )
    assert float(hot[-1].lowest) == min(losses)
    assert float(start.measure(hot[-1].best).loss) == pytest.approx(min(losses))


@pytest.mark.parametrize("beta", [2.0, 8.0])
def test_how_often_a_move_uphill_is_kept(beta):
    """With the chance e^{−βε} for |θ| → |θ| + ε, from many keys at once."""
    objective, method, size, many = (
        of_formula(line, [1.0]),
        Annealing(0.1, beta, JUMPS),
        0.1,
        20_000,
    )
    first = walk(method, 0, objective)[0]

    def once(key):
        after = method.advance(objective, replace(first, key=key))
        return after.theta[0], after.accepted

    theta, kept = jax.jit(jax.vmap(once))(jax.random.split(jax.random.key(1), many))
    theta, up = np.asarray(theta), OFTEN / 2
    chances = {1.1: up * np.exp(-beta * size), 0.9: up}
    for where, chance in chances.items():
        shares = np.isclose(theta, where, atol=1e-12).mean()
        assert abs(shares - chance) < 4 * np.sqrt(chance / many)
    rejected = up * (1 - np.exp(-beta * size))
    assert abs(1 - np.mean(kept) - rejected) < 4 * np.sqrt(rejected / many)
    assert np.all(np.isclose(theta, 1.0, atol=1e-12) | np.asarray(kept))


def test_a_long_walk_dwells_where_its_temperature_says():
    """On a line of places ε apart: each with the share e^{−β|θ|}."""
    objective, beta, size = of_formula(line, [0.2]), 3.0, 0.2
    method = Annealing(size, beta, JUMPS)
    step = lambda state, _: ((after := method.advance(objective, state)), after.theta[0])  # noqa: E731
    first = walk(method, 0, objective, seed=3)[0]
    _, theta = jax.jit(lambda s: jax.lax.scan(step, s, None, length=60_000))(first)
    places = np.arange(-4, 5) * size
    shares = np.array([np.isclose(theta, x, atol=1e-9).mean() for x in places])
    expected = np.exp(-beta * np.abs(places)) / sum(
        np.exp(-beta * abs(i) * size) for i in range(-200, 201)
    )
    assert np.abs(shares - expected).max() < 0.015
    assert expected.max() > 0.25


@pytest.mark.parametrize("mode", [1, 3, 4])
def test_resumed_bit_for_bit(mode):
    objective, method = of_formula(rosenbrock, [-1.2, 1.0]), Annealing(0.1, 4.0, MODES[mode])
    straight = walk(method, 16, objective)
    assert {bool(s.accepted) for s in straight} == {True, False}
    state = method.resume(objective, saved_and_read(straight[7]))
    for expected in straight[8:]:
        state = method.advance(objective, state)
        assert same_bits(state, expected)


def test_another_key_walks_elsewhere():
    objective, method = of_formula(rosenbrock, [-1.2, 1.0]), Annealing(0.1, 0.0, MODES[1])
    one, two = (walk(method, 3, objective, seed)[-1].theta for seed in (0, 1))
    assert np.abs(np.asarray(one - two)).max() > 1e-4
    assert same_bits(one, walk(method, 3, objective, 0)[-1].theta)
    assert jnp.isfinite(one).all()
