"""Gradients of levels against central differences, for every parameter of every potential."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.levels import eigenvalues
from nnpp.eigensolvers.wanted import Lowest
from nnpp.hamiltonian.bulk import at_shells, hamiltonian, values
from nnpp.observables.bands import levels
from tests import systems

STEP = 1e-4

STRENGTHS = 12
"""Spin-orbit 2, non-local 4, charges 2 and strain 4: the last leaves of `everything`."""


def central(f, x, direction):
    """Fourth-order central difference of f along `direction`."""
    near, far = (f(x + s * STEP * direction) - f(x - s * STEP * direction) for s in (1, 2))
    return (8 * near - far) / (12 * STEP)


def of_parameters(potential, system, weights, solve=dense):
    """A weighted sum of levels, of one flat vector of all parameters, and its gradient."""
    flat, rebuild = ravel_pytree(potential)

    @jax.jit
    @jax.value_and_grad
    def both(x):
        return jnp.sum(weights * levels(rebuild(x), system, weights.shape[1], solve))

    return lambda x: both(x)[0], np.asarray(both(flat)[1]), flat


@pytest.mark.parametrize(("name", "solver"), systems.BOTH)
def test_gradient_with_respect_to_every_parameter(name, solver):
    """Away from multiplets, level by level: distinct weights for all."""
    k = np.array([[0.13, 0.27, -0.31], [-0.21, 0.05, 0.4]])
    system = systems.at(systems.zincblende().strained(systems.LOW_SYMMETRY), k, cutoff=2.0)
    weights = jnp.asarray(np.random.default_rng(0).normal(size=(2, 8)))
    solve = systems.SOLVERS[solver]
    f, gradient, x = of_parameters(systems.POTENTIALS[name](), system, weights, solve)
    assert np.isfinite(gradient).all()
    rng, step = np.random.default_rng(1), np.maximum(np.abs(np.asarray(x)), 0.1)
    felt = np.flatnonzero(np.abs(gradient * step) > 1e-6)
    assert len(felt) >= 6
    if name == "everything":
        assert np.abs(gradient[-STRENGTHS:]).min() > 1e-8, "strain enters as ε and ε³"
    strengths = felt[felt >= len(x) - STRENGTHS]
    for i in {*strengths, *rng.choice(felt, min(6, len(felt)), replace=False)}:
        e = np.zeros(len(x))
        e[i] = step[i]
        assert central(f, x, e) == pytest.approx(gradient @ e, rel=1e-5, abs=1e-9)
    for _ in range(3):
        e = rng.normal(size=len(x)) * step
        assert central(f, x, e) == pytest.approx(gradient @ e, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("spin", [pytest.param(False, marks=pytest.mark.slow), True])
def test_gradient_at_the_multiplets_of_gamma(spin):
    """Γ15, threefold, or Γ8 and Γ7 with spin-orbit: members weighed alike."""
    potential = systems.everything(spin=spin)
    system = systems.at(systems.zincblende(), [0, 0, 0], cutoff=2.0)
    E = np.asarray(levels(potential, system, 8 if spin else 4)[0])
    multiplet = slice(4, 8) if spin else slice(1, 4)
    assert np.ptp(E[multiplet]) < 1e-12
    assert E[multiplet.start] - E[multiplet.start - 1] > 1e-4
    weights = jnp.zeros((1, len(E))).at[0, multiplet].set(1.0)
    f, gradient, x = of_parameters(potential, system, weights)
    rng = np.random.default_rng(2)
    for _ in range(4):
        e = rng.normal(size=len(x)) * np.maximum(np.abs(x), 0.1)
        assert abs(gradient @ e) > 1e-6
        assert abs(central(f, x, e) - gradient @ e) < 1e-6 * max(1.0, abs(gradient @ e))


def test_the_rule_does_not_look_inside_the_solver():
    """A solver that JAX cannot differentiate gets the same derivative."""
    system = systems.at(systems.zincblende(), [0.1, 0.2, 0.3], cutoff=2.0)
    waves = jax.tree.map(lambda x: x[0], system.waves)

    def opaque(H, wanted):
        M, n = H.matrix(), wanted.n
        shapes = (jax.ShapeDtypeStruct((n,), float), jax.ShapeDtypeStruct((len(M), n), complex))

        def lapack(M):
            E, psi = np.linalg.eigh(np.asarray(M))
            return E[:n], psi[:, :n]

        return jax.pure_callback(lapack, shapes, M)

    def first(a, solve):
        potential = systems.cdse()
        moved = type(potential)(
            type(potential.local)(a), potential.strengths, potential.species
        )
        H = hamiltonian(waves, system, values(at_shells(moved, system), system))
        return eigenvalues(H, Lowest(5), solve) @ jnp.arange(1.0, 6.0)

    a = systems.cdse().local.a
    plain = jax.jit(jax.grad(lambda a: first(a, dense)))(a)
    assert np.abs(plain).max() > 1e-3
    assert np.allclose(plain, jax.jit(jax.grad(lambda a: first(a, opaque)))(a), atol=1e-10)
