"""Priors against quadrature by scipy, and zero for the form that a fit starts from."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from scipy.integrate import fixed_quad, simpson

from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import curvature, prior, size
from nnpp.potentials.neural import ACTIVATIONS
from nnpp.potentials.real_space import real_space
from tests import systems
from tests.fitting.samples import small

END, WEIGHT = 20.0, 0.7
GRID = jnp.arange(0.0, END + 0.025, 0.05)


def losses(potential, before, measure, q=GRID):
    """What the prior adds to a loss, of each species."""
    parameters = Parameters(potential, ("local",))
    source = prior("p", measure, WEIGHT, q, before)
    r = source.observe(parameters, parameters.start())
    return np.sum(np.asarray(r).reshape(len(q), 2) ** 2, axis=0)


def measured(potential, before, measure):
    """What is added at lengths q, by species: q·u, or u's second derivative by differences."""

    def u(q):
        return np.asarray(potential.local(jnp.asarray(q)) - before(jnp.asarray(q))).T

    h = 1e-3
    if measure is size:
        return lambda q: q * u(q)
    return lambda q: (u(q + h) - 2 * u(q) + u(q - h)) / h**2


def integral(m, start):
    return WEIGHT * fixed_quad(lambda q: m(q) ** 2, start, END, n=300)[0]


def reference_of(potential):
    form = systems.zunger("Cd", "Se")
    return lambda q: form(q) * potential.local.envelope(q)[:, None]


def smooth():
    """A network without kinks in its curvature."""
    potential = small()
    network = potential.local.network.clone(activation=ACTIVATIONS["tanh"])
    return replace(potential, local=replace(potential.local, network=network))


@pytest.mark.parametrize(("measure", "within"), [(size, 1e-3), (curvature, 5e-3)])
def test_quadrature(measure, within):
    """The grid of a fit: trapezoids, ends counted half."""
    potential = smooth()
    before = reference_of(potential)
    computed = losses(potential, before, measure)
    m = measured(potential, before, measure)
    exact = integral(m, 0.0)
    assert np.abs(m(np.ones(1))).min() > 1e-3
    assert exact.min() > 1e-3
    assert computed == pytest.approx(exact, rel=within)


def test_the_size_is_that_in_space():
    """Parseval: (2π²)⁻¹ ∫(q·u)² dq = 4π ∫r² u(r)² dr, both sides by quadrature."""
    potential, before = smooth(), reference_of(smooth())
    r = jnp.linspace(0.0, 60.0, 6001)
    u = np.asarray(real_space(potential.local, r) - real_space(Partial(before), r))
    in_space = 4 * np.pi * simpson(np.asarray(r)[:, None] ** 2 * u**2, x=np.asarray(r), axis=0)
    computed = losses(potential, before, size) / WEIGHT / (2 * np.pi**2)
    assert in_space.min() > 1e-3
    assert computed == pytest.approx(in_space, rel=1e-3)


def test_the_tail_counts_alone():
    potential = small()
    before, first = reference_of(potential), 3.0
    computed = losses(potential, before, size, GRID[jnp.greater(GRID, first - 1e-9)])
    assert computed == pytest.approx(
        integral(measured(potential, before, size), first), rel=2e-3
    )
    assert np.all(computed < 0.9 * losses(potential, before, size))
    assert computed.min() > 1e-6


@pytest.mark.parametrize("measure", [size, curvature])
def test_zero_for_the_start(measure):
    for potential, before in (
        (systems.cdse(), systems.cdse().local),
        (small(), small().local),
    ):
        assert np.array_equal(losses(potential, before, measure), np.zeros(2))


def test_an_empty_tail_and_one_length_are_no_error():
    potential = small()
    for q in (GRID[:0], GRID[:1]):
        assert np.array_equal(losses(potential, reference_of(potential), size, q), np.zeros(2))


def test_the_weight_is_a_factor():
    potential = small()
    parameters = Parameters(potential, ("local",))
    one, four = (
        prior("p", size, w, GRID, systems.zunger("Cd", "Se")).observe(
            parameters, parameters.start()
        )
        for w in (1.0, 4.0)
    )
    assert np.abs(np.asarray(one)).max() > 0.01
    assert np.allclose(2 * one, four, rtol=1e-14)
