"""Products of complex matrices by real ones, against numpy's own."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.blocks import applied, inner, joined, outer, split, times


def random(*shape):
    rng = np.random.default_rng(sum(shape))
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def parted(x, parts):
    """The block of the first parts of `x`, and the matrix that it stands for."""
    return split(jnp.asarray(x), parts), x if parts == 2 else x.real


@pytest.mark.parametrize(("p", "q"), list(itertools.product((1, 2), (1, 2))))
def test_products_of_real_and_complex_blocks(p, q):
    (V, v), (W, w), (M, m) = (
        parted(random(9, 4), p),
        parted(random(9, 3), q),
        parted(random(9, 9), p),
    )
    assert np.allclose(inner(V, W), v.conj().T @ w, atol=1e-14)
    assert np.allclose(joined(applied(M, W)), m @ w, atol=1e-14)
    assert applied(M, W).shape[1] == max(p, q)
    c = random(4, 2) if p == 2 else random(4, 2).real
    assert np.allclose(joined(times(V, jnp.asarray(c))), v @ c, atol=1e-14)
    assert times(V, jnp.asarray(c)).shape[1] == p


def test_the_product_of_rows():
    v, w = random(9, 4), random(7, 4)
    made = joined(outer(split(jnp.asarray(v)), split(jnp.asarray(w))))
    assert np.allclose(made, v @ w.conj().T, atol=1e-14)
