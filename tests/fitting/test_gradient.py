"""Methods of optax: the same numbers as optax alone, all names, and what is refused."""

import warnings
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from nnpp.errors import InputError
from nnpp.fitting.gradient import by_name, falling, known
from nnpp.fitting.method import gradient, require_finite
from tests.fitting.samples import of_formula, rosenbrock, same_bits, saved_and_read

START = [-1.2, 1.0, 0.3]


def chain(x):
    return jnp.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])


def states(method, n, r=chain, start=START):
    """The states before the first and after each of n steps."""
    objective = of_formula(r, start)
    every = [method.start(objective, objective.parameters.start())]
    for _ in range(n):
        every.append(method.advance(objective, every[-1]))
    return every


@pytest.mark.parametrize("rate", [1e-2, falling(1e-2, 0.5, 4)], ids=["one rate", "schedule"])
def test_adam_is_that_of_optax(rate):
    objective = of_formula(chain, START)
    theta, optimiser = objective.parameters.start(), optax.adam(rate, b1=0.8)
    memory, best, lowest = optimiser.init(theta), theta, np.inf
    update = jax.jit(optimiser.update)
    for state in states(by_name("adam", rate, {"b1": 0.8}), 30)[1:]:
        measured, slope = gradient(objective, theta)
        if float(measured.loss) < lowest:
            best, lowest = theta, float(measured.loss)
        updates, memory = update(slope, memory)
        theta = theta + updates
        assert np.array_equal(state.theta, theta)
        assert np.array_equal(state.best, best)
        assert (float(state.lowest), float(state.measured.loss)) == (lowest, measured.loss)
    assert lowest < 200
    plain = optax.apply_updates(jnp.asarray(START), jax.tree.map(jnp.zeros_like, updates))
    assert np.array_equal(plain, START)


@pytest.mark.parametrize("name", known())
def test_every_method_by_its_name_lowers_the_loss_and_keeps_numbers_that_can_be_saved(name):
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # some are on their way out of optax
        objective, method = of_formula(chain, START), by_name(name, 1e-3, {})
    first, *_, last = states(method, 15)
    assert float(last.lowest) < float(first.lowest)
    assert float(objective.measure(last.best).loss) == pytest.approx(float(last.lowest))
    for state in (first, last):
        require_finite(objective, state)
        assert all(np.isfinite(x).all() for x in jax.tree.leaves(saved_and_read(state)))


def test_options_that_are_whole_numbers_and_methods_that_cannot_step():
    assert by_name("lbfgs", 1e-3, {"memory_size": 5})
    for name, rate, options in [
        ("lbfgs", 1e-3, {"memory_size": 5.5}),
        ("sm3", falling(1.0, 0.5, 2), {}),
    ]:
        with pytest.raises(InputError, match=f"{name} does not work with .*; correct them"):
            by_name(name, rate, options)


def test_the_usual_names_are_known():
    usual = {"adam", "adamw", "sgd", "rmsprop", "adagrad", "lion", "lbfgs", "adabelief"}
    assert usual < set(known())
    assert not any(name.startswith("_") for name in known())


def test_lbfgs_finds_the_minimum():
    last = states(by_name("lbfgs", 1.0, {}), 60, rosenbrock, START[:2])[-1]
    assert np.abs(np.asarray(last.best) - 1).max() < 1e-8


def test_the_best_is_kept_where_a_rate_is_too_high():
    every = states(by_name("sgd", 1e-3, {"momentum": 0.9}), 30)
    found_values = [float(s.measured.loss) for s in every[1:]]
    assert found_values[-1] > 1.1 * min(found_values)
    assert float(every[-1].lowest) == min(found_values)


@pytest.mark.parametrize(
    ("name", "options", "what", "remedy"),
    [
        ("adm", {}, "unknown method 'adm'", "did you mean 'adam'?"),
        ("levenberg", {}, "unknown method 'levenberg'", "known: lm, "),
        ("lm2", {}, "unknown method 'lm2'", "did you mean 'lm'?"),
        ("scale_by_adam", {}, "unknown method", "; "),
        ("adam", {"momentun": 0.9}, "adam has no option 'momentun'", "known: b1, b2"),
        ("sgd", {"momentun": 0.9}, "sgd has no option 'momentun'", "did you mean 'momentum'?"),
        ("adam", {"learning_rate": 0.9}, "no option 'learning_rate'", "known: b1"),
    ],
)
def test_wrong_names_and_options(name, options, what, remedy):
    with pytest.raises(InputError) as refusal:
        by_name(name, 1e-3, options)
    assert what in str(refusal.value)
    assert remedy in str(refusal.value)


def test_a_rate_falls_as_stated():
    rate = falling(0.1, 0.5, 10)
    steps = np.arange(35)
    found_values = np.array([rate(int(step)) for step in steps])
    assert np.allclose(found_values, 0.1 * 0.5 ** (steps // 10), rtol=1e-14, atol=0)


def test_plain_descent_follows_the_rate():
    """θ ← θ − rate·∂L/∂θ, the rate halved every third step."""
    every = states(by_name("sgd", falling(1e-4, 0.5, 3), {}), 9)
    objective = of_formula(chain, START)
    for i, (before, after) in enumerate(pairwise(every)):
        _, slope = gradient(objective, before.theta)
        step = np.asarray(-(1e-4 * 0.5 ** (i // 3)) * slope)
        assert np.abs(after.theta - before.theta - step).max() < 1e-15


@pytest.mark.parametrize("name", ["adam", "sgd", "lbfgs", "rmsprop", "lion"])
def test_resumed_bit_for_bit(name):
    method, objective = by_name(name, falling(1e-3, 0.7, 3), {}), of_formula(chain, START)
    straight = states(method, 9)
    state = method.resume(objective, saved_and_read(straight[4]))
    for expected in straight[5:]:
        state = method.advance(objective, state)
        assert same_bits(state, expected)
    assert not same_bits(straight[4].theta, straight[5].theta)
