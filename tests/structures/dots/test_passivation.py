"""Passivants at their fractions of broken bonds; ligands, and the balance of charges."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import KDTree

from nnpp.errors import InputError
from nnpp.formats.structures import covalent_radius
from nnpp.structures.dots.passivation import GAUSSIAN, O_H, gaussian, ligands
from tests.structures.dots.samples import cut


def test_each_broken_bond_has_a_passivant_at_its_fraction():
    of = cut()
    added = gaussian(of, of.bonds, GAUSSIAN)
    assert len(added.symbols) == of.broken.sum()
    d, near = KDTree(of.positions).query(added.positions)
    for passivant, element, fraction in (("P1", "Cd", 0.55), ("P2", "Se", 0.25)):
        its = np.array(added.symbols) == passivant
        assert {of.symbols[i] for i in near[its]} == {element}
        bond = np.linalg.norm(of.bonds[0, 0])
        np.testing.assert_allclose(d[its] / bond, fraction)
    missing = of.positions[near] + (added.positions - of.positions[near]) / (d / bond)[:, None]
    assert KDTree(of.positions).query(missing)[0].min() > 0.99 * bond


def test_the_charges_of_passivants_balance_those_of_the_atoms():
    """A passivant at an atom of charge z has −z/4."""
    for centre in ("cation", "anion", "bond", "hollow"):
        of = cut(centre=centre)
        passivants = (of.broken.sum(axis=1) * of.charges).sum() / 4
        assert of.charges.sum() == passivants


def test_ligands_share_a_missing_site():
    of = cut(centre="hollow")
    added = ligands(of, of.bonds, ("Cl",), covalent_radius, False)
    broken = int(of.broken[of.charges > 0].sum())
    assert len(added.symbols) == 72 < broken == 96
    assert KDTree(added.positions).query(added.positions, 2)[0][:, 1].min() > 4.0


def test_ligands_share_a_missing_site_also_after_a_relaxation():
    """Atoms that moved by 0.4 Å still meet at the missing sites of the lattice."""
    of = cut(centre="hollow")
    moved = replace(of, positions=0.9 * of.positions)
    added = ligands(moved, of.bonds, ("Cl",), covalent_radius, False)
    assert len(added.symbols) == 72


def test_a_neutral_dot_has_as_many_chlorides_as_its_charge():
    of = cut(centre="hollow")
    added = ligands(of, of.bonds, ("Cl",), covalent_radius, True)
    assert Counter(added.symbols) == {"Cl": of.charges.sum()} == {"Cl": 24}
    assert added.removed == 72 - 24
    lengths = KDTree(of.positions).query(added.positions)[0]
    assert lengths.max() < 1.05 * (covalent_radius("Cd") + covalent_radius("Cl"))


def test_hydroxide_has_its_bond_and_hydrogen_binds_to_anions():
    of = cut(centre="hollow")
    oh = ligands(of, of.bonds, ("OH",), covalent_radius, False)
    np.testing.assert_allclose(
        np.linalg.norm(oh.positions[1::2] - oh.positions[::2], axis=1), O_H
    )
    both = ligands(of, of.bonds, ("Cl", "H"), covalent_radius, True)
    counts = Counter(both.symbols)
    assert of.charges.sum() - counts["Cl"] + counts["H"] == 0


def test_charges_that_ligands_cannot_balance_are_refused():
    with pytest.raises(InputError, match=r"the formal charge -18 remains"):
        ligands(cut(), cut().bonds, ("Cl",), covalent_radius, True)
    with pytest.raises(InputError, match="bind to the same atoms"):
        ligands(cut(), cut().bonds, ("Cl", "OH"), covalent_radius, False)
