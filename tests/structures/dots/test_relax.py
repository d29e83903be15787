"""Keating springs of dots: forces, bond lengths, passivants that follow; shells and alloys."""

from collections import Counter

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nnpp.errors import InputError
from nnpp.structures.dots.composition import alloyed, with_shell
from nnpp.structures.dots.crystals import bonds_of, built_in_bond
from nnpp.structures.dots.relax import NO_CELL, followed, pairs_in, relaxed, springs_of
from nnpp.structures.keating import slope
from tests.structures.dots.samples import cut, lattice


def test_a_dot_of_one_compound_is_at_its_minimum():
    of = cut(size=1.2)
    found = relaxed(of, bonds_of(pairs_in(of), lattice().lengths, False))
    assert found.moved < 1e-9
    np.testing.assert_allclose(found.strains, 0, atol=1e-9)
    np.testing.assert_allclose(found.directions, of.bonds, atol=1e-9)


def test_a_homogeneous_strain_is_relaxed_to_the_unstrained_bonds():
    """A dot of the lattice of CdSe with the bonds of CdS contracts; its strain vanishes."""
    of = cut(size=1.2)
    d = built_in_bond("Cd", "S")
    assert d is not None
    found = relaxed(of, {frozenset(("Cd", "Se")): d})
    a, i = np.nonzero(~of.broken)
    r = found.cut.positions
    np.testing.assert_allclose(np.linalg.norm(r[of.near[a, i]] - r[a], axis=1), d, rtol=1e-5)
    np.testing.assert_allclose(found.strains, 0, atol=1e-5)
    broken = np.linalg.norm(found.directions[of.broken], axis=-1)
    np.testing.assert_allclose(broken, d, rtol=1e-9)  # passivants are at 0.55 of CdS


def test_broken_bonds_turn_with_their_atom():
    """A rotation of the whole dot turns all bonds; the lengths are those of the lattice."""
    of = cut(size=1.2)
    R = Rotation.from_rotvec([0.3, -0.5, 0.4]).as_matrix()
    np.testing.assert_allclose(followed(of, of.positions @ R.T), of.bonds @ R.T, atol=1e-9)


def test_broken_bonds_have_no_energy():
    """E of a dilated dot: of each bond, and of each pair of bonds at an atom, by hand."""
    of = cut(size=1.2)
    springs = springs_of(of, bonds_of(pairs_in(of), lattice().lengths, False))
    E = [float(slope(springs, jnp.asarray(x * of.positions), NO_CELL)[0]) for x in (1, 1.01)]
    d2, bonds = (of.bonds[0, 0] ** 2).sum(), (~of.broken).sum() / 2
    pairs = sum(n * (n - 1) / 2 for n in (~of.broken).sum(axis=1).tolist())
    by_hand = 3 / 8 * d2 * (1.01**2 - 1) ** 2 * (bonds + 0.17 * pairs / 9)
    assert [pytest.approx(0, abs=1e-12), pytest.approx(by_hand)] == E


def test_the_shell_is_outside_the_core():
    of = with_shell(cut(size=1.4, shell=0.4), "Cd", "S")
    r = np.linalg.norm(of.positions, axis=1)
    s, se = (r[np.array(of.symbols) == x] for x in ("S", "Se"))
    assert se.max() < s.min()
    assert Counter(cut(size=1.4, shell=0.4).symbols)["Se"] == len(s) + len(se)


def test_an_alloy_has_its_fraction_and_repeats_with_its_seed():
    of = cut()
    a, b, c = (alloyed(of, {"Te": 0.3}, seed).symbols for seed in (1, 1, 2))
    assert a == b != c
    assert Counter(a) == {"Cd": 83, "Se": 92 - 28, "Te": 28}
    both = Counter(alloyed(of, {"Te": 0.5, "S": 0.5, "Zn": 0.1}, 0).symbols)
    assert (both["Te"], both["S"], both["Zn"]) == (46, 46, 8)


@pytest.mark.parametrize(
    ("fractions", "message"),
    [({"Te": 0.7, "S": 0.6}, "exceed 1"), ({"I": 0.1}, "formal charge -1, and Se -2")],
)
def test_alloys_that_are_impossible_are_refused(fractions, message):
    with pytest.raises(InputError, match=message):
        alloyed(cut(), fractions, 0)
