"""Bands of VASP: the levels written are those read, and damaged files give one line."""

import re
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from nnpp.formats.codes.vasp import FORMATS
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from tests.config.samples import assert_error
from tests.formats.codes.test_espresso import printed

DATA = Path(__file__).parent / "data" / "vasp"
(VASP,) = FORMATS
L, HALF_L, GAMMA, HALF_X, X = PATH = (
    *([0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0, 0, 0]),
    *([0.25, 0, 0.25], [0.5, 0, 0.5]),
)
TWICE = [0, 1, 2, 2, 3, 4]
"""Along two lines, the k-point between them stands twice."""

SCF = ('ICHARG">    11</i>\n   </separator>', 'ICHARG">     0</i>\n   </separator>')
FAR = ("    -10.84274516 ", "     -9.84274516 ")
"""The energy after the last step, far from the one before."""

NELM = 'NELM">    60'


def read(folder: str) -> ReferenceBands:
    """The bands in one of the good files."""
    return VASP.read(DATA / folder / "vasprun.xml", Hints())


@pytest.mark.parametrize(
    ("folder", "levels", "rows", "labels"),
    [
        ("line", "si", TWICE, ("L", "", "Γ", "Γ", "", "X_1")),
        ("opt", "si", TWICE, ("L", "", "Γ", "Γ", "", "X_1")),
        ("hybrid", "si", range(5), ("L", "", "Γ", "", "X")),
        ("spinor", "si_so", range(5), None),
    ],
)
def test_levels_and_names(folder, levels, rows, labels):
    bands, printed_levels = read(folder), printed(f"{levels}.bands.out")
    assert printed_levels.shape[0] == 5
    assert np.abs(bands.E * HARTREE_EV - printed_levels[list(rows)]).max() < 1e-9
    assert np.array_equal(bands.k, np.array(PATH)[list(rows)])
    assert bands.labels == labels
    assert bands.weights is None


@pytest.mark.parametrize(
    ("folder", "spinor", "occupied", "functional"),
    [
        ("line", False, 4, "PBE"),
        ("hybrid", False, 4, "hybrid of PBE, AEXX 0.25, HFSCREEN 0.2"),
        ("spinor", True, 8, "PBE"),
    ],
)
def test_filling_and_origin(folder, spinor, occupied, functional):
    bands = read(folder)
    assert (bands.spinor, bands.occupied) == (spinor, occupied)
    assert bands.provenance["program"] == "VASP"
    assert bands.provenance["version"] == "6.3.2"
    assert bands.provenance["functional"] == functional
    top = bands.E[:, occupied - 1].max()
    assert bands.fermi == pytest.approx(top + 0.2 / HARTREE_EV, abs=1e-6)


def test_crystal_is_silicon():
    bands = read("line")
    assert bands.crystal is not None
    cell = 5.1 * np.array([[-1, 0, 1], [0, 1, 1], [-1, 1, 0]])
    assert np.allclose(bands.crystal.cell, cell, atol=1e-8 / BOHR_ANGSTROM)
    assert np.array_equal(bands.cell, bands.crystal.cell)
    assert np.array_equal(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    assert bands.crystal.symbols == ("Si", "Si")


def test_notes():
    assert read("line").notes == read("spinor").notes == ()
    (note,) = read("hybrid").notes
    assert "zero weight; 3 others are ignored" in note
    assert "KPOINTS_OPT" in read("opt").notes[0]


def test_known_by_its_root():
    head = (DATA / "line" / "vasprun.xml").read_bytes()[:4096].decode("latin-1")
    assert VASP.matches("vasprun_bands.xml", head)
    assert not VASP.matches("vasprun.xml", head.replace("<modeling>", "<model>"))


def changed(folder: Path, *changes: tuple[str, str], good: str = "line") -> Path:
    """A good file with all that equals a first text replaced by a second."""
    text = (DATA / good / "vasprun.xml").read_text(encoding="latin-1")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "vasprun.xml"
    path.write_text(text, encoding="latin-1")
    return path


@pytest.mark.parametrize(
    ("good", "changes", "note"),
    [
        ("line", [('"listgenerated"', '"Monkhorst-Pack"')], "a mesh (Monkhorst-Pack)"),
        (
            "hybrid",
            [("<v>       0.00000000 <", "<v>       0.00100000 <")],
            "weighted like a mesh",
        ),
    ],
)
def test_meshes_are_noted(tmp_path, good, changes, note):
    bands = VASP.read(changed(tmp_path, *changes, good=good), Hints())
    assert note in bands.notes[0]
    assert len(bands.k) > 5


@pytest.mark.parametrize(
    "changes",
    [
        [SCF, (NELM, f"{NELM[:-2]} 4")],
        [SCF, FAR, (NELM, f"{NELM[:-2]} 5")],
        [SCF, FAR, (NELM, f"{NELM[:-2]} 4"), ('name="IALGO">    38', 'name="IALGO">    90')],
        [FAR, (NELM, f"{NELM[:-2]} 4")],
    ],
    ids=["the last step was small", "a step is left", "one diagonalisation", "density kept"],
)
def test_cycles_that_ended_in_time(tmp_path, changes):
    assert np.array_equal(VASP.read(changed(tmp_path, *changes), Hints()).E, read("line").E)


ROW = "    5.0796    1.0000"
ISPIN = 'name="ISPIN">     '
HALF = "<v>       0.25000000       0.00000000       0.25000000 </v>"
TWO = "<v>       0.25000000       0.00000000 </v>"
WEIGHT = "<v>       0.16666667 "
SPIN = re.compile(r'^( +)<set comment="spin 1">\n.*?\n\1</set>\n', re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    ("changes", "at", "words"),
    [
        ([(f"{ISPIN}1", f"{ISPIN}2")], ISPIN, "holds two spins; repeat the run with ISPIN = 1"),
        ([SCF, FAR, (NELM, f"{NELM[:-2]} 4")], NELM[:4], "is not converged"),
        ([("</calculation>", "</calculation><calculation/>")], "</calc", "several ionic steps"),
        ([("<eigenvalues>", "<x>"), ("</eigenvalues>", "</x>")], None, "holds no levels"),
        ([('spin 1">', 'spin 1"></set><set>')], None, "holds no levels"),
        ([("<field>eigene</field>", "<field>occ</field>")], "<field>occ", "first column"),
        ([(ROW, "********* 1.0000")], "*********", "is not a number"),
        ([(ROW, "NaN 1.0000")], "NaN", "is not finite"),
        ([(ROW, "")], "<r> </r>", "is not a number"),
        ([(f"<r>{ROW} </r>", "")], None, "has 8 levels at k-point 2, but 6 at the first"),
        ([('kpoint 6">', 'kpoint 6"></set><set>')], None, "has 0 levels at k-point 6"),
        ([(HALF, "")], None, "has 5 k-points, but levels at 6"),
        ([(HALF, TWO)], TWO, "has 2 numbers, not 3"),
        ([(WEIGHT, f"{WEIGHT}</v><v>0")], None, "has 6 k-points, but 12 weights"),
        ([('NELECT">      8.0', 'NELECT">      7.0')], "NELECT", "half full"),
        ([('NELECT">      8.0', 'NELECT">      8.5')], "NELECT", "number of electrons is 8.5"),
        ([('NELECT">      8.0', 'NELECT">******8.0')], "NELECT", "is not a number"),
        ([('NELECT">      8.0', 'NELECT">     80.0')], "NELECT", "but the file has 8"),
        ([('"efermi">', '"efermi">***')], "efermi", "is not a number"),
        ([("<c>Si</c><c>   1</c>", "")], None, "form no crystal"),
        ([("2.69880378", "0.00000000")], None, "flat"),
        ([("</modeling>", "")], None, "ends in the middle"),
        ([("</calculation>", "")], "</modeling", "is damaged (mismatched tag)"),
        ([("Si 05Jan2001", "Si & \x01")], "PAW_PBE", "is damaged"),
    ],
)
def test_damaged_files(tmp_path, changes, at, words):
    path = changed(tmp_path, *changes)
    text = path.read_text(encoding="latin-1")
    line = at and text.count("\n", 0, text.index(at)) + 1
    with pytest.raises(InputError) as caught:
        VASP.read(path, Hints())
    assert_error(caught.value, path.name, line, words)


@pytest.mark.parametrize("good", ["line", "opt"])
def test_two_sets_of_levels_are_two_spins(tmp_path, good):
    path = changed(tmp_path, good=good)
    text = path.read_text()
    path.write_text(SPIN.sub(lambda found: found[0] * 2, text))
    assert path.read_text() != text
    with pytest.raises(InputError, match="holds two spins"):
        VASP.read(path, Hints())


def test_noncollinear_runs_have_one_spectrum(tmp_path):
    change = (f"{ISPIN}1", f"{ISPIN}2")
    assert VASP.read(changed(tmp_path, change, good="spinor"), Hints()).spinor is True


@pytest.mark.parametrize("left", [0, 10, 4000, 9000, 10000])
def test_cut_files(tmp_path, left):
    path = tmp_path / "vasprun.xml"
    path.write_bytes((DATA / "line" / "vasprun.xml").read_bytes()[:left])
    with pytest.raises(InputError, match=r"vasprun.xml:\d+: ends in the middle"):
        VASP.read(path, Hints())


def test_written_anew_they_are_the_same(tmp_path):
    shutil.copytree(DATA.parent, tmp_path / "data")
    files = sorted((tmp_path / "data" / "vasp").glob("*/vasprun.xml"))
    before = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    runpy.run_path(str(tmp_path / "data" / "vasp" / "written.py"), run_name="__main__")
    assert [file.read_bytes() for file in files] == before
    assert len(files) == 4
