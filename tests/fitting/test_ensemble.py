"""Ensembles: together as one by one, no spread where nothing differs, more with more noise."""

from dataclasses import replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError, NnppError
from nnpp.fitting.ensemble import (
    MOST,
    Plan,
    bootstrap,
    losses,
    mean_and_spread,
    require_samples,
    reweighted,
    steps_per_member,
    train_members,
)
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.levels import BandsTarget
from nnpp.fitting.targets.redrawn import redrawn_networks, require_network
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.observables.bands import levels
from nnpp.observables.comparison import Absolute, Top
from nnpp.potentials.potential import Strengths
from nnpp.structures.kpoints import listed
from tests import systems

K = np.vstack([systems.GENERIC_K, [[0.31, -0.12, 0.08]]])
HELD = 5
LEVELS, FULL = 6, 4
ABSOLUTE = Absolute()


@lru_cache
def clean():
    """zb-CdSe at six k-points, and its own levels [hartree]."""
    system = systems.at(systems.zincblende(), K)
    return system, levels(systems.cdse(), system, LEVELS)


def spectrum(noise: float = 0.0, zero=ABSOLUTE) -> Spectrum:
    """The last k-point held out, against its own levels with noise [hartree]."""
    system, E = clean()
    E = E - zero(E) + noise * np.random.default_rng(7).normal(size=E.shape)
    held = np.repeat([np.arange(len(K)) == HELD], LEVELS, axis=0).T
    fitted, unseen = (BandsTarget(E, jnp.asarray(w, float), zero, False) for w in (~held, held))
    points = listed(systems.zincblende(), K)
    return Spectrum(system, points, (fitted,), (unseen,), "zb", LEVELS, FULL, False)


def objective(noise: float = 0.0, potential=systems.cdse, **zero) -> Objective:
    """The same as an objective; the Zunger form fits its own levels exactly."""
    return Objective(Parameters(potential(), ("local",)), (spectrum(noise, **zero),))


def fitted(of: Objective, steps: int = 8):
    """θ after some steps."""
    method = LevenbergMarquardt()
    state = method.start(of, of.parameters.start())
    for _ in range(steps):
        state = method.advance(of, state)
    return state.best


def last(of: Objective, plan: Plan):
    """The members when they have arrived."""
    *_, states = train_members(of, plan)
    return states


def widest(of: Objective, states) -> float:
    """The largest spread of a level [hartree]."""
    E = jax.vmap(of.sources[0].aligned)(states.measured.y[0])
    return float(mean_and_spread(E)[1].max())


def keys(members: int):
    return jax.random.split(jax.random.key(3), members)


def test_members_together_are_the_members_one_by_one():
    of = objective(0.01)
    theta = fitted(of, 2)
    plan = bootstrap(of, theta, keys(3), 10)
    assert plan.steps == 2
    together, method = last(of, plan), LevenbergMarquardt()
    for member in range(3):
        own = reweighted(of, jax.tree.map(lambda x, m=member: x[m], plan.counts))
        state = method.start(own, theta)
        for _ in range(plan.steps):
            state = method.advance(own, state)
        alone, found = state.measured.y[0], together.measured.y[0][member]
        assert float(jnp.abs(alone - found).max()) < 1e-9
        assert abs(float(state.lowest - losses(together)[member])) < 1e-9 * float(state.lowest)
    assert float(jnp.ptp(losses(together))) > 1e-6  # they are not all one


def test_members_that_see_what_the_fit_saw_take_its_own_step():
    of = objective(0.01)
    theta, ones = fitted(of, 1), jnp.ones((3, len(K)))
    (states,) = train_members(of, Plan((ones,), jnp.stack([theta] * 3), 1))
    method = LevenbergMarquardt()
    step = method.advance(of, method.start(of, theta))
    moved = float(jnp.abs(step.best - theta).max())
    assert bool(step.accepted)
    assert moved > 1e-6
    assert float(jnp.abs(states.best - step.best).max()) < 1e-9 * moved + 1e-12
    assert widest(of, states) < 1e-14


def test_a_bootstrap_draws_as_many_k_points_as_weigh_and_none_that_is_held_out():
    of = objective(0.01)
    (seen,) = bootstrap(of, of.parameters.start(), keys(40), 0).counts
    assert np.all(np.asarray(seen.sum(axis=1)) == len(K) - 1)
    assert np.all(np.asarray(seen[:, HELD]) == 0)
    assert np.all(np.asarray(seen[:, :HELD].sum(axis=0)) > 0)
    assert len(np.unique(np.asarray(seen), axis=0)) > 20
    (first,) = bootstrap(of, of.parameters.start(), keys(40)[:3], 0).counts
    assert np.array_equal(first, seen[:3])


def test_the_spread_vanishes_with_the_residuals_and_grows_with_noise():
    spreads = []
    for noise in (0.0, 1e-4, 1e-2):
        of = objective(noise)
        theta = fitted(of)
        spreads.append(widest(of, last(of, bootstrap(of, theta, keys(3), 10))))
    assert spreads[0] < 1e-8
    assert 1e-5 < spreads[1] < 1e-3
    assert 20 < spreads[2] / spreads[1] < 500  # linear in the noise: 100, while it is small


def test_the_spread_is_the_unbiased_one():
    """Of 1, 2 and 6: mean 3, and the variance is (4 + 1 + 9)/2."""
    mean, spread = mean_and_spread(jnp.array([[1.0], [2.0], [6.0]]))
    assert float(mean[0]) == pytest.approx(3.0)
    assert float(spread[0]) ** 2 == pytest.approx(7.0)


def test_members_are_counted_each_from_its_own_zero():
    of = objective(0.01, zero=Top(FULL))
    E = of.sources[0].observe(of.parameters, of.parameters.start())
    many = jnp.stack([E, E + 0.3, E - 1.0])
    mean, spread = mean_and_spread(jax.vmap(of.sources[0].aligned)(many))
    assert float(spread.max()) < 1e-12
    assert float(jnp.abs(mean - (E - E[:, :FULL].max())).max()) < 1e-12
    assert float(mean_and_spread(many)[1].min()) > 0.5


def network():
    """A random network on the Zunger form, and charges that stay."""
    whole = systems.everything(spin=False)
    return replace(whole, strengths=Strengths(charge=whole.strengths["charge"]))


def test_networks_drawn_anew_differ_only_where_no_level_looks():
    of = objective(0.01, network)
    theta = of.parameters.start()
    plan = redrawn_networks(of, theta, keys(3), 10)
    assert plan.steps == 1
    assert redrawn_networks(of, theta, keys(3), 60).steps == steps_per_member(60) - 1 == 11
    shells = of.sources[0].system.q

    between = jnp.linspace(0.2, 0.7, 6)

    @jax.jit
    @jax.vmap
    def v(theta):
        return of.parameters.put(theta).local(jnp.concatenate([between, shells]))

    spread = np.asarray(mean_and_spread(v(plan.theta))[1])
    met, own = spread[6:], np.asarray(v(theta[None])[0, 6:])
    assert met.max() < 0.05
    assert spread[:6].max() > 20 * met.max()
    assert np.ptp(own) > 1
    before = of.parameters.put(theta).strengths
    after = of.parameters.put(plan.theta[0]).strengths
    assert np.array_equal(after["charge"], before["charge"])


def test_what_cannot_be_made_is_refused():
    with pytest.raises(InputError, match="no network is trained"):
        require_network(objective())
    require_network(objective(potential=network))
    bare = Objective(objective().parameters, ())
    with pytest.raises(InputError, match="no two k-points"):
        require_samples(bare)
    require_samples(objective())
    source = spectrum()
    one, two = (source.reweighted(jnp.asarray(np.arange(len(K)) < n, float)) for n in (1, 2))
    require_samples(replace(bare, sources=(two,)))
    with pytest.raises(InputError, match="no two k-points"):
        require_samples(replace(bare, sources=(one,)))


def test_a_member_that_is_not_finite_is_named():
    of = objective(0.01)
    ones = jnp.ones((3, len(K))).at[1, 2].set(jnp.nan)
    with pytest.raises(NnppError, match=r"member 2 of the ensemble: zb: the loss is nan"):
        next(train_members(of, Plan((ones,), of.parameters.start(), 1)))


def test_a_member_takes_a_fifth_of_the_steps():
    steps = [steps_per_member(taken) for taken in (0, 4, 10, 60, 10**4)]
    assert steps == [1, 1, 2, 12, MOST]
