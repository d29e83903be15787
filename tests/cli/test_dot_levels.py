"""`nnpp dot levels`: tables and files of a small dot, or one clear line."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from ase.build import bulk
from ase.io import read, write

from nnpp.basis.rules import SMOOTH
from nnpp.formats.dots import write_dot
from nnpp.hamiltonian.dot_system import dot_system, hamiltonian
from nnpp.linalg.eigh import eigh_block
from nnpp.structures.dots.dot import dot
from nnpp.units import HARTREE_EV
from tests import systems
from tests.fitting.samples import write_fit
from tests.setup.test_objective import ZUNGER

POSITIONS = np.array(
    [[0.0, 0, 0], [2.9, 2.7, 2.8], [-1.6, -1.2, 1.7], [4.0, 3.6, 2.0], [3.5, 1.5, 4.1]]
)
MOLECULE = dot(POSITIONS, ("Cd", "Se", "P1", "P2", "P2"))
RESULTS = Path("results/dots/mol-by-fit")
LEVELS = ("dot", "levels", "mol.xyz", "--run", "fit")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_dot(Path("mol.xyz"), MOLECULE, "extxyz")
    write_fit(Path("fit"), "", ZUNGER)


def dense():
    """All levels, from the matrix [eV]."""
    H = hamiltonian(systems.cdse(), dot_system(MOLECULE, 2.0, SMOOTH))
    unit = jnp.eye(H.rows)[:, None]
    return np.asarray(eigh_block(H @ unit)[0]) * HARTREE_EV


def table(path=RESULTS / "levels.csv"):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_levels_are_those_of_the_matrix_and_are_used_again(nnpp):
    done = nnpp(*LEVELS, "--conduction", "5", "--cube", "homo,lumo")
    assert done.code == 0
    assert "formal charge +0.5" in done.err
    folder = RESULTS / "conduction-5"
    rows = table(folder / "levels.csv")
    E = dense()
    np.testing.assert_allclose([float(r["energy_ev"]) for r in rows], E[:9], atol=1e-8)
    assert [r["state"] for r in rows[2:6]] == ["HOMO-1", "HOMO", "LUMO", "LUMO+1"]
    assert all(
        float(r["core_share"]) + float(r["surface_share"]) == pytest.approx(1, abs=2e-6)
        for r in rows
    )
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["gap_ev"] == pytest.approx(E[4] - E[3], abs=1e-8)
    assert (summary["occupied"], summary["cutoff_hartree"]) == (4, 2.0)
    assert f"gap {E[4] - E[3]:.4f} eV" in done.out
    atoms = read(folder / "homo.cube")
    assert atoms.get_chemical_symbols()[:2] == ["Cd", "Se"]
    again = nnpp(*LEVELS, "--conduction", "5")
    assert again.code == 0 and "has these levels already" in again.out + again.err
    assert nnpp(*LEVELS, "--conduction", "5", "--force").code == 0


def test_results_of_another_dot_are_not_replaced(nnpp):
    assert nnpp(*LEVELS).code == 0
    before = (RESULTS / "levels.csv").read_bytes()
    write_dot(Path("mol.xyz"), replace(MOLECULE, positions=1.1 * POSITIONS), "extxyz")
    done = nnpp(*LEVELS)
    assert done.code == 2 and "another dot or potential" in done.err
    assert (RESULTS / "levels.csv").read_bytes() == before


def test_files_of_another_dot_do_not_stay(nnpp):
    assert nnpp(*LEVELS, "--cube", "homo", "--states", "--converge").code == 0
    first = json.loads((RESULTS / "summary.json").read_text())
    assert nnpp(*LEVELS, "--cube", "lumo").code == 0
    second = json.loads((RESULTS / "summary.json").read_text())
    assert second["converge"] == first["converge"]
    assert second["converge"]["cutoff_hartree"] == pytest.approx(2.6)
    write_dot(Path("mol.xyz"), replace(MOLECULE, positions=1.1 * POSITIONS), "extxyz")
    assert nnpp(*LEVELS, "--force").code == 0
    left = {path.name for path in RESULTS.iterdir()}
    assert not left & {"homo.cube", "lumo.cube", "states.h5", "checkpoint.npz"}


def test_a_warm_start_gives_the_same_levels(nnpp):
    assert nnpp(*LEVELS, "--states").code == 0
    before = table()
    assert nnpp(*LEVELS, "--warm", str(RESULTS), "--force").code == 0
    for a, b in zip(before, table(), strict=True):
        assert float(a["energy_ev"]) == pytest.approx(float(b["energy_ev"]), abs=1e-8)


def test_a_window_holds_all_its_states(nnpp):
    E = dense()
    low, high = E[2] - 0.1, E[7] + 0.1
    assert nnpp(*LEVELS, "--window", f"{low} {high} eV").code == 0
    (folder,) = RESULTS.glob("window*")
    found = [float(r["energy_ev"]) for r in table(folder / "levels.csv")]
    np.testing.assert_allclose(found, E[2:8], atol=1e-8)


def test_one_of_two_dots_is_computed_if_the_other_fails(nnpp):
    write_dot(
        Path("bad.xyz"), replace(MOLECULE, symbols=("Zn", *MOLECULE.symbols[1:])), "extxyz"
    )
    done = nnpp("dot", "levels", "bad.xyz", "mol.xyz", "--run", "fit")
    assert done.code == 2
    assert "bad.xyz" in done.err and "Zn" in done.err
    assert len(table()) == 12


WRONG = {
    "no potential": (("mol.xyz",), "add --run RUN or --potentials FOLDER"),
    "two potentials": (("mol.xyz", "--run", "fit", "--potentials", "."), "two potentials"),
    "no file": (("none.xyz", "--run", "fit"), "no such file"),
    "no run": (("mol.xyz", "--run", "none"), "none"),
    "no dot": (("fit", "--run", "fit"), "conf.par"),
    "crystal": (("crystal.vasp", "--run", "fit"), "crystal.vasp"),
    "empty": (("empty.xyz", "--run", "fit"), "empty.xyz"),
    "basis": (("mol.xyz", "--run", "fit", "--basis", "cube"), "unknown basis"),
    "grid": (("mol.xyz", "--run", "fit", "--basis", "grid"), "a grid needs"),
    "cutoff": (("mol.xyz", "--run", "fit", "--cutoff", "5 kg"), "--cutoff"),
    "huge": (("mol.xyz", "--run", "fit", "--box", "900 900 900 bohr"), "GB of memory"),
    "small box": (("mol.xyz", "--run", "fit", "--box", "3 3 3 bohr"), "does not fit"),
    "box": (("mol.xyz", "--run", "fit", "--box", "3 bohr"), "is not a box"),
    "window": (("mol.xyz", "--run", "fit", "--window", "2 1"), "is not below"),
    "few": (("mol.xyz", "--run", "fit", "--valence", "0"), "too few"),
    "cubes": (("mol.xyz", "--run", "fit", "--cube", "all"), "unknown level"),
    "warm": (("mol.xyz", "--run", "fit", "--warm", "none"), "none"),
    "all occupied": (("mol.xyz", "--run", "fit", "--occupied", "9999"), "occupied states"),
    "tables": (("mol.xyz", "--potentials", "fit"), "fit"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_line_and_writes_nothing(nnpp, case):
    Path("empty.xyz").write_text("")
    write("crystal.vasp", bulk("CdSe", "zincblende", a=6.05))
    arguments, words = WRONG[case]
    done = nnpp("dot", "levels", *arguments)
    assert done.code == 2
    assert words in done.err
    lines = [line for line in done.err.splitlines() if not line.startswith("note:")]
    assert len(lines) == 1 and lines[0].startswith("nnpp: ")
    assert not list(Path().glob("results/dots/*/levels.csv"))
