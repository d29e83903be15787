"""Transitions of a harmonic oscillator, sum rule, both forms, independence of the choice."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.dots.functions import points
from nnpp.dots.spectrum import (
    LINES,
    absorption,
    dipoles,
    gradients,
    multiplets,
    oscillator_strengths,
    summed,
    transition_energies,
)
from nnpp.hamiltonian.dot import DotHamiltonian
from tests.dots.samples import basis, block, orthogonal_spinors

OMEGA = 0.5


@pytest.fixture(scope="module")
def oscillator():
    """Levels and states of ½ω²r² in a box, by a dense matrix."""
    of = basis(3.0, 2.0, 0.6)
    V = 0.5 * OMEGA**2 * np.sum(points(of, np.zeros(3)) ** 2, axis=-1)
    H = DotHamiltonian(of, jnp.asarray(of.K2 / 2), jnp.asarray(V), (), False)
    E, X = np.linalg.eigh(np.asarray((H @ jnp.eye(of.rows)[:, None])[:, 0]))
    return of, E, jnp.asarray(X)[:, None]


def test_states_of_a_harmonic_oscillator():
    """⟨0|x|1⟩ = 1/√(2ω) and f = 2 for two electrons, along x alone."""
    of = basis(3.0, 2.0, 0.6)
    gauss = lambda r: np.exp(-OMEGA * np.sum(r**2, axis=-1) / 2)  # noqa: E731
    X = block(of, gauss, *[lambda r, i=i: r[..., i] * gauss(r) for i in range(3)])
    mu = dipoles(of, X[..., :1], X[..., 1:], np.zeros(3))
    np.testing.assert_allclose(np.abs(mu[:, 0, 0]), np.eye(3) / np.sqrt(2 * OMEGA), atol=2e-3)
    f = oscillator_strengths(mu, np.zeros(1), np.full(3, OMEGA))
    np.testing.assert_allclose(f[:, 0], 2 * np.eye(3), atol=6e-3)


def test_lowest_transition_and_sum_rule(oscillator):
    of, E, X = oscillator
    assert E[1] - E[0] == pytest.approx(OMEGA, rel=0.02)
    mu = dipoles(of, X[..., :1], X[..., 1:], np.zeros(3))
    f = oscillator_strengths(mu, E[:1], E[1:])
    np.testing.assert_allclose(f[:, 0].sum(axis=1), 2, rtol=8e-3)
    np.testing.assert_allclose(f[:, 0, :3].sum(axis=1), 2, rtol=0.02)


def test_velocity_form_is_the_length_form(oscillator):
    of, E, X = oscillator
    V, C = X[..., :1], X[..., 1:6]
    mu = dipoles(of, V, C, np.zeros(3))
    dE = transition_energies(E[:1], E[1:6])
    np.testing.assert_allclose(gradients(of, V, C)[:, :, 0], dE * mu[:, :, 0], atol=3e-3)
    assert np.abs(mu).max() > 0.9


def test_kramers_pairs_count_both_partners_and_no_choice_of_states_matters(oscillator):
    of, E, X = oscillator
    V, C = X[..., :1], X[..., 1:4]
    f = oscillator_strengths(dipoles(of, V, C, np.zeros(3)), E[:1], E[1:4])
    pairs = [orthogonal_spinors(of, Y, seed) for seed, Y in enumerate((V, C))]
    of_pairs = oscillator_strengths(dipoles(of, *pairs, np.zeros(3)), E[:1], E[1:4])
    np.testing.assert_allclose(of_pairs, f, atol=1e-12)
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    same = np.full(3, E[1])
    turned = dipoles(of, V, jnp.asarray(C @ q), np.zeros(3))
    a = oscillator_strengths(turned, E[:1], same)
    b = oscillator_strengths(dipoles(of, V, C, np.zeros(3)), E[:1], same)
    whole = [slice(0, 3)]
    np.testing.assert_allclose(
        summed(a, [slice(0, 1)], whole), summed(b, [slice(0, 1)], whole), atol=1e-12
    )


def test_the_centre_does_not_matter(oscillator):
    of, _, X = oscillator
    V, C = X[..., :2], X[..., 2:5]
    moved = dipoles(of, V, C, np.array([0.05, 0, -0.02]))
    np.testing.assert_allclose(moved, dipoles(of, V, C, np.zeros(3)), atol=5e-3)


def test_multiplets():
    E = np.array([-0.3, -0.29999, -0.2, -0.1, -0.09998, -0.09997])
    assert multiplets(E, 5e-5) == [slice(0, 2), slice(2, 3), slice(3, 6)]
    assert multiplets(E[:0], 1e-5) == []


@pytest.mark.parametrize("name", LINES)
def test_absorption_has_the_area_of_all_strengths(name):
    E, f = np.array([[0.1, 0.12], [0.2, 0.3]]), np.array([[1.0, 0.0], [0.5, 2.0]])
    width = 0.004
    energy = np.linspace(-3, 4, 200_001)
    A = absorption(energy, f, E, width, LINES[name])
    assert np.trapezoid(A, energy) == pytest.approx(3.5, rel=1e-3)
    at = absorption(np.array([0.3, 0.3 + width / 2]), f, E, width, LINES[name])
    assert at[1] / at[0] == pytest.approx(0.5, rel=1e-3)
