"""The strain of each atom: homogeneous strains, alloys, clusters, and what H makes of it."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.formats.bands_h5 import read_bands_h5, write_bands_h5
from nnpp.formats.structures import read_crystals
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import Bands, levels
from nnpp.structures.crystal import crystal
from nnpp.structures.environment import find_neighbours, strains
from nnpp.structures.kpoints import listed
from nnpp.terms.fitted.long_range import long_range
from nnpp.terms.term import neutral
from nnpp.units import BOHR_ANGSTROM
from tests import systems
from tests.fitting.samples import write_fit
from tests.setup.test_objective import LISTED, ZUNGER
from tests.structures.cells import repeated, wurtzite

BOND = np.sqrt(3) / 4 * systems.A_CDSE
BONDS = {frozenset(("Cd", "Se")): BOND}
OBLIQUE = np.array([[0.02, 0.01, -0.01], [0.01, -0.03, 0.015], [-0.01, 0.015, 0.02]])


def own(structure, bonds=BONDS):
    found = find_neighbours(structure.positions, structure.symbols, bonds, structure.cell)
    return found, np.asarray(strains(found, structure.positions, structure.cell))


@pytest.mark.parametrize("structure", [systems.zincblende, wurtzite])
def test_at_rest_there_is_none(structure):
    whole = structure()
    bond = min(np.linalg.norm(d) for d in bond_vectors(whole))
    found, e = own(whole, {frozenset(whole.species): bond})
    assert found.complete.all()
    np.testing.assert_allclose(e, 0, atol=2e-3)


def bond_vectors(structure):
    x, cell = np.asarray(structure.fractional), np.asarray(structure.cell)
    n = np.stack(np.meshgrid(*[np.arange(-1, 2)] * 3, indexing="ij"), -1).reshape(-1, 3)
    for a in range(len(x)):
        for d in ((x - x[a])[:, None] + n).reshape(-1, 3) @ cell:
            if np.linalg.norm(d) > 1e-6:
                yield d


@pytest.mark.parametrize("eta", [0.01 * np.eye(3), OBLIQUE])
def test_a_homogeneous_strain_is_that_of_the_volume(eta):
    """Det(1+η) − 1 for every atom, wherever one sublattice goes within the cell."""
    strained = systems.zincblende().strained(eta)
    _, e = own(strained)
    np.testing.assert_allclose(e, np.linalg.det(np.eye(3) + eta) - 1, rtol=1e-12)
    moved = np.asarray(strained.fractional) + np.array([[0.01, -0.02, 0.005], [0, 0, 0]])
    _, of_moved = own(crystal(strained.cell, moved, ("Cd", "Se")))
    np.testing.assert_allclose(of_moved, e, rtol=1e-12)


def test_an_atom_of_an_alloy_sees_its_own_bonds():
    """In InGaAs₂ on one lattice, Ga is dilated, In is compressed, and As is between."""
    alloy = repeated(systems.zincblende("In", "As", 11.0), [[1, 0, 0], [0, 1, 0], [0, 0, 2]])
    symbols = list(alloy.symbols)
    symbols[symbols.index("In")] = "Ga"
    bonds = {frozenset(("In", "As")): np.sqrt(3) / 4 * 11.45}
    bonds[frozenset(("Ga", "As"))] = np.sqrt(3) / 4 * 10.68
    _, e = own(crystal(alloy.cell, alloy.fractional, tuple(symbols)), bonds)
    of = dict(zip(symbols, e, strict=True))
    assert of["Ga"] == pytest.approx((11.0 / 10.68) ** 3 - 1)
    assert of["In"] == pytest.approx((11.0 / 11.45) ** 3 - 1)
    assert of["In"] < of["As"] < of["Ga"]


def test_a_cluster_is_a_crystal_within_and_has_none_outside():
    structure = systems.zincblende().strained(OBLIQUE)
    many = repeated(structure, np.eye(3, dtype=int) * 3)
    _, e = own(structure)
    found = find_neighbours(many.positions, many.symbols, BONDS)
    of_cluster = np.asarray(strains(found, many.positions))
    assert 0 < found.complete.sum() < len(many.symbols)
    np.testing.assert_allclose(of_cluster[np.asarray(found.complete)], e[0], rtol=1e-10)
    assert not of_cluster[~np.asarray(found.complete)].any()


def test_it_follows_the_positions():
    """Its slope against differences."""
    structure = systems.zincblende().strained(OBLIQUE)
    many = repeated(structure, [[1, 0, 0], [0, 1, 0], [0, 0, 2]])
    found, _ = own(many)
    r = np.asarray(many.positions)
    along = np.random.default_rng(0).normal(size=r.shape)
    _, slope = jax.jvp(lambda x: strains(found, x, many.cell), (r,), (along,))
    up, down = (np.asarray(strains(found, r + x * along, many.cell)) for x in (1e-4, -1e-4))
    np.testing.assert_allclose(slope, (up - down) / 2e-4, rtol=1e-6)


def test_levels_are_those_of_a_dilated_crystal():
    """Every atom with the ε of the cell: one potential, strained both ways, also further."""
    potential, k = systems.everything(), [systems.GENERIC_K[3]]
    strained = systems.zincblende().strained(OBLIQUE)
    mine = strained.with_strains(own(strained)[1])
    assert mine.species == ("Cd", "Se")
    for of_both in (lambda c: c, lambda c: c.strained(0.01 * np.eye(3))):
        a, b = (levels(potential, systems.at(of_both(c), k, 1.8), 10) for c in (strained, mine))
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_atoms_of_one_element_may_differ():
    """In a cell of two, as if the form factor of that atom alone were scaled by hand."""
    potential = systems.everything()
    alloy = repeated(systems.zincblende(), [[1, 0, 0], [0, 1, 0], [0, 0, 2]])
    e = [0.01 if a == 0 else 0.0 for a in range(len(alloy.symbols))]
    uneven = alloy.with_strains(e)
    assert len(uneven.species) == 3 and set(uneven.species) == {"Cd", "Se"}
    even, plain, other = (
        np.asarray(levels(potential, systems.at(c, [[0.0] * 3], 1.5), 8))
        for c in (alloy.with_strains([0.0] * 4), alloy, uneven)
    )
    np.testing.assert_allclose(even, plain, atol=1e-10)
    both = systems.at(uneven, [[0.0] * 3], 1.5)
    numbers = at_shells(potential, both)
    s = potential.strengths["strain"][potential.columns(both.species)[0]]
    bare = at_shells(potential, replace(both, dilation=0 * both.dilation))
    lr = long_range(both.q, neutral(potential.strengths["charge"][jnp.array(
        potential.columns(both.species))], both.count))  # fmt: skip
    factor = 1 + s[0] * 0.01 + s[1] * 0.01**3
    np.testing.assert_allclose(numbers.v[:, 0], (bare.v - lr)[:, 0] * factor + lr[:, 0])
    np.testing.assert_allclose(numbers.v[:, 1:], bare.v[:, 1:], atol=1e-12)
    assert np.abs(other - plain).max() > 1e-5


@pytest.mark.parametrize("change", ["another image", "skewed vectors", "either"])
def test_it_matters_not_how_a_cell_is_written(change):
    strained = systems.zincblende().strained(OBLIQUE)
    cell, x = np.asarray(strained.cell), np.asarray(strained.fractional)
    if change != "another image":
        skew = np.array([[1, 0, 0], [2, 1, 0], [0, -1, 1]])
        cell, x = skew @ cell, x @ np.linalg.inv(skew)
    if change != "skewed vectors":
        x = x + np.array([[1, -2, 0], [0, 0, 3]])
    _, e = own(crystal(cell, x, ("Cd", "Se")))
    np.testing.assert_allclose(e, own(strained)[1], rtol=1e-10)


def test_strains_of_atoms_are_kept_in_a_file_of_bands(tmp_path):
    mine = systems.zincblende().with_strains([0.01, -0.02])
    kpoints = listed(mine, [[0.0] * 3])
    bands = Bands(kpoints, jnp.zeros((1, 8)), 4, False)
    again = read_bands_h5(write_bands_h5(tmp_path / "b.h5", bands, mine, {})).crystal
    np.testing.assert_array_equal(again.strains, [0.01, -0.02])
    assert again.species == mine.species


def test_a_fit_says_its_bonds(tmp_path):
    text = LISTED + "    bonds: {Cd-Se: 2.62 angstrom}\n"
    fit = read_inputs(write_fit(tmp_path / "fit", "", ZUNGER, text))
    (found,) = read_crystals(fit.spec)
    rest = np.sqrt(3) / 4 * 11.4485278 * BOHR_ANGSTROM
    np.testing.assert_allclose(found.strains, (rest / 2.62) ** 3 - 1, atol=1e-6)


@pytest.mark.parametrize(
    ("bonds", "words"),
    [
        ("{Cd-Te: 2.6 angstrom}", "does not have four neighbours"),
        ("{CdSe: 2.6 angstrom}", "bonds"),
        ("{Cd-Se: 2.6}", "has no unit"),
        ("{Cd-Se: 2.6 angstrom, Se-Cd: 2.7 angstrom}", "is given twice"),
        ("{Cd-Se: 2.6 angstrom}\n    dilation: 0.01", "remove dilation"),
    ],
)
def test_wrong_bonds_are_refused(tmp_path, bonds, words):
    text = LISTED + f"    bonds: {bonds}\n"
    with pytest.raises(InputError) as caught:
        read_crystals(read_inputs(write_fit(tmp_path / "fit", "", ZUNGER, text)).spec)
    assert words in str(caught.value) and "fit.yaml:" in str(caught.value)
