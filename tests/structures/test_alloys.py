"""Crystals made of zinc blende: their bonds, their order, and where their atoms relax to."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.structures.alloys import FCC, _compact, quasi_random, superlattice, wurtzite
from nnpp.structures.crystal import crystal
from nnpp.structures.environment import find_neighbours
from nnpp.structures.keating import energy, relaxed, springs
from nnpp.structures.symmetry import space_group
from tests import systems

A = 11.0
BOND = np.sqrt(3) / 4 * A


def bonds(**lengths):
    """In=11.45 and so on: the lattice constant of each with As."""
    return {frozenset((s, "As")): np.sqrt(3) / 4 * a for s, a in lengths.items()}


@pytest.mark.parametrize(
    ("structure", "group"),
    [
        (wurtzite("Cd", "Se", A / np.sqrt(2)), "P6_3mc (186)"),
        (superlattice(("In", "As"), ("Ga", "As"), A), "P-4m2 (115)"),
        (superlattice(("In", "As"), ("Ga", "As"), A, 2), "P-4m2 (115)"),
        (quasi_random(("In", "Ga"), "As", 0.0, A, True), "F-43m (216)"),
    ],
)
def test_every_atom_has_four_bonds_of_zinc_blende(structure, group):
    symbols = set(structure.symbols)
    every = {frozenset((a, b)): BOND for a in symbols for b in symbols if a != b}
    found = find_neighbours(structure.positions, structure.symbols, every, structure.cell)
    assert bool(found.complete.all())
    np.testing.assert_allclose(found.unstrained, 8 * np.sqrt(3) / 27 * BOND**3)
    assert space_group(structure) == group


def test_long_vectors_of_a_lattice_are_replaced_by_its_shortest():
    """Of a skewed cell of the face-centred lattice: three of length a/√2, the same volume."""
    for skew in ([[1, 0, 0], [3, 1, 0], [-2, 5, 1]], [[1, 4, -1], [0, 1, 2], [0, 0, 1]]):
        found = _compact(np.array(skew) @ FCC)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.sqrt(0.5))
        assert abs(np.linalg.det(found)) == pytest.approx(0.25)


def correlations(structure, element):
    """Π of the first three shells of the sublattice that holds `element`, by hand."""
    x, cell = np.asarray(structure.fractional), np.asarray(structure.cell)
    mixed = [i for i, s in enumerate(structure.symbols) if s != "As"]
    spin = np.array([1 if structure.symbols[i] == element else -1 for i in mixed])
    n = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    d = np.linalg.norm((x[mixed][:, None, None] - x[mixed][None, :, None] + n) @ cell, axis=-1)
    for shell in (np.sqrt(0.5), 1.0, np.sqrt(1.5)):
        pairs = (np.abs(d / A - shell) < 1e-6).sum(axis=2)
        yield float(spin @ pairs @ spin / pairs.sum())


@pytest.mark.parametrize("x", [0.25, 0.5])
def test_pairs_of_a_quasi_random_cell_are_nearly_random(x):
    """The first two shells as they should be; ordered layers are 1/3 off at x = ½."""
    alloy = quasi_random(("In", "Ga"), "As", x, A, True)
    assert alloy.symbols.count("Ga") == round(8 * x)
    first, second, third = correlations(alloy, "Ga")
    wanted = (2 * x - 1) ** 2
    assert abs(first - wanted) < 0.01
    assert abs(second - wanted) < 0.1 and abs(third - wanted) < 0.05


def test_either_sublattice_may_be_mixed():
    anions = quasi_random(("As", "P"), "In", 0.5, A, False)
    found = find_neighbours(
        anions.positions, anions.symbols,
        {frozenset(("In", "As")): BOND, frozenset(("In", "P")): BOND}, anions.cell,
    )  # fmt: skip
    assert bool(found.complete.all())


def test_a_crystal_at_rest_stays():
    structure = systems.zincblende("In", "As", 11.45)
    own = bonds(In=11.45)
    assert float(energy(springs(structure, own), structure.positions, structure.cell)) < 1e-20
    away = np.array([[0, 0, 0], [0.01, 0, 0.02]])
    x = np.asarray(structure.fractional)
    pushed = crystal(structure.cell, x + away, structure.symbols)
    back = relaxed(pushed, own)
    apart = np.diff(np.asarray(back.fractional - structure.fractional), axis=0)
    np.testing.assert_allclose(apart, 0, atol=1e-7)
    np.testing.assert_allclose(back.fractional[0], pushed.fractional[0], atol=1e-12)


def test_its_energy_is_keating_s():
    """A cell grown by 1 %: four bonds of 3α/8d²·(r² − d²)², and twelve angles."""
    structure, own = systems.zincblende("In", "As", 11.45), bonds(In=11.45)
    of, d = springs(structure, own), np.sqrt(3) / 4 * 11.45
    grown = jnp.asarray(structure.cell) * 1.01
    E = float(energy(of, structure.positions * 1.01, grown))
    stretched = 3 / 8 / d**2 * ((1.01**2 - 1) * d**2) ** 2
    bent = 3 / 8 * 0.17 / d**2 * ((1 - 1.01**2) * d**2 / 3) ** 2
    assert pytest.approx(4 * stretched + 12 * bent, rel=1e-12) == E


def test_bonds_of_an_alloy_keep_their_lengths_as_is_known():
    """In InGaAs bonds stay near those of InAs and GaAs (Mikkelsen and Boyce, 1982): more than
    half of the difference remains."""
    alloy = quasi_random(("In", "Ga"), "As", 0.5, 11.065, True)
    own = bonds(In=11.45, Ga=10.683)
    done = relaxed(alloy, own)
    near = find_neighbours(done.positions, done.symbols, own, done.cell)
    r = np.asarray(done.positions)
    far = np.asarray(near.shift) @ np.asarray(done.cell)
    length = np.linalg.norm(r[np.asarray(near.atoms)] + far - r[:, None], axis=-1)
    mean = {s: length[[x == s for x in done.symbols]].mean() for s in ("In", "Ga")}
    unstrained = np.sqrt(3) / 4 * (11.45 - 10.683)
    assert 0.6 * unstrained < mean["In"] - mean["Ga"] < unstrained
    before, after = (float(energy(springs(c, own), c.positions, c.cell)) for c in (alloy, done))
    assert after < 0.5 * before
