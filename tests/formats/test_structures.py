"""Structure files: one crystal from every format; none from a wrong file."""

import re
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

import nnpp
from nnpp.errors import InputError
from nnpp.formats.structures import inline_structure, read_structure, write_structure
from nnpp.structures.crystal import Crystal
from tests.config.samples import VASP, assert_error

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
    assert_error(caught.value, "a.extxyz", None, words)


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
    assert_error(caught.value, name, None, "")


@pytest.mark.parametrize("name", ["POSCAR", "a.cif", "a.extxyz"])
def test_an_at_sign_belongs_to_the_name(tmp_path, name):
    """ASE alone reads `POSCAR` in place of `POSCAR@7.0`."""
    root, dot, suffix = name.partition(".")
    at = f"{root}@7.0{dot}{suffix}" if dot else f"{name}@7.0"
    plain = {"POSCAR": "vasp", "a.cif": "cif", "a.extxyz": "extxyz"}[name]
    write(tmp_path / name, gaas(), format=plain)
    with (tmp_path / "longer").open("w+b" if plain == "cif" else "w+") as file:
        write(file, gaas(cell=2 * FCC), format=plain)
    (tmp_path / "longer").rename(tmp_path / at)
    shorter, longer = (read_structure(tmp_path / n).volume for n in (name, at))
    assert float(longer) == pytest.approx(8 * float(shorter))


def test_written_under_any_name(tmp_path):
    """The name decides neither the format nor a compression."""
    crystal = read_structure_of(gaas(), tmp_path)
    for name in ("POSCAR@1", "POSCAR.gz", "POSCAR"):
        path = write_structure(tmp_path / name, crystal)
        assert path.read_text().startswith("Ga As")


def read_structure_of(atoms: Atoms, folder: Path) -> Crystal:
    write(folder / "a.vasp", atoms)
    return read_structure(folder / "a.vasp")


def test_ase_opens_files_in_one_place():
    names = re.compile(r"from ase\.io import|import ase\.io\b|ase\.io\.(i?read|write)\(")
    found = {
        path.name
        for path in Path(nnpp.__file__).parent.rglob("*.py")
        if names.search(path.read_text())
    }
    assert found == {"ase_files.py", "ase_process.py"}


@pytest.mark.parametrize("seed", range(3))
def test_close_atoms_in_skewed_cells(seed):
    """The distance that is refused is the smallest over all images, counted one by one."""
    rng = np.random.default_rng(seed)
    change = np.array([[1, 3, -2], [0, 1, 4], [0, 0, 1]])
    cell = change @ (rng.uniform(4, 6, 3)[:, None] * np.eye(3) + rng.uniform(-1, 1, (3, 3)))
    fractional = rng.uniform(-2, 2, (6, 3))
    steps = np.array(list(product(range(-24, 25), repeat=3))) @ cell
    between = (fractional[:, None] - fractional) @ cell
    distance = np.array([[np.linalg.norm(d + steps, axis=1) for d in row] for row in between])
    distance[distance < 1e-9] = np.inf
    smallest = distance.min(axis=2)
    cell *= 0.5 / 0.529177210903 / smallest.min()
    atoms = [("Ga", float(x), float(y), float(z)) for x, y, z in fractional]
    inline_structure(1.0001, cell.tolist(), atoms)
    with pytest.raises(InputError, match=r"are 0\.500 Å apart") as caught:
        inline_structure(0.9999, cell.tolist(), atoms)
    a, b = np.unravel_index(np.argmin(smallest), smallest.shape)
    assert f"atoms {min(a, b) + 1} (Ga) and {max(a, b) + 1} (Ga)" in str(caught.value)


def test_ten_thousand_atoms_take_a_second():
    grid = np.stack(np.meshgrid(*[np.arange(20)] * 3), -1).reshape(-1, 3) / 20
    atoms = [("Ga", float(x), float(y), float(z)) for x, y, z in grid]
    start = time.process_time()
    inline_structure(100.0, np.eye(3).tolist(), atoms)
    assert time.process_time() - start < 5
    with pytest.raises(InputError, match="holds 16,000 atoms, more than 10,000"):
        inline_structure(100.0, np.eye(3).tolist(), atoms * 2)


def test_a_folder_and_nothing(tmp_path):
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "none", "no such file")):
        with pytest.raises(InputError, match=words):
            read_structure(path)
