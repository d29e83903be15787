"""Tables of v(r): transforms of Gaussians, Simpson's rule of SciPy, dots, derivatives."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import simpson

from nnpp.basis.rules import PER_K
from nnpp.errors import InputError
from nnpp.hamiltonian.dot_system import box_potential, dot_system
from nnpp.potentials.passivants import PASSIVANTS
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.radial_tables import RadialTables, radial_tables, simpson_weights
from nnpp.structures.dots.dot import dot

r = np.arange(601) * 0.02
Q = jnp.linspace(0.0, 12.0, 50)


def gaussian(a, r=r):
    return np.exp(-a * r**2)


def transform(a):
    return (jnp.pi / a) ** 1.5 * jnp.exp(-(Q**2) / (4 * a))


TABLES = radial_tables(
    [(r, gaussian(1.0)), (r[:400], gaussian(2.0, r[:400])), (r, -3 * gaussian(0.5))]
)


def test_gaussians():
    """Tables of different lengths keep their order; Simpson's rule is exact to h⁴."""
    expected = jnp.stack([transform(1.0), transform(2.0), -3 * transform(0.5)], axis=1)
    np.testing.assert_allclose(TABLES(Q), expected, atol=2e-7)


@pytest.mark.parametrize("n", [3, 4, 5, 8, 101, 102])
def test_weights_are_those_of_scipy(n):
    rng = np.random.default_rng(n)
    x, y = np.sort(rng.uniform(0, 5, n)), rng.normal(size=n)
    assert simpson_weights(x) @ y == pytest.approx(simpson(y, x=x), abs=1e-13)


def test_rounded_distances():
    """The weights are those of the distances of the table."""
    rounded = np.round(r + 3e-4 * np.sin(7 * r), 4)
    v = radial_tables([(rounded, gaussian(1.0, rounded))])(Q)[:, 0]
    sine = np.sinc(np.outer(Q, rounded) / np.pi)
    by_scipy = 4 * np.pi * simpson(rounded**2 * gaussian(1.0, rounded) * sine, x=rounded)
    np.testing.assert_allclose(v, by_scipy, atol=1e-13)


def test_many_lengths_are_the_same_as_few():
    q = jnp.linspace(0.0, 5.0, 1001)
    np.testing.assert_allclose(TABLES(q)[::100], TABLES(q[::100]), atol=1e-14)


def test_values_are_straight_lines():
    x = np.array([0.0, 0.013, 0.5, 3.999, 7.97, 7.981, 11.999, 12.001, 30.0])
    for i, n in enumerate((601, 400, 601)):
        expected = np.interp(x, r[:n], TABLES.v[i, :n], right=0.0)
        np.testing.assert_allclose(TABLES.values(i, jnp.asarray(x)), expected, atol=1e-15)


def test_derivative_with_respect_to_v():
    """v(q) is linear in v(r): its derivative times v(r) is v(q)."""
    slope = jax.grad(lambda v: replace(TABLES, v=v)(Q).sum())(TABLES.v)
    assert float(jnp.sum(slope * TABLES.v)) == pytest.approx(float(TABLES(Q).sum()))
    assert not np.any(slope[1, 400:])


def test_a_table_is_built_again_from_its_description():
    again = RadialTables.from_description(TABLES.describe(), 3)
    assert again.r == TABLES.r and again.v.shape == TABLES.v.shape
    assert dict(TABLES.rows()) == {"v(r)": "tables of 601, 400, 601 rows, zero beyond"}


def test_two_rows_are_refused():
    with pytest.raises(InputError, match="fewer than three rows"):
        radial_tables([(r[:2], r[:2])])


def test_a_passivant_with_a_table_takes_it():
    """V of a dot whose passivant has a table of its Gaussian, and of one without."""
    sites = dot(np.array([[0.0, 0, 0], [2.0, 0, 0]]), ("Cd", "P1"))
    of_dot = dot_system(sites, 3.0, PER_K, box=np.array([12.0, 10.0, 10.0]))
    gaussian_of_P1 = 0.64 * gaussian(1 / PASSIVANTS["P1"].width)
    with_table = radial_tables([(r, gaussian(1.0)), (r, gaussian_of_P1)])
    without = radial_tables([(r, gaussian(1.0))])
    V = box_potential(Potential(with_table, Strengths(), ("Cd", "P1")), of_dot)
    expected = box_potential(Potential(without, Strengths(), ("Cd",)), of_dot)
    np.testing.assert_allclose(V, expected, atol=1e-8)
    doubled = radial_tables([(r, gaussian(1.0)), (r, 2 * gaussian_of_P1)])
    V2 = box_potential(Potential(doubled, Strengths(), ("Cd", "P1")), of_dot)
    assert float(jnp.abs(V2 - V).max()) > 0.5
