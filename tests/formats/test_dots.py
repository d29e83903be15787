"""Files of dots: what is written is read back; wrong files give one line with their line."""

from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write
from scipy.spatial import KDTree

from nnpp.errors import InputError
from nnpp.formats.dots import FORMATS, format_of, read_dot, write_dot
from nnpp.structures.dots.crystals import built_in_bond
from nnpp.structures.dots.dot import dot
from nnpp.units import BOHR_ANGSTROM
from tests.reference.data import reference

R = np.array([[0, 0, 0], [2.8, 2.8, 2.8], [-2.8, -2.8, 2.8], [4.3, 1.3, 4.4]]) + 0.1
SYMBOLS = ("Cd", "Se", "Se", "P2")
STRAINS = np.array([0.01, -0.02, 0.0, 0.0])

TETRAHEDRON = "3\nCd 0 0 0\nSe 2.8 2.8 2.8\nP1 -1.5 -1.5 1.5\n"


@pytest.mark.parametrize("name", ["a.xyz", "a.extxyz", "conf.par"])
def test_a_dot_with_passivants_is_read_back(tmp_path, name):
    write_dot(tmp_path / name, dot(R, SYMBOLS, STRAINS), format_of(tmp_path / name))
    found = read_dot(tmp_path / name)
    assert found.symbols == SYMBOLS
    np.testing.assert_allclose(found.positions, R, atol=1e-9)
    if not name.endswith("par"):
        np.testing.assert_allclose(np.asarray(found.strains), STRAINS)


@pytest.mark.parametrize("name", ["POSCAR", "a.vasp", "a.cif", "a.json"])
def test_a_dot_of_atoms_is_read_from_other_formats(tmp_path, name):
    of = dot(R[:3], ("Se", "Cd", "Se"))
    if name.startswith(("POSCAR", "a.vasp")):
        assert format_of(tmp_path / name) == "POSCAR"
        write_dot(tmp_path / name, of, "POSCAR")
    else:
        box = Atoms("SeCdSe", R[:3] * BOHR_ANGSTROM, cell=[15] * 3, pbc=True)
        write(tmp_path / name, box)  # two atoms are wrapped to the other side of the cell
    found = read_dot(tmp_path / name)
    order = [found.symbols.index("Cd"), *np.flatnonzero(np.array(found.symbols) == "Se")]
    distances = np.linalg.norm(found.positions[order] - found.positions[order[0]], axis=1)
    assert sorted(distances[1:].tolist()) == pytest.approx(
        sorted(np.linalg.norm(R[:3] - R[1], axis=1)[[0, 2]].tolist()), abs=1e-5
    )


def test_ase_reads_extxyz_with_passivants_as_dummy_atoms(tmp_path):
    write_dot(tmp_path / "a.xyz", dot(R, SYMBOLS, STRAINS), "extxyz")
    atoms = read(tmp_path / "a.xyz")
    assert atoms.get_chemical_symbols() == ["Cd", "Se", "Se", "X"]
    assert atoms.arrays["site"].tolist() == list(SYMBOLS)
    np.testing.assert_allclose(atoms.positions, R * BOHR_ANGSTROM, atol=1e-9)
    assert not atoms.pbc.any()


def test_xyz_of_ase_and_plain_xyz_are_read(tmp_path):
    write(tmp_path / "a.xyz", Atoms("CdSe", [[0, 0, 0], [0, 0, 2.6]]), format="extxyz")
    write(tmp_path / "b.xyz", Atoms("CdSe", [[0, 0, 0], [0, 0, 2.6]]), format="xyz")
    for name in ("a.xyz", "b.xyz"):
        found = read_dot(tmp_path / name)
        assert found.symbols == ("Cd", "Se")
        assert found.positions[1, 2] == pytest.approx(2.6 / BOHR_ANGSTROM)


def test_a_published_dot_is_read_and_counted():
    """Cd39Se39 of wurtzite: 156 occupied states, and as many broken bonds as passivants."""
    found = read_dot(reference("dots/CdSe-2.2nm") / "conf.par")
    assert Counter(found.symbols) == {"Cd": 39, "Se": 39, "P1": 36, "P2": 36}
    assert (found.occupied, found.charge) == (156, 0)
    d = built_in_bond("Cd", "Se", wurtzite=True)
    assert d is not None
    bonds = KDTree(np.asarray(found.positions)[~found.is_passivant]).query_pairs(1.01 * d)
    assert 4 * 78 - 2 * len(bonds) == 72


def test_a_poscar_has_no_passivants(tmp_path):
    with pytest.raises(InputError, match="cannot hold Gaussian passivants"):
        write_dot(tmp_path / "POSCAR", dot(R, SYMBOLS), "POSCAR")
    assert list(tmp_path.iterdir()) == []
    assert set(FORMATS) == {"extxyz", "POSCAR", "conf.par"}


WRONG = [
    ("conf.par", "", ":1: '' is no number of sites"),
    ("conf.par", TETRAHEDRON.replace("3\n", "three\n"), ":1: 'three' is no number of sites"),
    ("conf.par", TETRAHEDRON.replace("3\n", "4\n"), ":1: states 4 sites, but 3 lines follow"),
    ("conf.par", TETRAHEDRON.replace("3\n", "9" * 40 + "\n"), ":1: 9999"),
    ("conf.par", TETRAHEDRON.replace("Se", "Sx"), ":3: unknown symbol 'Sx'"),
    ("conf.par", TETRAHEDRON.replace("-1.5 1.5", "-1.5"), ":4: has 3 columns, not 4"),
    ("conf.par", TETRAHEDRON.replace("2.8", "2.8d0", 1), ":3: '2.8d0' is no finite number"),
    ("conf.par", TETRAHEDRON.replace("-1.5 -1.5 1.5", "2.8 2.8 2.81"), ": sites 2 (Se) and 3"),
    ("a.xyz", "1\nProperties=species:S\nCd 0 0 0\n", ":2: Properties is no list of columns"),
    ("a.xyz", "1\n\nCd 0 0 nan\n", ":3: 'nan' is no finite number"),
    ("a.xyz", "0\n\n", ":1: states 0 sites"),
    ("a.vasp", "x\n1\n3 0 0\n0 3 0\n0 0 3\nCd\n1\ndirect\n0 0 0\n", ": is a crystal"),
]


@pytest.mark.parametrize(("name", "text", "message"), WRONG)
def test_a_wrong_file_gives_one_line(tmp_path, name, text, message):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_dot(tmp_path / name)
    assert f"{name}{message}" in str(error.value) and "; " in str(error.value)
    assert "\n" not in str(error.value)
