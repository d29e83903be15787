"""Zunger's form, tables and strengths against the formula, one number at a time."""

from math import exp, sqrt

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger
from nnpp.terms.fitted.strain import strain_factor
from tests import systems

Q = np.array([0.0, 0.3, 1.0, 1.178579, 2.5, 7.0])


def test_zunger_is_its_formula():
    v = np.asarray(systems.zunger("Cd", "Se", "Pb")(jnp.asarray(Q)))
    for column, symbol in enumerate(("Cd", "Se", "Pb")):
        a0, a1, a2, a3 = systems.ZUNGER[symbol]
        for q, found in zip(Q.tolist(), v[:, column].tolist(), strict=True):
            expected = a0 * (q * q - a1) / (a2 * exp(a3 * q * q) - 1)
            assert found == pytest.approx(expected, rel=1e-14)


def test_zunger_changes_sign_at_the_root_of_a1():
    a1 = systems.ZUNGER["Cd"][1]
    q = jnp.array([sqrt(a1) - 1e-3, sqrt(a1), sqrt(a1) + 1e-3])
    below, at, above = systems.zunger("Cd")(q)[:, 0].tolist()
    assert below < -1e-3 < 1e-3 < above
    assert abs(at) < 1e-12


def test_zunger_and_its_derivative_are_finite_at_large_q():
    """exp(a3 q²) overflows at q = 21 for Cd; the form must be 0 there, not NaN."""
    q = jnp.array([15.0, 21.0, 40.0, 1e3])
    slope = jax.jit(jax.grad(lambda a: Zunger(a)(q).sum()))(systems.zunger("Cd", "Se").a)
    assert np.isfinite(slope).all()
    v = np.asarray(systems.zunger("Cd", "Se")(q))
    assert np.isfinite(v).all()
    assert np.abs(v[1:]).max() < 1e-50 < np.abs(v[0]).max()


def test_strain_factor():
    """1 + s1 ε + s2 ε³; exactly 1 without strain."""
    s = jnp.array([[0.0586, 9.6], [-0.02, 0.0]])
    assert strain_factor(s, jnp.asarray(0.0)).tolist() == [1, 1]
    found = strain_factor(s, jnp.asarray(-0.03)).tolist()
    assert found == pytest.approx([1 - 0.03 * 0.0586 - 2.7e-5 * 9.6, 1 + 0.03 * 0.02])


def table() -> Table:
    return Table((0.0, 1.5, 3.0), jnp.array([[-3.0, 2.0], [5.0, 1.0], [0.5, -0.25]]))


def test_a_table_is_exact_at_its_lengths_and_zero_elsewhere():
    q = jnp.array([1.5, 0.0, 1.5 * (1 + 5e-7), 3.0, 1.5 * (1 + 3e-6), 2.0, 1e-3])
    expected = [[5, 1], [-3, 2], [5, 1], [0.5, -0.25], [0, 0], [0, 0], [0, 0]]
    assert table()(q).tolist() == expected


def test_entries_without_a_length_are_returned():
    assert table().lost(jnp.array([0.0, 1.5, 2.9])) == (3.0,)
    assert table().lost(jnp.array([1.4])) == (0.0, 1.5, 3.0)
    assert table().lost(jnp.array([0.0, 1.5, 3.0])) == ()


def test_columns_have_the_order_of_the_crystal():
    potential = systems.cspbi3()
    assert potential.columns(("I", "Pb")).tolist() == [1, 0]
    with pytest.raises(InputError, match="no parameters for Cd, Se, only for Pb, I, Cs"):
        potential.columns(("Pb", "Cd", "Se"))
