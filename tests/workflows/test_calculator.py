"""The calculator for ASE: the levels of `nnpp bands`, and no total energy."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import PropertyNotImplementedError
from ase.dft.dos import DOS
from ase.dft.kpoints import get_monkhorst_pack_size_and_offset
from ase.io import read, write
from ase.spectrum.band_structure import BandStructure

import nnpp
from nnpp.errors import InputError
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.model import write_model
from nnpp.formats.structures import atoms_of
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.fits.read import read_structure_by
from tests import systems

POTENTIALS = {"cdse": systems.cdse, "spinors": systems.everything}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each potential."""
    folder = tmp_path_factory.mktemp("runs")
    for name, make in POTENTIALS.items():
        about = {"systems": [{"cutoff_hartree": 2.0}]}
        write_model(folder / name / "potential", make(), about)
    return folder


@pytest.fixture
def atoms(runs):
    """zb-CdSe with a calculator."""
    found = atoms_of(systems.zincblende())
    found.calc = nnpp.calculator(runs / "cdse", kpts=(2, 2, 2), n=6)
    return found


def test_levels_are_those_of_the_command(runs, tmp_path, monkeypatch):
    """To the bit, at the k-points of `nnpp bands --structure`."""
    monkeypatch.chdir(tmp_path)
    write("zb.vasp", atoms_of(systems.zincblende(a=11.7)))
    choices = Choices(path="L Γ X", points=8)
    fits = [read_structure_by([runs / "spinors"], Path("zb.vasp"), choices)]
    list(run_bands(fits, Path("out"), choices))
    (file,) = Path("out").glob("*/zb/*/bands.h5")
    stored = read_bands_h5(file).bands
    again = read("zb.vasp")
    again.calc = nnpp.calculator(runs / "spinors", kpts=np.asarray(stored.kpoints.fractional))
    E = np.array([again.calc.get_eigenvalues(k) for k in range(len(stored.kpoints))])
    assert np.array_equal(E, np.asarray(stored.E) * HARTREE_EV)
    assert again.calc.get_number_of_bands() == 8 + 8
    assert np.ptp(E) > 10
    ours = json.loads((file.parent / "bands.json").read_text())["reference"]
    points = again.cell.bandpath("LGX", npoints=8)
    points = type(points)(again.cell, kpts=np.asarray(stored.kpoints.fractional))
    bs = again.calc.band_structure(points)
    assert np.array_equal(bs.energies[0], E)
    assert bs.reference == ours


def test_band_structure_in_the_interface_of_ase(atoms):
    """Along ASE's path, its text, and its default; the reference is the valence top."""
    along = atoms.cell.bandpath("LGX", npoints=9)
    bs = atoms.calc.band_structure(along)
    assert isinstance(bs, BandStructure)
    assert bs.path is along
    assert bs.energies.shape == (1, 9, 6)
    assert np.array_equal(bs.energies, atoms.calc.band_structure("LGX", npoints=9).energies)
    gamma = int(np.flatnonzero(np.abs(along.kpts).max(axis=1) < 1e-12)[0])
    assert np.ptp(bs.energies[0, gamma, 1:4]) < 1e-6
    assert bs.reference == bs.energies[0, :, 3].max() < bs.energies[0, :, 4].min()
    default = atoms.calc.band_structure(npoints=12)
    assert default.energies.shape == (1, len(default.path.kpts), 6)
    assert {"G", "L", "X"} <= set(default.path.path)


def test_a_mesh_in_the_interface_of_ase(atoms, runs):
    calc = atoms.calc
    k, all_k, of = calc.get_ibz_k_points(), calc.get_bz_k_points(), calc.get_bz_to_ibz_map()
    assert (len(k), len(all_k)) == (3, 8)
    assert calc.get_k_point_weights() == pytest.approx(np.bincount(of) / 8)
    size, _ = get_monkhorst_pack_size_and_offset(all_k)
    assert tuple(size) == (2, 2, 2)
    assert np.abs(all_k - np.stack(np.unravel_index(np.arange(8), size), 1) / 2).max() < 1e-12
    E = np.array([calc.get_eigenvalues(kpt=i) for i in range(3)])
    everywhere = nnpp.calculator(runs / "cdse", kpts=all_k, n=6)
    atoms.calc = everywhere
    listed = np.array([everywhere.get_eigenvalues(kpt=i) for i in range(8)])
    assert np.abs(listed - E[of]).max() < 1e-6
    assert np.ptp(E, axis=0).min() > 0.1
    middle = (listed[:, 3].max() + listed[:, 4].min()) / 2
    assert calc.get_fermi_level() == pytest.approx(middle, abs=1e-6)
    assert (calc.get_number_of_bands(), calc.get_number_of_spins()) == (6, 1)


def test_density_of_states_by_ase(atoms):
    """Its integral is the number of levels, two spins each."""
    dos = DOS(atoms.calc, width=0.5, npts=2001, window=(-40, 40))
    assert np.trapezoid(dos.get_dos(), dos.get_energies()) == pytest.approx(12, rel=1e-3)


def test_levels_follow_the_atoms(atoms):
    before = atoms.calc.get_eigenvalues(0)
    atoms.set_cell(atoms.cell.array * 1.03, scale_atoms=True)
    after = atoms.calc.get_eigenvalues(0)
    assert np.abs(after - before).max() > 0.1
    atoms.set_cell(atoms.cell.array / 1.03, scale_atoms=True)
    assert np.abs(atoms.calc.get_eigenvalues(0) - before).max() < 1e-9


def test_there_is_no_total_energy(atoms, tmp_path):
    methods = (
        atoms.get_potential_energy,
        atoms.get_total_energy,
        atoms.get_forces,
        atoms.get_stress,
        atoms.get_charges,
        lambda: atoms.calc.calculate(atoms, ["energy"], []),
    )
    for ask in methods:
        with pytest.raises(PropertyNotImplementedError, match="has no total energy") as refusal:
            ask()
        assert "\n" not in str(refusal.value)
    write(tmp_path / "a.xyz", atoms)
    write(tmp_path / "a.traj", atoms)
    assert read(tmp_path / "a.xyz").get_chemical_symbols() == ["Cd", "Se"]


def molecule():
    return Atoms("CdSe", positions=[[0, 0, 0], [0, 0, 2.6]])


def zinc():
    return atoms_of(systems.zincblende("Zn"))


def slab():
    found = atoms_of(systems.zincblende())
    found.pbc = (True, True, False)
    return found


@pytest.mark.parametrize(
    ("make", "words"),
    [(molecule, "atoms: has no cell"), (zinc, "no parameters for Zn"), (slab, "not periodic")],
)
def test_atoms_that_cannot_be_solved_are_refused(runs, make, words):
    found = make()
    found.calc = nnpp.calculator(runs / "cdse", kpts=(1, 1, 1))
    for ask in (found.calc.get_eigenvalues, lambda: found.calc.band_structure("GX")):
        with pytest.raises(InputError, match=words):
            ask()


def test_invalid_requests_are_refused(atoms, runs):
    calc = atoms.calc
    larger = atoms.cell.copy()
    larger[:] *= 1.1
    for ask, words in (
        (lambda: calc.get_eigenvalues(3), "no k-point 3"),
        (lambda: calc.get_eigenvalues(-1), "no k-point -1"),
        (lambda: calc.get_eigenvalues(0, spin=1), "of spin 1"),
        (lambda: calc.band_structure("GQ"), "not a path of this cell"),
        (lambda: calc.band_structure(larger.bandpath("GX", npoints=3)), "another cell"),
        (lambda: nnpp.calculator(runs / "cdse", kpts=(0, 2, 2)), "not k-points"),
        (lambda: nnpp.calculator(runs / "cdse", kpts=[[0, 0]]), "not k-points"),
        (lambda: nnpp.calculator(runs / "cdse", kpts="many"), "not k-points"),
        (lambda: nnpp.calculator(runs / "none"), "no such file"),
        (nnpp.calculator(runs / "cdse").get_fermi_level, "no atoms"),
    ):
        with pytest.raises(InputError, match=words):
            ask()
    atoms.calc = nnpp.calculator(runs / "cdse", kpts=(1, 1, 1), n=4)
    with pytest.raises(InputError, match="have no gap"):
        atoms.calc.get_fermi_level()
