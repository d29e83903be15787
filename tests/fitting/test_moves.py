"""Each mode moves exactly what it says, as far as it says, and nothing else."""

from dataclasses import replace
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.fitting.annealing import MODES, move
from nnpp.fitting.parameters import Parameters
from nnpp.potentials.table import Table
from tests.fitting.samples import entries, small, trained

SIZE, MANY = 0.01, 64

FREE = {
    1: {"local", "spin_orbit", "nonlocal"},
    2: {"local", "spin_orbit", "nonlocal"},
    3: {"local"},
    4: {"local", "spin_orbit", "nonlocal"},
    5: {"local", "spin_orbit", "nonlocal"},
    6: {"spin_orbit"},
    7: {"nonlocal"},
    8: {"local", "nonlocal"},
}
"""What the table in moves.py lets move."""


def moved(parameters, mode, size=SIZE, many=MANY):
    """θ before, and after one move from each of many keys."""
    theta = parameters.start()
    keys = jax.random.split(jax.random.key(0), many)
    one = partial(move, parameters, theta, size=size, moves=MODES[mode])
    return np.asarray(theta), np.asarray(jax.jit(jax.vmap(lambda key: one(key)))(keys))


def held():
    """A table and every strength."""
    v = jnp.asarray(np.random.default_rng(0).normal(size=(20, 2)))
    return replace(small(), local=Table(tuple(float(i) for i in range(1, 21)), v))


@cache
def parts(mode):
    """For each part, its numbers before and after many moves."""
    parameters = trained(held())
    before, after = moved(parameters, mode)
    found = {}
    for part in parameters.model.parts():
        here = entries(parameters, part)
        assert here.any()
        found[part] = before[here], after[:, here]
    return found


def test_there_are_eight_modes():
    assert set(MODES) == set(FREE) == set(range(1, 9))


@pytest.mark.parametrize("mode", FREE)
def test_only_the_parts_named_move(mode):
    for part, (before, after) in parts(mode).items():
        changed = (after != before).any(axis=0)
        assert changed[before != 0].all() if part in FREE[mode] else not changed.any()


@pytest.mark.parametrize(("mode", "factor"), [(1, 1e-2), (2, 1e-3)])
def test_stretches(mode, factor):
    """Strengths in modes 1 and 2, weights in mode 1: by at most ε, or a part of it."""
    of = parts(mode)
    sizes = {"spin_orbit": factor, "nonlocal": factor} | ({"local": 1.0} if mode == 1 else {})
    for part, share in sizes.items():
        before, after = of[part]
        ratio = after[:, before != 0] / before[before != 0] - 1
        assert 0.9 * share * SIZE < np.abs(ratio).max() <= share * SIZE * (1 + 1e-9)
        assert ratio.min() < 0 < ratio.max()
        assert len(np.unique(ratio[0])) == ratio.shape[1]


def test_mode_2_draws_large_weights_back_and_lets_small_ones_jump():
    w = np.array([30.0, -25.0, 3.0, -0.5, 0.005, -0.002])
    potential = small()
    lengths = tuple(float(i) for i in range(1, 4))
    local = Table(lengths, jnp.asarray(w).reshape(3, 2))
    before, after = moved(Parameters(replace(potential, local=local), ("local",)), 2)
    assert np.array_equal(before, w)
    ratio = (after - w) / (SIZE * w)
    assert ratio[:, :2].max() < 0
    assert -1 <= ratio[:, :2].min() < -0.9
    for columns, most in ((slice(2, 4), 1.0), (slice(4, 6), 10.0)):
        assert 0.9 * most < np.abs(ratio[:, columns]).max() <= most
        assert ratio[:, columns].min() < 0 < ratio[:, columns].max()


def test_mode_3_moves_half_of_the_entries_by_a_normal_step():
    before, after = parts(3)["local"]
    step = (after - before) / (SIZE * np.std(before))
    changed = step != 0
    within = 4 / np.sqrt(step.size)
    assert abs(changed.mean() - 0.5) < within
    assert abs(step[changed].std() - 1) < within
    assert abs(step[changed].mean()) < 2 * within


@pytest.mark.parametrize(
    ("mode", "steps"),
    [
        (4, {"local": 1.0, "spin_orbit": 1e-3, "nonlocal": 1e-3}),
        (5, {"local": 0.1, "spin_orbit": 1.0, "nonlocal": 1.0}),
        (6, {"spin_orbit": 1.0}),
        (7, {"nonlocal": 1.0}),
        (8, {"local": 1.0, "nonlocal": 1.0}),
    ],
)
def test_jumps(mode, steps):
    """A whole array moves by ±ε times its factor, or not at all, with the chance 0.6."""
    of = parts(mode)
    assert set(steps) == FREE[mode]
    for part, factor in steps.items():
        before, after = of[part]
        units = (after - before) / (SIZE * factor)
        assert np.allclose(np.abs(units), np.round(np.abs(units)), atol=1e-9)
        assert set(np.round(units).ravel()) == {-1.0, 0.0, 1.0}
        if part != "local":
            whole = np.abs(np.round(units)).mean(axis=1)
            assert set(whole) == {0.0, 1.0}
            assert 0.4 < whole.mean() < 0.8


def test_a_network_is_local_with_all_its_weights():
    parameters = trained(small())
    before, after = moved(parameters, 4, many=16)
    jumps = np.round((after - before)[:, entries(parameters, "local")] / SIZE)
    assert set(jumps.ravel()) == {-1.0, 0.0, 1.0}
    assert np.abs(jumps).any(axis=0).all()


@pytest.mark.parametrize("mode", FREE)
def test_untrained_parts_are_not_in_theta(mode):
    parameters = Parameters(held(), ("charge", "strain"))
    before, after = moved(parameters, mode, many=2)
    assert len(before) == 6
    assert np.array_equal(after, np.tile(before, (2, 1)))
