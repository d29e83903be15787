"""Levels at the edges of a gap from a coarse level, against dense `eigh`."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.interior import Coarse, Problem, search
from nnpp.linalg.blocks import inner
from nnpp.linalg.eigh import eigh_block
from tests.wells import levels, wells

SITES, TOLERANCE = 8, 1e-6


def whole(H):
    """Return all levels and functions of H from its matrix."""
    unit = jnp.zeros((H.rows, H.parts, H.rows)).at[:, 0].set(jnp.eye(H.rows))
    return eigh_block(H @ unit)


@pytest.fixture(scope="module", params=[pytest.param(False, marks=pytest.mark.slow), True])
def case(request):
    """H, and all functions of a coarse level."""
    H = wells(SITES, spinor=request.param)
    low = H.coarse(1.25, 2.0)
    E, X = whole(low)
    return H, Coarse(E[:32], X[:, :, :32], E[SITES]), levels(H)


@pytest.mark.parametrize("side", [1, -1])
def test_levels_at_an_edge_are_those_of_the_matrix(case, side):
    H, coarse, exact = case
    coarse = replace(coarse, edge=coarse.E[SITES - 1 if side > 0 else SITES])
    order = np.arange(SITES)[::-1] if side > 0 else np.arange(SITES, SITES + 12)
    X = jnp.zeros((H.rows, H.parts, 12))
    X = X.at[: len(coarse.X), :, : len(order)].set(coarse.X[:, :, order])
    middle = jnp.mean(coarse.E[SITES - 1 : SITES + 1])
    problem = Problem(H, H, H.T, coarse, middle, jnp.asarray(float(side)))
    *_, found = search(problem, X, len(order), 4, TOLERANCE)
    expected = exact[SITES - 4 : SITES] if side > 0 else exact[SITES : SITES + 4]
    np.testing.assert_allclose(found.E, expected, atol=1e-9)
    assert float(found.residual.max()) < TOLERANCE
    R = H @ found.X - found.X * found.E
    np.testing.assert_allclose(jnp.sqrt((R**2).sum((0, 1))), found.residual, atol=1e-9)
    overlap = inner(found.X, found.X).at[:, 0].add(-jnp.eye(4))
    assert float(jnp.abs(overlap).max()) < 1e-10
    outside = exact[SITES - 5] if side > 0 else exact[SITES + 4]
    assert abs(found.next - outside) < 0.02


def test_no_value_lies_in_the_gap():
    """A space of random functions has Ritz values in the gap; harmonic ones stay outside."""
    from nnpp.eigensolvers.harmonic import _harmonic, space

    H = wells(SITES)
    exact = levels(H)
    t = (exact[SITES - 1] + exact[SITES]) / 2
    rng = np.random.default_rng(0)
    X = np.linalg.qr(
        rng.normal(size=(H.rows, 40)) / (1 + (np.asarray(H.T)[:, None] / 0.4) ** 4)
    )[0]
    at = space(H, jnp.asarray(X)[:, None], jnp.asarray(40))
    for side, edge in ((1.0, exact[SITES - 1]), (-1.0, exact[SITES])):
        U = _harmonic(at, jnp.asarray(t), jnp.asarray(side), 24)[:, 0]
        G, M = at.G[:, 0], at.M[:, 0]
        A = M - 2 * t * G + t**2 * jnp.diag(jnp.arange(len(G)) < 40)
        inverse = jnp.sum(U * (A @ U), 0) / jnp.sum(U * ((G - t * jnp.eye(len(G))) @ U), 0)
        live = np.abs(np.asarray(U)).sum(0) > 0
        assert live.any()
        assert np.all(side * (t + np.asarray(inverse)[live] - edge) <= 1e-9)
