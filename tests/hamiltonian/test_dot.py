"""H of a large box: a crystal at k = 0 through the dot's path has the levels of the bulk."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K, RULES
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import at_shells, matrix, system
from nnpp.hamiltonian.dot_system import box_potential, default_box, dot_system, hamiltonian
from nnpp.potentials.passivants import PASSIVANTS
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.dots.dot import dot
from nnpp.structures.kpoints import KPoints

CUTOFF = 1.2
GAMMA = KPoints(jnp.zeros((1, 3)), jnp.ones(1), jnp.zeros(1), ("G",))
STRENGTHS = Strengths(
    {
        "spin_orbit": jnp.array([0.3, 0.4]),
        "nonlocal": jnp.array([[0.1, 0.05], [0.2, -0.03]]),
        "s_wave": jnp.array([[0.11, 0.15], [0.2, -0.13]]),
        "charge": jnp.array([0.3, -0.2]),
        "strain": jnp.array([[0.4, 0.1], [0.3, 0.2]]),
    }
)
FORM = Zunger(jnp.array([[0.3, 1.5, 1.2, 0.5], [0.5, 4.0, 0.9, 0.4]]))
SPINOR = Potential(FORM, STRENGTHS, ("Cd", "Se"))
SCALAR = replace(
    SPINOR, strengths=Strengths({k: a for k, a in STRENGTHS.items() if k != "spin_orbit"})
)


@pytest.fixture(scope="module")
def supercell():
    """Eight atoms without symmetry, each with a strain of its own."""
    rng = np.random.default_rng(0)
    face = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    x = np.concatenate([face, face + 0.25]) + 0.01 * rng.normal(size=(8, 3))
    cell = np.array([[11.4, 0.2, 0.0], [0.0, 11.7, 0.3], [-0.1, 0.0, 11.2]])
    return crystal(cell, x, ("Cd",) * 4 + ("Se",) * 4).with_strains(0.01 * rng.normal(size=8))


@pytest.mark.parametrize(
    "potential, rule", [(SPINOR, "smooth"), (SCALAR, "smooth"), (SPINOR, "per-k")]
)
def test_levels_of_a_supercell_are_those_of_the_bulk(supercell, potential, rule):
    bulk = system(supercell, GAMMA, CUTOFF, RULES[rule])
    expected = np.linalg.eigvalsh(np.asarray(matrix(at_shells(potential, bulk), bulk)))
    of_dot = hamiltonian(potential, dot_system(supercell, CUTOFF, RULES[rule], factor=2.0))
    E = np.linalg.eigvalsh(np.asarray(of_dot.matrix()))
    np.testing.assert_allclose(E, expected, atol=1e-11)
    assert expected[-1] <= float(of_dot.upper)
    assert expected[0] >= float(of_dot.lower)


def test_spinor_levels_are_kramers_pairs(supercell):
    H = hamiltonian(SPINOR, dot_system(supercell, CUTOFF, PER_K))
    E = np.linalg.eigvalsh(np.asarray(H.matrix()))
    np.testing.assert_allclose(E[::2], E[1::2], atol=1e-12)


def test_coarse_hamiltonian_is_a_corner(supercell):
    H = hamiltonian(SPINOR, dot_system(supercell, CUTOFF, PER_K, factor=2.0))
    coarse = H.coarse(0.5, factor=2.0)
    X = np.random.default_rng(0).normal(size=(coarse.rows, 4, 3))
    whole = jnp.pad(jnp.asarray(X), ((0, H.rows - coarse.rows), (0, 0), (0, 0)))
    np.testing.assert_allclose(coarse @ jnp.asarray(X), (H @ whole)[: coarse.rows], atol=1e-12)


def test_single_precision_is_kept(supercell):
    H = hamiltonian(SPINOR, dot_system(supercell, CUTOFF, PER_K))
    X = jnp.asarray(np.random.default_rng(0).normal(size=(H.rows, 4, 2)))
    HX = H @ X.astype(jnp.float32)
    assert HX.dtype == jnp.float32
    np.testing.assert_allclose(HX, H @ X, atol=2e-5)


@pytest.fixture(scope="module")
def small_dot():
    """Two atoms and a passivant."""
    r = np.array([[0.0, 0, 0], [4.9, 0.3, 0.2], [-2.4, 0.5, 0.1]])
    return dot(r, ("Cd", "Se", "P1"))


def test_box_of_a_dot(small_dot):
    np.testing.assert_array_equal(default_box(small_dot.positions), [18, 10, 10])


def test_a_passivant_adds_its_gaussian():
    """V(r) of a passivant on a point of the box is A there."""
    alone = dot(np.zeros((1, 3)), ("P1",))
    V = box_potential(SCALAR, dot_system(alone, 6.0, PER_K, box=np.full(3, 10.0)))
    assert V[0, 0, 0] == pytest.approx(PASSIVANTS["P1"].amplitude, abs=1e-4)
    mean = float(PASSIVANTS["P1"](jnp.zeros(1))[0]) / 1000
    assert float(V.mean()) == pytest.approx(mean)


def test_levels_do_not_depend_on_the_place_of_a_dot(small_dot):
    def levels(r):
        H = hamiltonian(SCALAR, dot_system(dot(r, small_dot.symbols), CUTOFF, PER_K))
        return np.linalg.eigvalsh(np.asarray(H.matrix()))[:8]

    r = small_dot.positions
    np.testing.assert_allclose(levels(r + np.array([0.3, -4.0, 1.1])), levels(r), atol=1e-11)


def test_an_unknown_element_is_refused():
    other = dot(np.zeros((1, 3)), ("Zn",))
    with pytest.raises(InputError, match="no parameters for Zn"):
        hamiltonian(SCALAR, dot_system(other, CUTOFF, PER_K))
