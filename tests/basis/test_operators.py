"""Operators between plane waves against their sums written out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.convolution import Convolution, box_of
from nnpp.basis.operators import Diagonal, Separable
from nnpp.basis.plane_waves import plane_waves
from nnpp.basis.rules import PER_K
from nnpp.linalg.blocks import split
from nnpp.structures.kpoints import listed
from tests.basis.test_plane_waves import SHAPES, K, integers


def random(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def test_a_convolution_is_the_sum_over_pairs():
    """(Vψ)_G = Σ_G′ V_{G−G′} ψ_G′, V*_d = V_{−d} random at every difference; two spins."""
    structure, rng = SHAPES["long"](), np.random.default_rng(5)
    waves, d = plane_waves(structure, listed(structure, K), 1.5, PER_K)
    V, place = np.zeros(np.prod(d.box), complex), np.asarray(d.place)
    V[place] = random(rng, len(place))
    V = V + V[2 * d.centre - np.arange(len(V))].conj() * np.isin(np.arange(len(V)), place)
    of = dict(zip(map(tuple, np.asarray(d.n).tolist()), V[place], strict=True))
    shortest = int(np.asarray(waves.real).sum(axis=1).argmin())
    for i in {shortest, 0}:
        at = jax.tree.map(lambda x, i=i: x[i], waves)
        op = Convolution(box_of(jnp.asarray(V), d.box, d.centre), at.code, at.real)
        n, psi = integers(structure, waves, i), random(rng, 2, at.code.shape[0], 3)
        M = np.array([[of[tuple(x - y)] for y in n] for x in n])
        acted = np.asarray(op @ jnp.asarray(psi))
        exact = np.einsum("gh,shn->sgn", M, psi[:, : len(n)])
        assert np.abs(acted[:, : len(n)] - exact).max() < 1e-12 * np.abs(exact).max()
        assert np.all(acted[:, len(n) :] == 0)
        assert np.abs(op.matrix()[0, : len(n), 0, : len(n)] - M).max() < 1e-15
        assert np.allclose(op.diagonal()[0, : len(n)], of[0, 0, 0].real)
        psi[:, len(n) :] = 0
        weight = np.sum(psi[:, : len(n)].conj() * exact, axis=(0, 1))
        assert (
            np.abs(op.expectation(jnp.asarray(psi)) - weight).max() < 1e-12 * abs(weight).max()
        )


def test_a_diagonal():
    rng = np.random.default_rng(1)
    d, psi = jnp.asarray(rng.normal(size=7)), random(rng, 2, 7, 3)
    op = Diagonal(d)
    assert np.allclose(op @ jnp.asarray(psi), np.asarray(d)[:, None] * psi)
    assert np.allclose(op.matrix()[0, :, 0, :], np.diag(d))
    assert np.allclose(op.diagonal()[0], d)


@pytest.mark.parametrize("spins", [1, 2])
def test_a_separable_operator_is_the_sum_over_projectors(spins):
    """Σ_p Σ_ij B_gpi s_p C_sitj B*_hpj, written as loops."""
    rng = np.random.default_rng(2)
    B, s = random(rng, 6, 4, 3), rng.normal(size=4)
    C = random(rng, spins * 3, spins * 3)
    C = (C + C.conj().T).reshape(spins, 3, spins, 3)
    M = np.zeros((spins, 6, spins, 6), complex)
    for p in range(4):
        for i, j in np.ndindex(3, 3):
            outer = s[p] * np.outer(B[:, p, i], B[:, p, j].conj())
            M += C[:, None, i, :, None, j] * outer[None, :, None, :]
    op = Separable(split(jnp.asarray(B.reshape(6, 12))), jnp.asarray(s), jnp.asarray(C))
    assert np.abs(op.matrix() - M).max() < 1e-12
    flat = M.reshape(spins * 6, spins * 6)
    assert np.abs(flat - flat.conj().T).max() < 1e-12 < np.abs(flat).max()
    assert np.allclose(np.asarray(op.diagonal()).ravel(), np.diag(flat).real)
    psi = random(rng, 2, 6, 3)
    both = M if spins == 2 else np.einsum("st,gh->sgth", np.eye(2), M[0, :, 0])
    assert np.allclose(op @ jnp.asarray(psi), np.einsum("sgth,thn->sgn", both, psi))
