"""Products of blocks against numpy's own, quaternions as complex matrices of twice the size."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.linalg.blocks import adjoint, diagonal, inner, joined, spinors, split, times


def random(rows, parts, columns):
    """A random block."""
    shape = (rows, parts, columns)
    return jnp.asarray(np.random.default_rng(sum(shape)).normal(size=shape))


def matrix(X, parts):
    """The complex matrix of X among blocks of `parts` parts."""
    x = np.asarray(joined(X))
    return np.kron(np.eye(2), x) if X.shape[1] < parts == 4 else x


PAIRS = [(p, q) for p, q in itertools.product((1, 2, 4), repeat=2) if p == q or 1 in (p, q)]


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_products(p, q):
    most, V, c = max(p, q), random(9, p, 4), random(4, q, 3)
    assert np.allclose(matrix(times(V, c), most), matrix(V, most) @ matrix(c, most), atol=1e-14)
    assert times(V, c).shape == (9, most, 3)


@pytest.mark.parametrize(("p", "q"), [(p, q) for p, q in PAIRS if p <= q])
def test_inner_products_and_adjoints(p, q):
    V, W = random(9, p, 4), random(9, q, 3)
    exact = matrix(V, q).conj().T @ matrix(W, q)
    assert np.allclose(matrix(inner(V, W), q), exact, atol=1e-14)
    assert np.allclose(joined(adjoint(V)), joined(V).conj().T, atol=0)


@pytest.mark.parametrize("p", [1, 2, 4])
def test_split_and_joined_are_inverse(p):
    X = random(5, p, 3)
    whole = joined(X)
    assert np.array_equal(split(whole[:, :3], p), X)
    assert np.array_equal(joined(diagonal(jnp.arange(3.0), p)).real,
                          np.diag(np.tile(np.arange(3.0), 2 if p == 4 else 1)))  # fmt: skip


def test_a_column_of_quaternions_is_a_kramers_pair():
    """The partner of ψ is −iσ_y ψ*; its own partner is −ψ, and both are orthogonal."""
    X = random(5, 4, 1)
    psi, partner = np.asarray(joined(X)).T
    assert np.array_equal(psi, np.asarray(spinors(X))[:, 0])
    turned = np.kron([[0, -1], [1, 0]], np.eye(5))
    assert np.array_equal(partner, turned @ psi.conj())
    assert np.array_equal(turned @ partner.conj(), -psi)
    assert abs(np.vdot(psi, partner)) < 1e-15 < abs(np.vdot(psi, psi))
