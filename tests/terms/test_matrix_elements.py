"""Non-local and spin-orbit matrices against the formulas, pair by pair, by scipy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import spherical_jn

from nnpp.hamiltonian.bulk import frame
from nnpp.terms.fitted.long_range import long_range
from nnpp.terms.projectors import separable
from nnpp.terms.term import neutral, term_named, terms
from tests import systems
from tests.terms.weights import PAIRS

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def at_one_k():
    """The perovskite at a general k-point."""
    system = systems.at(systems.perovskite(), [0.11, -0.23, 0.31], cutoff=1.2)
    return system, jax.tree.map(lambda x: x[0], system.waves)


def by_formula(K, L, weight, strength, structure, l=1):
    """(4π(2l+1)/Ω) Σ_a s_a e^{−i(K−L)·τ_a} I_W(K, L), without the angular factor."""
    p, q = np.linalg.norm(K), np.linalg.norm(L)
    integral = quad(
        lambda r: r**2 * spherical_jn(l, p * r) * spherical_jn(l, q * r) * weight(r),
        0,
        9,
        epsabs=1e-13,
        limit=200,
    )[0]
    phases = np.exp(-1j * np.asarray(structure.positions) @ (K - L))
    a = np.array([strength[s] for s in structure.species_of_atom])
    return 4 * np.pi * (2 * l + 1) / float(structure.volume) * (a @ phases) * integral


def cosine(K, L):
    """K̂·L̂."""
    return K @ L / np.linalg.norm(K) / np.linalg.norm(L)


WITHOUT_SPIN = [
    ("nonlocal", "inner", 0, 1, cosine),
    ("nonlocal", "outer", 1, 1, cosine),
    ("s_wave", "inner", 0, 0, lambda K, L: 1.0),
    ("s_wave", "outer", 1, 0, lambda K, L: 1.0),
]
"""Term, name of the weight in PAIRS, its place in the term, l, and P_l(K̂·K̂′)."""


def test_every_weight_is_compared_with_its_formula():
    """A new separable term is a new line of WITHOUT_SPIN, or has a test of its own."""
    compared = {(name, which) for name, _, which, _, _ in WITHOUT_SPIN} | {("spin_orbit", 0)}
    assert compared == {(t.name, i) for t in terms() for i in range(len(t.weights))}


@pytest.mark.parametrize(("term", "weight", "which", "l", "legendre"), WITHOUT_SPIN)
def test_non_local(term, weight, which, l, legendre):
    system, waves = at_one_k()
    a = jnp.array([1.3, -0.7, 0.4])
    B = frame(waves, system).B[term][which]
    M = np.asarray(separable(term_named(term), a[system.centres.species], B).matrix())[0, :, 0]
    vectors, structure = np.asarray(waves.K), systems.perovskite()
    for i, j in np.random.default_rng(0).integers(len(vectors), size=(25, 2)):
        K, L = vectors[i], vectors[j]
        exact = legendre(K, L) * by_formula(K, L, PAIRS[weight][1], a, structure, l)
        assert abs(M[i, j] - exact) < 1e-10
    assert np.abs(M).max() > 1e-3


def test_spin_orbit():
    system, waves = at_one_k()
    a = jnp.array([1.3, -0.7, 0.4])
    (B,) = frame(waves, system).B["spin_orbit"]
    M = np.asarray(separable(term_named("spin_orbit"), a[system.centres.species], B).matrix())
    vectors, structure = np.asarray(waves.K), systems.perovskite()
    for i, j in np.random.default_rng(1).integers(len(vectors), size=(25, 2)):
        K, L = vectors[i], vectors[j]
        cross = np.cross(K / np.linalg.norm(K), L / np.linalg.norm(L))
        block = -0.5j * np.einsum("l,lst->st", cross, PAULI)
        expected = block * by_formula(K, L, PAIRS["so"][1], a, structure)
        assert np.abs(M[:, i, :, j] - expected).max() < 1e-10
    assert np.abs(M).max() > 1e-4


def test_both_vanish_at_the_origin_and_are_smooth_near_it():
    """K → 0 must give 0, without rounding errors for 0 < |k| ≲ 1e-3."""
    k = np.array([[0, 0, 0], [1e-7, 0, 0], [1e-4, 0, 0]])
    system = systems.at(systems.perovskite(), k, cutoff=1.2)
    rows = []
    for i in range(3):
        waves = jax.tree.map(lambda x, i=i: x[i], system.waves)
        (B,) = frame(waves, system).B["spin_orbit"]
        M = separable(term_named("spin_orbit"), jnp.ones(len(system.centres.tau)), B).matrix()
        zero = int(np.argmin(np.linalg.norm(np.asarray(waves.K), axis=1)))
        rows.append(np.abs(np.asarray(M)[:, zero]).max())
    assert rows[0] == 0
    assert 0 < rows[1] < 1e-6
    assert rows[2] == pytest.approx(1e3 * rows[1], rel=1e-3)


def test_long_range():
    """A tail of −4π a4/q² far inside γ, nothing at q = 0, and neutral charges."""
    q = np.array([0.0, 5e-5, 0.01, 0.2, 3.0])
    v = np.asarray(long_range(jnp.asarray(q), jnp.array([1.0, -2.0])))
    assert np.all(v[:2] == 0)
    assert v[2, 0] == pytest.approx(-4 * np.pi / 1e-4 * np.exp(-1e-4 / 0.16), rel=1e-14)
    assert np.allclose(v[:, 1], -2 * v[:, 0])
    count = np.array([1.0, 3.0, 1.0])
    assert abs(count @ neutral(jnp.array([0.7, -0.1, 0.2]), jnp.asarray(count))) < 1e-15
    assert np.allclose(
        neutral(jnp.array([3.0, -1.0, 0.0]), jnp.asarray(count)), [3.0, -1.0, 0.0]
    )
