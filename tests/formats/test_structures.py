"""Structure files: one crystal from every format; none from a wrong file."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from nnpp.errors import InputError
from nnpp.formats.structures import inline_structure, read_structure
from tests.config.samples import VASP, assert_told

A = 5.65
FCC = A * np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def gaas(**changed) -> Atoms:
    given = {"cell": FCC, "scaled_positions": [[0, 0, 0], [0.25, 0.25, 0.25]], "pbc": True}
    return Atoms("GaAs", **(given | changed))


@pytest.mark.parametrize("name", ["POSCAR", "a.vasp", "a.cif", "a.extxyz", "a.xsf", "a.json"])
def test_formats_agree(tmp_path, name):
    write(tmp_path / name, gaas())
    crystal = read_structure(tmp_path / name)
    assert crystal.symbols == ("Ga", "As")
    assert float(crystal.volume) == pytest.approx((A / 0.529177210903) ** 3 / 4, rel=1e-9)
    between = np.asarray(crystal.fractional[1] - crystal.fractional[0])
    assert np.allclose(between, 0.25)


def test_inline_is_the_same(tmp_path):
    write(tmp_path / "a.vasp", gaas())
    cell = ((0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0))
    atoms = (("Ga", 0.0, 0.0, 0.0), ("As", 0.25, 0.25, 0.25))
    inline = inline_structure(A / 0.529177210903, cell, atoms)
    assert np.allclose(inline.positions, read_structure(tmp_path / "a.vasp").positions)


@pytest.mark.parametrize(
    ("atoms", "words"),
    [
        (gaas(pbc=[True, True, False]), "not periodic"),
        (
            gaas(pbc=False, cell=None, scaled_positions=None, positions=[[0] * 3, [1] * 3]),
            "cell",
        ),
        (gaas(scaled_positions=[[0, 0, 0], [0.99, 0, 0]]), "apart"),
        (gaas(cell=FCC / 20), "apart"),
        ([gaas(), gaas()], "holds 2 structures"),
        (Atoms("X", cell=FCC, pbc=True), "unknown element 'X'"),
    ],
)
def test_no_crystals(tmp_path, atoms, words):
    write(tmp_path / "a.extxyz", atoms)
    with pytest.raises(InputError) as caught:
        read_structure(tmp_path / "a.extxyz")
    assert_told(caught.value, "a.extxyz", None, words)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.vasp", b""),
        ("a.vasp", b"\x00\x01\x02"),
        ("a.vasp", VASP[:40].encode()),
        ("a.vasp", VASP.replace("0 .5 .5", "0 x .5").encode()),
        ("a.vasp", VASP.replace(".5 .5 0", "nan .5 0").encode()),
        ("a.cif", b"data_x\n_cell_length_a abc\n"),
        ("a.extxyz", b"3\n\nCd 0 0\n"),
        ("a.json", b"{"),
        ("a.traj", b"- of Ulmjunk" + b"\xff" * 60),
        ("a.db", b"SQLite format 3\0" + b"\xff" * 100),
        ("a.unknown", b"what is this"),
    ],
)
def test_corrupt_files(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_structure(tmp_path / name)
    assert_told(caught.value, name, None, "")


def test_a_folder_and_nothing(tmp_path):
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "none", "no such file")):
        with pytest.raises(InputError, match=words):
            read_structure(path)
