"""Projectors between real functions."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.half_sphere import half_sphere
from nnpp.basis.rules import PER_K
from nnpp.terms.projectors import radial_projectors
from nnpp.terms.real_projectors import real_projectors
from nnpp.terms.term import terms

CELL = np.array([[9.0, 0, 0], [1.0, 8.0, 0], [0, 0.5, 7.0]])
X = np.array([[0.1, 0.2, 0.3], [-0.4, 0.05, 0.2]])


@pytest.mark.parametrize("name", ["s_wave", "spin_orbit"])
def test_projections_are_sums_over_all_plane_waves(name):
    """⟨p|f⟩ = Σ_G p*_G c_G, p_G = i^l √(4π(2l+1)/Ω) F(|G|) Y_m(G) e^{−iG·τ}."""
    (term,) = (one for one in terms() if one.name == name)
    sphere = half_sphere(CELL, 2.0, PER_K)
    radial = radial_projectors(term.weights[0], 2.0, term.l)
    B = real_projectors(sphere, jnp.asarray(X), radial)

    x = np.random.default_rng(0).normal(size=sphere.rows)
    c = np.concatenate([x[:1], (x[1::2] + 1j * x[2::2]) / np.sqrt(2)])
    half = np.asarray(sphere.n)
    n = np.concatenate([half, -half[1:]])
    c = np.concatenate([c, np.conj(c[1:])])
    G = n @ (2 * np.pi * np.linalg.inv(CELL).T)
    F = np.asarray(radial(jnp.sum(jnp.asarray(G) ** 2, axis=1)))
    Y = G if term.l else np.ones((len(G), 1))
    directions = Y.shape[1]
    p = 1j**term.l * np.einsum("ga,gm,gi->gami", np.exp(-2j * np.pi * n @ X.T), F, Y)
    p *= np.sqrt(4 * np.pi * directions / sphere.volume)
    expected = np.einsum("gami,g->ami", p.conj(), c).reshape(-1)
    assert np.abs(expected.imag).max() < 1e-12
    np.testing.assert_allclose(B.T @ x, expected.real, atol=1e-12)
