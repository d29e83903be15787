"""Atoms and bonds of dots against closed forms and a search by distance."""

from collections import Counter

import numpy as np
import pytest
from scipy.spatial import KDTree

from nnpp.structures.alloys import zinc_blende
from nnpp.structures.dots.crystals import built_in_bond, known_names, named_crystal
from nnpp.structures.dots.cut import cut_out, pruned
from nnpp.structures.dots.lattice import CENTRES, centre_of, lattice_of
from nnpp.structures.dots.shapes import Frame, sphere
from tests.structures.dots.samples import NM, cut, lattice

TD = [
    sign * np.eye(3)[list(order)]
    for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0))
    for sign in np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])[:, None]
]
"""The 24 operations of a tetrahedron."""


def same_sites(a, b):
    return np.abs(KDTree(a).query(b)[0]).max() < 1e-6


@pytest.mark.parametrize("name", ["zb-CdSe", "wz-CdSe", "zb-InP"])
@pytest.mark.parametrize("centre", CENTRES)
def test_bonds_are_those_that_a_search_by_distance_finds(name, centre):
    of = cut(name, centre=centre)
    d = built_in_bond(*(("In", "P") if "In" in name else ("Cd", "Se")), name.startswith("wz"))
    found = KDTree(of.positions).query_pairs(1.01 * d)
    stated = {
        tuple(sorted((a, int(b)))) for a, row in enumerate(of.near) for b in row if b >= 0
    }
    assert stated == found
    np.testing.assert_allclose(np.linalg.norm(of.bonds, axis=-1), d)
    a, i = np.nonzero(~of.broken)
    np.testing.assert_allclose(
        of.positions[of.near[a, i]] - of.positions[a], of.bonds[a, i], atol=1e-9
    )
    assert (~of.broken).sum(axis=1).min() == 2


def test_each_cation_has_four_bonds_to_anions_or_passivants():
    """4 N(Cd) − broken(Cd) = 4 N(Se) − broken(Se) = number of bonds."""
    of = cut()
    ends = [(4 - of.broken.sum(axis=1))[of.charges == z].sum() for z in (2, -2)]
    assert ends[0] == ends[1] == (~of.broken).sum() / 2


@pytest.mark.parametrize(
    ("diameter", "composition"),
    [(0.6, {"Cd": 1, "Se": 4}), (1.1, {"Cd": 13, "Se": 16})],
)
def test_small_dots_are_the_first_shells_of_zinc_blende(diameter, composition):
    of = lattice()
    body = sphere(diameter * NM, Frame(of.crystal))
    assert Counter(cut_out(of, centre_of(of, "cation"), body).symbols) == composition


def test_atoms_with_one_bond_are_removed():
    """Of Cd Se4 all Se have one bond, and then Cd has none."""
    of = lattice()
    body = sphere(0.6 * NM, Frame(of.crystal))
    from nnpp.errors import InputError

    with pytest.raises(InputError, match="no atom with two bonds is left"):
        pruned(cut_out(of, centre_of(of, "cation"), body))
    body = sphere(2.2 * NM, Frame(of.crystal))
    kept, removed = pruned(cut_out(of, centre_of(of, "cation"), body))
    assert Counter(removed) == {"Se": 12, "Cd": 4}
    assert Counter(kept.symbols) == {"Cd": 83, "Se": 92}


@pytest.mark.parametrize("centre", ["cation", "anion", "hollow"])
def test_a_sphere_of_zinc_blende_has_the_symmetry_of_a_tetrahedron(centre):
    of = cut(centre=centre)
    for element in ("Cd", "Se"):
        r = of.positions[np.array(of.symbols) == element]
        assert all(same_sites(r, r @ op.T) for op in TD)


def test_a_dot_around_a_bond_is_stoichiometric():
    counts = Counter(cut(centre="bond").symbols)
    assert counts["Cd"] == counts["Se"]
    counts = Counter(cut("wz-CdSe", centre="bond").symbols)
    assert counts["Cd"] == counts["Se"]


def test_primitive_cells_shifted_and_skewed_give_the_same_dot():
    """The primitive cell of a file, with atoms outside of the cell, as the cubic cell."""
    a = 4 / np.sqrt(3) * built_in_bond("Cd", "Se")
    primitive = zinc_blende("Cd", "Se", a)
    from nnpp.structures.crystal import crystal

    skewed = np.array([[1, 0, 0], [2, 1, 0], [0, 1, 1]])
    x = np.asarray(primitive.fractional) @ np.linalg.inv(skewed) + [3, -2, 1]
    other = lattice_of(crystal(skewed @ np.asarray(primitive.cell), x, ("Cd", "Se")))
    body = sphere(2.2 * NM, Frame(other.crystal))
    found = pruned(cut_out(other, centre_of(other, "cation"), body))[0]
    assert same_sites(found.positions, cut().positions)
    assert found.broken.sum() == cut().broken.sum()


def test_all_named_crystals_have_four_bonds_an_atom():
    for name in known_names():
        if not name.startswith("perovskite"):
            assert lattice_of(named_crystal(name)).near.shape[1] == 4
