"""Levels of members of an ensemble, from one solution; and whether spreads are honest."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.dense import dense
from nnpp.observables.bands import levels
from nnpp.observables.comparison import coverage
from nnpp.observables.slopes import levels_of_members
from tests import systems


def near(potential, count, size):
    """Potentials that differ from this one by so much of each number."""
    leaves, shape = jax.tree.flatten(potential)
    rng = np.random.default_rng(0)
    moved = [jnp.stack([x * (1 + size * rng.normal(size=x.shape)) for _ in range(count)])
             for x in leaves]  # fmt: skip
    return jax.tree.unflatten(shape, moved)


def test_members_are_the_levels_of_their_potentials_to_first_order():
    """What is left falls with the square of how far they are; multiplets by their mean."""
    potential = systems.everything()
    system, n = systems.at(systems.zincblende(), [np.zeros(3), systems.GENERIC_K[3]], 1.5), 10
    left, errors = [], []
    for size in (2e-3, 1e-3):
        members = near(potential, 3, size)
        E, found = levels_of_members(potential, members, system, n, dense)
        np.testing.assert_allclose(E, levels(potential, system, n, dense), atol=1e-12)
        each = [jax.tree.map(lambda x, m=m: x[m], members) for m in range(3)]
        exact = np.stack([np.asarray(levels(one, system, n, dense)) for one in each])
        left.append(
            np.abs(found[:, 0, 4:8].mean(axis=-1) - exact[:, 0, 4:8].mean(axis=-1)).max()
        )
        left[-1] = max(left[-1], np.abs(found - exact)[:, 1].max())
        errors.append(np.abs(exact[:, 1] - np.asarray(E[1])).max())
    assert left[0] / left[1] == pytest.approx(4, rel=0.15)
    assert left[1] < 0.05 * errors[1]


def test_a_normal_error_is_covered_as_a_normal_one():
    rng = np.random.default_rng(1)
    spread = rng.uniform(0.5, 2, 20_000)
    honest = coverage(rng.normal(size=spread.shape) * spread, spread)
    assert honest.factor == pytest.approx(1, rel=0.02)
    np.testing.assert_allclose(honest.share(np.array([1.0, 2.0])), [0.683, 0.954], atol=0.01)
    bold = coverage(3 * rng.normal(size=spread.shape) * spread, spread)
    assert bold.factor == pytest.approx(3, rel=0.02)


def test_levels_without_a_spread_are_not_asked():
    found = coverage(np.array([1.0, 5.0]), np.array([0.0, 2.0]))
    assert found.ratios.tolist() == [2.5]
    assert np.isnan(coverage(np.ones(2), np.zeros(2)).factor)
