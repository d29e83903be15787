"""Bands of pw.x: what it printed is what is read, and damaged files give one line."""

import re
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.codes.espresso import FORMATS
from nnpp.formats.codes.format import Hints
from nnpp.units import HARTREE_EV
from tests.config.samples import assert_error

DATA = Path(__file__).parent / "data" / "espresso"
(ESPRESSO,) = FORMATS
PATH = [[0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0, 0, 0], [0.25, 0, 0.25], [0.5, 0, 0.5]]
"""Halfway points between those of K_POINTS crystal_b in the inputs."""

PRINTED = 5e-5
"""pw.x prints four decimals of an electronvolt."""


def printed(name: str) -> np.ndarray:
    """The levels in the text that pw.x printed [eV]."""
    blocks = re.findall(r"bands \(ev\):\n\n((?:[ \d.-]+\n)+)", (DATA / name).read_text())
    return np.array([[float(word) for word in block.split()] for block in blocks])


@pytest.mark.parametrize(
    ("name", "bands", "spinor", "occupied", "functional"),
    [("si", 8, False, 4, "PZ"), ("si_so", 12, True, 8, "PBE")],
)
def test_levels_are_those_that_pw_printed(name, bands, spinor, occupied, functional):
    read = ESPRESSO.read(DATA / f"{name}.bands.xml", Hints())
    printed_levels = printed(f"{name}.bands.out")
    assert printed_levels.shape == (5, bands)
    assert np.abs(read.E * HARTREE_EV - printed_levels).max() < 1.1 * PRINTED
    assert np.allclose(read.k, PATH, atol=1e-12)
    assert (read.spinor, read.occupied) == (spinor, occupied)
    assert read.fermi == pytest.approx(read.E[:, occupied - 1].max(), abs=1e-12)
    assert read.provenance["version"] == "6.7MaX"
    assert read.provenance["functional"] == functional
    assert (read.labels, read.weights, read.notes) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("si", 5.1 * np.array([[-1, 0, 1], [0, 1, 1], [-1, 1, 0]])),
        ("si_so", np.array([[-5.0, 0.1, 5.1], [0, 5.1, 5.2], [-5.1, 5.3, 0]])),
    ],
)
def test_crystal_is_that_of_the_input(name, cell):
    read = ESPRESSO.read(DATA / f"{name}.bands.xml", Hints())
    assert read.crystal is not None
    assert np.allclose(read.crystal.cell, cell, atol=1e-12)
    assert np.array_equal(read.cell, read.crystal.cell)
    assert np.allclose(read.crystal.fractional, [[0, 0, 0], [0.25] * 3], atol=1e-12)
    assert read.crystal.symbols == ("Si", "Si")


def test_kramers_pairs_of_spinors():
    E = ESPRESSO.read(DATA / "si_so.bands.xml", Hints()).E
    assert np.abs(E[:, ::2] - E[:, 1::2]).max() < 1e-8 < np.abs(E[:, 1:-1:2] - E[:, 2::2]).max()


@pytest.mark.parametrize("name", ["data-file-schema.xml", "si.xml"])
def test_known_by_its_root(name):
    head = (DATA / "si.bands.xml").read_bytes()[:4096].decode("latin-1")
    assert ESPRESSO.matches(name, head)
    assert not ESPRESSO.matches(name, head.replace("<qes:espresso", "<Root"))


def place(text: str, part: str) -> int:
    """Where a part of the file stands: in the output if it does, else at first."""
    after = text.find(part, text.index("<output>"))
    return after if after >= 0 else text.index(part)


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The good file with parts of it replaced."""
    text = (DATA / "si.bands.xml").read_text(encoding="utf-8")
    for old, new in changes:
        i = place(text, old)
        text = text[:i] + new + text[i + len(old) :]
    path = folder / "data-file-schema.xml"
    path.write_text(text, encoding="utf-8")
    return path


SCF = ("<calculation>bands<", "<calculation>scf<")
CONVERGED = (">false</convergence_achieved>", ">true</convergence_achieved>")
LSDA = "<band_structure>\n      <lsda>"
MESH = (
    "<starting_k_points>\n        <nk>5</nk>",
    '<starting_k_points>\n<monkhorst_pack nk1="2" nk2="2" nk3="2" k1="0" k2="0" k3="0">M'
    "</monkhorst_pack>",
)
LEVEL = "-2.781621722200869e-2"
LEVELS = "<npw>180</npw>\n        <eigenvalues"


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ([SCF, CONVERGED], "a mesh, not a path"),
        ([("<calculation>bands<", "<calculation>nscf<"), MESH], "a mesh, not a path"),
    ],
)
def test_meshes_are_noted(tmp_path, changes, note):
    assert note in ESPRESSO.read(changed(tmp_path, *changes), Hints()).notes[0]


@pytest.mark.parametrize(
    ("species", "symbol"),
    [("Si1", "Si"), ("Si_h", "Si"), ("si", "Si"), ("SiA", "Si"), ("C2", "C"), ("OA", "O")],
)
def test_species_are_elements(tmp_path, species, symbol):
    change = ('<atom name="Si"', f'<atom name="{species}"')
    read = ESPRESSO.read(changed(tmp_path, change, change), Hints())
    assert read.crystal is not None
    assert read.crystal.symbols == (symbol, symbol)


def test_a_fermi_energy_stands_in_for_the_top(tmp_path):
    top = ("highestOccupiedLevel>", "other>")
    read = ESPRESSO.read(changed(tmp_path, top, top), Hints())
    assert read.fermi == pytest.approx(0.2034645024674244)


@pytest.mark.parametrize(
    ("changes", "at", "words"),
    [
        ([SCF], "<convergence_achieved>", "is not converged"),
        ([(f"{LSDA}false", f"{LSDA}true")], LSDA, "holds two spins"),
        (
            [(f"{LSDA}false", f"{LSDA}true"), ("<nbnd>8</nbnd>\n      <nelec>", "<nelec>")],
            LSDA,
            "holds two spins",
        ),
        ([(f"{LSDA}false", f"{LSDA}maybe")], LSDA, "lsda is 'maybe'"),
        ([(f"{LSDA}false</lsda>", "<band_structure>")], None, "does not give lsda"),
        ([("<status>0", "<status>255")], "<status>", "the run failed (status 255)"),
        ([("</closed>\n</qes:espresso>\n", "")], "<closed", "ends in the middle"),
        ([("</output>", "<!-- -->")], "</qes:espresso>", "is damaged (mismatched tag)"),
        ([('Units="Hartree atomic units" ', "")], "<qes:espresso", "does not give its units"),
        ([("<calculation>bands<", "<calculation>md<")], "<calculation>", "moves the atoms"),
        ([(LEVEL, "****************")], LEVELS, "is not a number"),
        ([(LEVEL, "NaN")], LEVELS, "not finite"),
        ([(LEVEL, "")], LEVELS, "has 7 levels of 8, but nbnd is 8"),
        ([('<eigenvalues size="8">', '<eigenvalues size="1e9">')], LEVELS, "of 1e9"),
        ([("<nbnd>8", "<nbnd>1000000000")], LEVELS, "nbnd is 1000000000"),
        ([("<nks>5</nks>", "<nks>6</nks>")], "<nks>", "announces 6 k-points"),
        ([("<nks>5</nks>", "")], None, "does not give nks"),
        ([("<nelec>8.000", "<nelec>8.002")], "<nelec>", "number of electrons is 8.002"),
        ([("<nelec>8.000", "<nelec>7.000")], "<nelec>", "half full"),
        ([("<nelec>8.000000000000000e0", "<nelec>80")], "<nelec>", "but the file has 8"),
        ([('<atom name="Si', '<atom name="CD')], "<atom ", "'CD' is not clearly an element"),
        ([('<atom name="Si', '<atom name="X')], "<atom ", "'X' is not clearly an element"),
        ([('alat="1.02', 'alat="0" b="')], "alat=", "alat is 0"),
        ([("<a3>", "<a4>"), ("</a3>", "</a4>")], None, "form no crystal"),
        ([("<?xml", '<!DOCTYPE a [<!ENTITY b "c">]><?xml')], "<!D", "declares a document type"),
        ([('encoding="UTF-8"', 'encoding="klingon"')], "<?xml", "unknown encoding"),
        ([("<output>", "<output>" + "<a>" * 200)], "<output>", "nests elements without end"),
    ],
)
def test_damaged_files(tmp_path, changes, at, words):
    path = changed(tmp_path, *changes)
    text = path.read_text()
    line = at and text.count("\n", 0, place(text, at) + len(at)) + 1
    with pytest.raises(InputError) as caught:
        ESPRESSO.read(path, Hints())
    assert_error(caught.value, path.name, line, words)


@pytest.mark.parametrize("left", [0, 100, 5000, 20000, 31900])
def test_cut_files(tmp_path, left):
    path = tmp_path / "si.xml"
    path.write_bytes((DATA / "si.bands.xml").read_bytes()[:left])
    with pytest.raises(InputError, match="ends in the middle"):
        ESPRESSO.read(path, Hints())


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        ESPRESSO.read(tmp_path / "si.xml", Hints())
    with pytest.raises(InputError, match="is a folder"):
        ESPRESSO.read(tmp_path, Hints())


@pytest.mark.parametrize(
    ("text", "words"),
    [("<a b='{}'/>", "a tag without end"), ("<a>{}</a>", "an element without end")],
)
def test_nothing_grows_without_end(tmp_path, text, words):
    path = tmp_path / "si.xml"
    path.write_text(text.format("0123456 " * 2_000_000))
    with pytest.raises(InputError, match=words):
        ESPRESSO.read(path, Hints())
