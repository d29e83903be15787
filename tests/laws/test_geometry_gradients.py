"""Derivatives of levels with respect to cell, strain, positions, k and potential.

Each is what one writes first, `jax.grad` of a function that builds the crystal, and is compared
with central differences of the same function.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nnpp
from nnpp.basis.rules import SMOOTH
from nnpp.eigensolvers.dense import dense
from nnpp.errors import InputError
from nnpp.formats.model import Model
from nnpp.observables.bands import levels
from nnpp.observables.deformation import by_strain, strain_derivative
from nnpp.structures.crystal import crystal
from nnpp.structures.environment import find_neighbours, strains
from nnpp.structures.kpoints import listed
from nnpp.workflows.load import Fitted
from tests import systems
from tests.laws.test_derivatives import central

CUTOFF, WEIGHTS = 1.6, np.random.default_rng(0).normal(size=4)
START = systems.zincblende().strained(systems.LOW_SYMMETRY)
BONDS = {frozenset(("Cd", "Se")): 4.9}
K = np.array([[0.13, 0.27, -0.31]])


def summed(structure, k, potential):
    """A weighted sum of levels: no multiplets without symmetry and with spin at this k."""
    s = nnpp.system(structure, listed(structure, k), CUTOFF, SMOOTH)
    return WEIGHTS @ levels(potential, s, len(WEIGHTS), dense)[0]


def of_everything(at):
    """Levels of a crystal built from all its parts, with the strains of its tetrahedra."""
    moved = crystal(at["cell"], at["positions"], START.symbols).strained(at["strain"])
    near = find_neighbours(moved.positions, moved.symbols, BONDS, moved.cell)
    own = moved.with_strains(strains(near, moved.positions, moved.cell))
    return summed(own, at["k"], at["potential"])


AT = {
    "cell": START.cell,
    "positions": START.fractional,
    "strain": jnp.zeros((3, 3)),
    "k": jnp.asarray(K),
    "potential": systems.everything(),
}


@cache
def gradient():
    return jax.grad(of_everything)(AT)


@pytest.mark.parametrize("name", AT)
def test_gradient_equals_central_differences(name):
    leaves, structure = jax.tree.flatten(AT[name])
    rng = np.random.default_rng(1)
    direction = [rng.normal(size=x.shape) for x in leaves]
    if name == "strain":
        direction = [(x + x.T) / 2 for x in direction]

    def along(t):
        moved = [x + t * d for x, d in zip(leaves, direction, strict=True)]
        return float(of_everything(AT | {name: jax.tree.unflatten(structure, moved)}))

    expected = central(along, 0.0, 1.0)
    slopes = jax.tree.leaves(gradient()[name])
    found = sum(float(jnp.vdot(g, d)) for g, d in zip(slopes, direction, strict=True))
    assert abs(expected) > 1e-3
    assert found == pytest.approx(expected, rel=1e-6)


def test_forward_mode_gives_the_same():
    tangent = jnp.asarray(systems.LOW_SYMMETRY)

    def of_strain(eta):
        return of_everything(AT | {"strain": eta})

    slope = jax.jvp(of_strain, (AT["strain"],), (tangent,))[1]
    assert float(slope) == pytest.approx(float(jnp.vdot(gradient()["strain"], tangent)))


def test_a_volume_at_rest_makes_the_strain_of_a_cell():
    def dilation(cell, rest_volume):
        return crystal(cell, START.fractional, START.symbols, rest_volume).dilation

    cell, volume = START.cell, START.volume
    slope = jax.grad(lambda t: dilation((1 + t) * cell, volume))(0.0)
    assert float(slope) == pytest.approx(3)
    assert float(jax.grad(lambda t: dilation((1 + t) * cell, None))(0.0)) == pytest.approx(0)


def test_a_gap_equals_the_deformation_potentials():
    """The gap at Γ of zinc blende as `b.gap`: a multiplet counts as its mean."""
    stated = {"name": "zb", "cutoff_hartree": CUTOFF, "plane_waves": "smooth"}
    p = Fitted(Model(systems.cdse(), {"systems": [stated]}, Path("run/potential")))
    start, gamma = systems.zincblende(), np.zeros((1, 3))

    def gap(eta):
        return p.bands(start.strained(eta), gamma).gap.ev / nnpp.HARTREE_EV

    at = strain_derivative(p.potential, p.system(start, gamma))
    expected = by_strain(at, 4, 5) - by_strain(at, 1, 4)
    found = jax.grad(gap)(jnp.zeros((3, 3)))
    assert np.abs(np.asarray(found - expected)).max() < 1e-9

    def of_potential(v):
        return p.with_potential(v).bands(start, gamma).gap.ev

    slope = jax.grad(of_potential)(p.potential).local.a
    step = jnp.zeros((2, 4)).at[1, 1].set(1e-4)
    a = p.potential.local.a
    up, down = (replace(p.potential, local=systems.Zunger(a + s * step)) for s in (1, -1))
    change = (float(of_potential(up)) - float(of_potential(down))) / 2e-4
    assert float(slope[1, 1]) == pytest.approx(change, rel=1e-5)


def test_atoms_of_a_crystal_with_inversion_move_alone():
    """Each atom of diamond has the derivative of its own displacement."""
    diamond = systems.zincblende("Se", "Se")
    direction = np.array([[0.3, -0.2, 0.5], [0.1, 0.7, 0.2]])

    def f(x):
        moved = crystal(diamond.cell, x, diamond.symbols)
        return summed(moved, K, systems.cdse())

    expected = float(central(f, diamond.fractional, direction))
    assert abs(expected) > 1e-3
    found = float(jnp.vdot(jax.grad(f)(diamond.fractional), direction))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["cell", "positions", "strain", "k"])
def test_inside_jit_one_error_says_what_to_do(name):
    def f(x):
        return of_everything(AT | {name: x})

    for transformed in (jax.jit(f), jax.jit(jax.grad(f)), lambda x: jax.vmap(f)(x[None])):
        with pytest.raises(InputError, match="build the system outside"):
            transformed(AT[name])


def test_a_table_has_no_derivative_with_respect_to_the_cell():
    start = systems.zincblende()

    def f(eta):
        return summed(start.strained(eta), K, systems.table())

    with pytest.raises(InputError, match="that a table lacks"):
        jax.grad(f)(jnp.zeros((3, 3)))
