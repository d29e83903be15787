"""Levels and their derivatives from one solution; residuals and J of all targets together."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.devices.parallel import jit_blocking
from nnpp.fitting.method import gradient, linear
from nnpp.fitting.objective import Objective
from nnpp.fitting.targets.curves import curvature, prior
from nnpp.fitting.targets.levels import AtGammaTarget, BandsTarget, GapTarget
from nnpp.observables.comparison import Top
from nnpp.observables.gaps import splitting_at
from tests import systems
from tests.fitting.samples import GENERIC, entries, small, spectrum, trained

STEP = 1e-4

SIZES = {False: [1, 1, 3, 3], True: [2, 2, 4]}
"""Of the multiplets at Γ, spinless and with spin-orbit."""


def multiplets(E):
    """A row of ones for each set of equal levels at one k."""
    first = np.concatenate([[True], np.diff(np.asarray(E)) > 1e-7])
    of = np.cumsum(first) - 1
    return np.equal.outer(np.arange(of[-1] + 1), of).astype(float)


def difference(f, x, e):
    """Fourth-order central difference of f along e."""
    near, far = (f(x + s * STEP * e) - f(x - s * STEP * e) for s in (1, 2))
    return (8 * near - far) / (12 * STEP)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.slow] * (n in ("spinless", "zunger")))
        for n in systems.POTENTIALS
    ],
)
def test_slopes_are_differences_and_those_of_forward_mode(name):
    """At a general k level by level, at Γ by multiplets; along every strength, and all of θ."""
    potential = systems.POTENTIALS[name]()
    strain = 0.0 if name == "table" else 0.02  # a table knows the shells of one crystal
    source = spectrum(potential, [[0, 0, 0], GENERIC], strain=strain)
    parameters = trained(potential)
    theta = parameters.start()
    observe = jax.jit(lambda t: source.observe(parameters, t))
    forward = jax.jit(lambda e: jax.jvp(observe, (theta,), (e,))[1])
    E, slopes = jax.jit(source.linear)(parameters, theta)
    assert np.abs(np.asarray(observe(theta) - E)).max() < 1e-13
    sums = [multiplets(E[0]), np.eye(8)]
    assert sorted(sums[0].sum(axis=1)) == SIZES[source.spinor]
    assert np.diff(E[1]).min() > 1e-5
    rng, scale = np.random.default_rng(0), np.maximum(np.abs(np.asarray(theta)), 0.1)
    alone = np.flatnonzero(entries(parameters, *parameters.model.strengths))
    along = [*np.eye(len(theta))[alone], *(rng.normal(size=(3, len(theta))) * scale)]
    for e in map(jnp.asarray, along):
        contracted, exact, close = slopes @ e, forward(e), difference(observe, theta, e)
        assert np.abs(contracted).max() > 1e-6
        for sum_, *x in zip(sums, contracted, exact, close, strict=True):
            told_k, exact_k, close_k = (sum_ @ np.asarray(y) for y in x)
            assert np.abs(told_k - exact_k).max() < 1e-12 * max(1, np.abs(exact_k).max())
            assert np.abs(told_k - close_k).max() < 1e-8 * max(1, np.abs(close_k).max())


def full_objective():
    """Bands from the valence top, some held out; a gap, a splitting, and a prior."""
    potential = small()
    parameters = trained(potential)
    E = spectrum(potential, n=10).observe(parameters, parameters.start())
    draw = np.random.default_rng(1)
    reference = E[:, :10] - Top(8)(E) + 0.01 * draw.normal(size=(4, 10))
    weights = jnp.asarray(draw.uniform(0.5, 20, (4, 10)))
    fitted, held = (
        BandsTarget(reference, weights * jnp.asarray(x)[:, None], Top(8), False)
        for x in ([1, 1, 0, 1], [0, 0, 1, 0])
    )
    numbers = [
        GapTarget(jnp.asarray(0.07), jnp.asarray(3.0)),
        AtGammaTarget(jnp.asarray(0.02), jnp.asarray(5.0), splitting_at, gamma=0),
    ]
    source = spectrum(potential, targets=[fitted, *numbers], held=[held], n=10)
    q = jnp.linspace(0.0, 8.0, 41)
    rough = prior("prior", curvature, 1e-4, q, systems.zunger("Cd", "Se"))
    return Objective(parameters, (source, rough))


def test_J_is_the_derivative_of_the_residuals_and_twice_its_product_that_of_the_loss():
    objective = full_objective()
    theta = objective.parameters.start()

    def residuals(theta):
        y = [s.observe(objective.parameters, theta) for s in objective.sources]
        return jnp.concatenate(
            [s.residuals(x) for s, x in zip(objective.sources, y, strict=True)]
        )

    measured, r, J = linear(objective, theta)
    assert r.shape == (4 * 10 + 2 + 41 * 2,)
    assert np.abs(np.asarray(r - residuals(theta))).max() < 1e-11, "two programs, two roundings"
    push = jit_blocking(lambda e: jax.jvp(residuals, (theta,), (e,))[1])
    exact = np.stack([push(e) for e in jnp.eye(len(theta))], axis=1)
    assert np.abs(exact).max(axis=0).min() > 1e-9
    assert np.abs(np.asarray(J) - exact).max() < 1e-10 * np.abs(exact).max()
    assert float(measured.loss) == pytest.approx(float(r @ r), rel=1e-14)
    assert float(measured.held.sum()) > 1e-4
    seen, slope = gradient(objective, theta)
    assert float(seen.loss) == pytest.approx(float(r @ r), rel=1e-13)
    assert np.abs(np.asarray(2 * J.T @ r - slope)).max() < 1e-11 * np.abs(slope).max()


def test_k_points_that_symmetry_makes_one_are_solved_once():
    """Two L and another point, from two solutions or from three: levels and their slopes."""
    k = np.array([[0.5, 0, 0], [0.1, 0.2, 0.3], [0, 0.5, 0]])
    potential = small(spin=False)
    three = spectrum(potential, k, n=2, strain=0.0)
    two = replace(three, system=spectrum(potential, k[:2], n=2, strain=0.0).system,
                  place=jnp.array([0, 1, 0]))  # fmt: skip
    parameters = trained(potential)
    pairs = [jax.jit(s.linear)(parameters, parameters.start()) for s in (two, three)]
    for found, expected in zip(*pairs, strict=True):
        assert found.shape == expected.shape
        assert float(jnp.abs(found - expected).max()) < 1e-9
    E = pairs[0][0]
    assert float(jnp.abs(two.at_distinct(E) - E[:2]).max()) == 0
    assert three.at_distinct(E) is E


def test_errors_of_fitted_and_held_out_levels():
    """E − E_ref from the valence top, without weights; nothing where there is no reference."""
    objective = full_objective()
    source = objective.sources[0]
    E = source.observe(objective.parameters, objective.parameters.start())
    fitted, held = source.errors(E)
    apart = np.asarray(E - Top(8)(E) - source.targets[0].reference)
    assert np.abs(np.ravel(fitted) - apart[[0, 1, 3]].ravel()).max() < 1e-12
    assert np.abs(np.ravel(held) - apart[2]).max() < 1e-12
    bare = replace(source, targets=source.targets[1:], held=())
    assert [x.shape for x in bare.errors(E)] == [(0,), (0,)]
