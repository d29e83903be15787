"""Normal numbers of a key."""

import jax
import numpy as np
from scipy.stats import kstest

from nnpp.linalg.random import normal


def test_numbers_are_normal_and_fixed_by_the_key():
    x = normal(jax.random.key(3), (200, 1, 50))
    assert kstest(np.asarray(x).reshape(-1), "norm").pvalue > 1e-3
    np.testing.assert_array_equal(x, normal(jax.random.key(3), (200, 1, 50)))
    assert not np.array_equal(x, normal(jax.random.key(4), (200, 1, 50)))
