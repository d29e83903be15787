"""Unfolding: a supercell through the path of dots has the levels of the bulk at each k."""

from itertools import product

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K
from nnpp.dots.folded import folded_weights, fuzzy_bands, reciprocal_vectors
from nnpp.dots.functions import points, volume
from nnpp.eigensolvers.dense import dense
from nnpp.hamiltonian.dot_system import dot_system, hamiltonian
from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.structures.crystal import crystal
from tests import systems
from tests.dots.samples import basis, block, gaussian, orthogonal_spinors
from tests.hamiltonian.test_dot import FORM

CUTOFF = 0.9
LOCAL = Potential(FORM, Strengths({}), ("Cd", "Se"))


def test_a_supercell_unfolds_to_the_bands_of_the_bulk():
    """A cubic cell of four primitive ones holds Γ and three X: levels there, weights 1 or 0."""
    a = 11.4
    face = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = np.concatenate([face, face + 0.25])
    cubic = crystal(a * np.eye(3), sites, ("Cd",) * 4 + ("Se",) * 4)
    primitive = systems.zincblende(a=a)
    H = hamiltonian(LOCAL, dot_system(cubic, CUTOFF, PER_K, factor=2.0))
    E, X = np.linalg.eigh(np.asarray((H @ jnp.eye(H.rows)[:, None])[:, 0]))
    G = reciprocal_vectors(primitive.cell, np.sqrt(2 * CUTOFF) + 2)
    k = 2 * np.pi / a * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    w = folded_weights(H.sphere, jnp.asarray(X)[:, None], np.zeros(3), k, G)
    np.testing.assert_allclose(w.sum(axis=0), 1, atol=1e-10)
    x = k[:2] @ np.asarray(primitive.cell).T / (2 * np.pi)
    bulk = systems.at(primitive, x, CUTOFF)
    of_k = np.asarray(levels(LOCAL, bulk, 10, dense))
    for i, of_i in enumerate(of_k):
        for e in of_i[:9]:
            expected = np.sum(np.abs(of_i - e) < 1e-6)
            found = w[i, np.abs(E - e) < 1e-6].sum()
            assert found == pytest.approx(expected, abs=1e-8)


def test_coefficients_between_the_grid_are_fourier_integrals():
    """A Gaussian times e^{ik·r}: |c(q)|² is a Gaussian about k, here for cos(k·r)."""
    of, at, k0 = basis(), np.array([1.0, -2.0, 0.5]), np.array([0.9, 0.2, -0.4])
    a = 1.6
    X = block(of, lambda r: gaussian(a, at)(r) * np.cos((r - at) @ k0))
    q = np.array([[0.8, 0.1, -0.3], [0.95, 0.3, -0.37], [0, 0, 0.123]])
    w = folded_weights(of, X, np.zeros(3), q, np.zeros((1, 3)))[:, 0]
    r = points(of, np.zeros(3)).reshape(-1, 3)
    psi = np.asarray(of.values(X[:, 0]))[0].reshape(-1) / np.sqrt(volume(of))
    c = np.exp(-1j * q @ r.T) @ psi * volume(of) / len(r) / np.sqrt(volume(of))
    np.testing.assert_allclose(w, np.abs(c) ** 2, rtol=2e-3, atol=1e-9)
    hump = np.exp(-(a**2) / 2 * np.sum((q[:2] - k0) ** 2, axis=1))
    assert w[0] / w[1] == pytest.approx((hump[0] / hump[1]) ** 2, rel=0.02)


def test_weights_of_all_k_sum_to_one_on_a_shifted_grid_and_for_spinors():
    of = basis(3.0, 2.0, 0.6)
    X = block(of, gaussian(1.2))
    cell = np.diag([6.0, 4.4, 7.2])  # two, three and two of them are the box
    G = reciprocal_vectors(cell, 5.0)
    b = 2 * np.pi * np.linalg.inv(np.asarray(of.cell)).T
    grid = np.array(list(product(range(2), range(3), range(2))))
    k = (grid + np.array([0.3, -0.2, 0.45])) @ b
    w = folded_weights(of, X, np.zeros(3), k, G)
    assert w.sum() == pytest.approx(1, abs=1e-3)
    four = folded_weights(of, orthogonal_spinors(of, X), np.zeros(3), k, G)
    np.testing.assert_allclose(four, w, atol=1e-12)


def test_a_moved_dot_has_the_same_weights():
    of, at = basis(), np.array([3.0, 1.0, -2.0])
    q = np.random.default_rng(0).normal(scale=0.5, size=(5, 3))
    zero = np.zeros((1, 3))
    w = folded_weights(of, block(of, gaussian(1.6)), np.zeros(3), q, zero)
    X = block(of, gaussian(1.6), centre=at / np.diag(of.cell))
    moved = folded_weights(of, X, at / np.diag(of.cell), q, zero)
    np.testing.assert_allclose(moved, w, atol=1e-5)


def test_fuzzy_bands_have_the_weight_of_their_states():
    energy = np.linspace(-1, 1, 2001)
    w = np.array([[0.2, 0.5], [0.1, 0.0]])
    map_ = fuzzy_bands(energy, np.array([-0.3, 0.4]), w, 0.02)
    np.testing.assert_allclose(np.trapezoid(map_, energy, axis=0), w.sum(axis=1), rtol=1e-6)
    assert energy[map_[:, 1].argmax()] == pytest.approx(-0.3)
