"""Loss and errors by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.observables.comparison import compare, level_errors, matched

E = jnp.array([[1.0, 2.0], [3.0, 5.0], [0.0, 4.0]])
REFERENCE = jnp.array([[1.5, 2.0], [3.0, 4.0], [-1.0, 6.0]])


def test_loss_and_error_of_each_band():
    """Errors −0.5, 0, 1 | 0, 1, −2."""
    w_k, w_b = np.array([1.0, 10.0, 2.0]), np.array([3.0, 1.0])
    found = compare(E, REFERENCE, jnp.asarray(np.outer(w_k, w_b)))
    assert float(found.loss) == pytest.approx(3 * (0.25 + 2 * 1) + (10 * 1 + 2 * 4))
    assert found.rmse.tolist() == pytest.approx([(1.25 / 3) ** 0.5, (5 / 3) ** 0.5])


def test_a_weight_of_zero_leaves_a_level_out_of_the_loss_alone():
    w = jnp.array([[1.0, 1], [1, 1], [1, 0]])
    found = compare(E, REFERENCE, w)
    assert float(found.loss) == pytest.approx(0.25 + 1 + 1)
    assert found.rmse[1] == pytest.approx((5 / 3) ** 0.5)


def test_the_lowest_levels_are_compared():
    more = jnp.hstack([E, E + 10])
    assert jnp.array_equal(matched(more, REFERENCE), E)
    assert jnp.array_equal(matched(E, REFERENCE), E)


@pytest.mark.parametrize("found", [E[:, :1], E[:2], jnp.vstack([E, E])])
def test_too_few_levels_are_refused(found):
    with pytest.raises(InputError, match="do not cover a reference of 2 bands at 3"):
        matched(found, REFERENCE)


def test_errors_per_level_do_not_depend_on_how_often_a_point_is_counted():
    """Errors −0.5, 0, 1 | 0, 1, −2; one level of each band is not counted."""
    error, counted = np.asarray(E - REFERENCE), np.array([[1, 1], [1, 0], [0, 1]], bool)
    found = level_errors(error, counted, 1, 1)
    assert found.kpoints == 3
    assert found.rms == pytest.approx([(0.25 / 2) ** 0.5, 2**0.5, (4.25 / 4) ** 0.5])
    assert (found + found).rms == pytest.approx(found.rms)
    assert (found + found).kpoints == 6


def test_a_band_edge_is_a_pair_where_levels_hold_one_electron():
    error = np.array([[8.0, 1.0, 3.0, 2.0, 4.0, 16.0]])
    found = level_errors(error, np.ones((1, 6), bool), 3, 2)
    assert found.rms[:2] == pytest.approx([5**0.5, 10**0.5])
    few = level_errors(error[:, :3], np.ones((1, 3), bool), 3, 2)
    assert np.isnan(few.rms).tolist() == [False, True, False]
