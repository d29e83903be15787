"""A group of levels against NumPy's eigenvalues; other levels form multiplets as well."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.multiplet import coupled, energy, group, projector

LEVELS = np.array([-3, -2, -2, -2, -2, 0, 0, 1, 2, 2, 3, 5.0])
FIRST, LAST = 1, 5


def hermitian(rng):
    a = rng.normal(size=(2, len(LEVELS), len(LEVELS)))
    return a[0] + 1j * a[1] + (a[0] - 1j * a[1]).T


@pytest.fixture(scope="module")
def H():
    """H(t), with a multiplet of four at t = 0."""
    rng = np.random.default_rng(0)
    U = np.linalg.eigh(hermitian(rng))[1]
    first, second, third = (hermitian(rng) for _ in range(3))
    return lambda t: (
        U * LEVELS @ U.conj().T + t[0] * first + t[1] * second + t[0] * t[1] * third
    )


def differences(f, h):
    """∂f/∂t at zero, by four points."""
    return np.stack(
        [
            (8 * (f(h * e) - f(-h * e)) - f(2 * h * e) + f(-2 * h * e)) / (12 * h)
            for e in np.eye(2)
        ],
        axis=-1,
    )


def test_three_derivatives_of_the_energy_of_a_multiplet(H):
    def F(t):
        return energy(group(H(t), FIRST, LAST))

    here = jnp.zeros(2)
    second = jax.jit(jax.jacfwd(jax.jacfwd(F)))
    slopes = differences(lambda t: np.linalg.eigvalsh(H(t))[FIRST:LAST].sum(), 2e-4)
    np.testing.assert_allclose(jax.jit(jax.grad(F))(here), slopes, rtol=1e-8)
    np.testing.assert_allclose(
        second(here), differences(lambda t: jax.jit(jax.grad(F))(t), 2e-4), rtol=1e-8
    )
    third = jax.jit(jax.jacrev(jax.jacfwd(jax.jacfwd(F))))(here)
    np.testing.assert_allclose(third, differences(second, 2e-4), rtol=1e-7, atol=1e-5)


def test_the_coupling_solves_its_equation(H):
    levels = group(jnp.asarray(H(np.zeros(2))), FIRST, LAST)
    R = jnp.asarray(hermitian(np.random.default_rng(1)))
    P, X = projector(levels), coupled(levels, R)
    Q = np.eye(len(P)) - P
    np.testing.assert_allclose(X @ levels.H - levels.H @ X, Q @ R @ P, atol=1e-12)
    np.testing.assert_allclose(Q @ X @ P, X, atol=1e-12)


def test_the_wrong_order_of_modes_gives_nan(H):
    def F(t):
        return energy(group(H(t), FIRST, LAST))

    assert np.isnan(jax.hessian(F)(jnp.zeros(2))).all()
