"""Fields written as .cube and .xsf, read back by ASE."""

import numpy as np
import pytest
from ase.io.cube import read_cube_data
from ase.io.xsf import read_xsf

from nnpp.formats.structures import atoms_of
from nnpp.formats.volume import Volume, write_volume
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from tests import systems

CRYSTAL = systems.zincblende().strained(systems.LOW_SYMMETRY)
VOLUME = float(CRYSTAL.volume)


def field(density):
    """A field in which no two axes are alike; a density is of one electron."""
    values = np.random.default_rng(0).random((5, 6, 8)) + 0.5
    return values / values.mean() / VOLUME if density else values - 0.7


def same_atoms(atoms, abs):
    ours = atoms_of(CRYSTAL)
    assert atoms.get_chemical_symbols() == list(CRYSTAL.symbols)
    assert np.abs(atoms.positions - ours.positions).max() < abs
    assert np.abs(atoms.cell.array - ours.cell.array).max() < abs


@pytest.mark.parametrize("density", [True, False])
def test_cube(density, tmp_path):
    """Atomic units; the points where the atoms are counted from."""
    title, values = "a field", field(density)
    path = write_volume(tmp_path, Volume("f", title, values, density), CRYSTAL, "cube")
    data, atoms = read_cube_data(str(path))
    assert np.abs(data - values).max() < 1e-6 * np.abs(values).max()
    same_atoms(atoms, 1e-5)
    if density:
        size = atoms.get_volume() / BOHR_ANGSTROM**3
        assert data.sum() * size / data.size == pytest.approx(1, abs=1e-5)
    head = path.read_text().splitlines()[0]
    assert head.startswith("a field; e/bohr^3" if density else "a field; hartree")
    assert [p.name for p in tmp_path.iterdir()] == ["f.cube"]


@pytest.mark.parametrize("density", [True, False])
def test_xsf(density, tmp_path):
    """Å and eV, or a density whose mean is 1; both ends of every axis are there."""
    values = field(density)
    path = write_volume(tmp_path, Volume("f", "a field", values, density), CRYSTAL, "xsf")
    with path.open() as file:
        data, origin, span, atoms = read_xsf(file, read_data=True)
    wanted = values * (VOLUME if density else HARTREE_EV)
    assert np.abs(data[:-1, :-1, :-1] - wanted).max() < 1e-6
    assert np.array_equal(data[-1], data[0])
    assert np.array_equal(data[:, :, -1], data[:, :, 0])
    assert not origin.any()
    assert np.abs(span - atoms.cell.array).max() < 1e-6
    same_atoms(atoms, 1e-12)
    head = path.read_text().splitlines()[0]
    assert head.startswith("# a field; times the cell volume" if density else "# a field; eV")
