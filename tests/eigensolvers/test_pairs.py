"""Sums over pairs of levels, and their slopes where levels are degenerate."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.pairs import pair_sum

FULL = 4
SPECTRA = {
    "apart": [-0.3, 0, 0.02, 0.1, 0.5, 0.6, 0.7, 0.9, 1.3],
    "multiplets": [0, 0, 0, 0.1, 0.5, 0.5, 0.7, 0.7, 0.7],
    "nearly": [0, 1e-9, 2e-9, 0.1, 0.5, 0.5 + 1e-8, 0.7, 0.7, 0.7],
}


def weight(E):
    return jnp.exp(-E) / E**2


@pytest.fixture(params=SPECTRA)
def case(request):
    """H of a known spectrum, three velocities, and a direction for all."""
    rng, E = np.random.default_rng(0), np.array(SPECTRA[request.param])

    def hermitian():
        x = rng.normal(size=(9, 9)) + 1j * rng.normal(size=(9, 9))
        return x + x.conj().T

    Q = np.linalg.qr(hermitian())[0]
    H = Q @ np.diag(E) @ Q.conj().T
    v, dv = (np.stack([hermitian() for _ in range(3)]) for _ in range(2))
    return H, v, hermitian(), dv


def test_the_sum_is_that_of_explicit_loops(case):
    H, v, _, _ = case
    E, U = np.linalg.eigh(H)
    A = U.conj().T @ v @ U
    by_hand = sum(
        float(weight(E[m] - E[n])) * np.sum(np.abs(A[:, n, m]) ** 2)
        for n in range(FULL)
        for m in range(FULL, 9)
    )
    assert float(pair_sum(jnp.asarray(H), jnp.asarray(v), FULL, weight)) == pytest.approx(
        by_hand, rel=1e-12
    )


def test_slopes_are_differences_in_both_modes(case):
    H, v, dH, dv = case

    @jax.jit
    def S(t):
        return pair_sum(jnp.asarray(H + t * dH), jnp.asarray(v + t * dv), FULL, weight)

    h = 1e-4
    difference = (8 * (S(h) - S(-h)) - S(2 * h) + S(-2 * h)) / (12 * h)
    _, forward = jax.jvp(S, (0.0,), (1.0,))
    assert float(forward) == pytest.approx(float(difference), rel=1e-6)
    assert float(jax.grad(S)(0.0)) == pytest.approx(float(forward), rel=1e-10)
