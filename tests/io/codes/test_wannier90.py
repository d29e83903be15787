"""Bands and Hamiltonians of Wannier90, against the levels beneath; damaged ones told."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnpp.crystal.crystal import crystal
from nnpp.errors import InputError
from nnpp.io.codes.format import Beside
from nnpp.io.codes.wannier90 import FORMATS
from nnpp.io.codes.wannier90_hr import Hopping, read_hopping
from nnpp.io.codes.wannier90_wsvec import shared_among_images
from nnpp.io.reference_bands import ReferenceBands
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from tests.io.samples import assert_told, spoil

DATA = Path(__file__).parent / "data" / "wannier90"

MESH = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) / 2
"""The k-points of si.win, in the order of si.eig."""

PRINTED = 2e-5
"""Elements of H are printed to six decimals, and a level is a sum of many [eV]."""

BAND, HR = FORMATS


@pytest.fixture
def run(tmp_path) -> Path:
    """A copy of the run, to be spoiled."""
    return Path(shutil.copytree(DATA, tmp_path / "run"))


def read(file: Path, beside: Beside | None = None) -> ReferenceBands:
    """The bands, by the one format that knows the file."""
    head = file.read_bytes()[:4096].decode("latin-1")
    (known,) = [form for form in FORMATS if form.knows(file.name, head)]
    return known.read(file, beside or Beside())


def drawn() -> np.ndarray:
    """The levels of si_band.dat (k, band) [eV]."""
    return np.loadtxt(DATA / "si_band.dat")[:, 1].reshape(4, -1).T


def test_bands_as_printed():
    bands = read(DATA / "si_band.dat")
    assert bands.E.shape == (22, 4)
    assert np.allclose(bands.E * HARTREE_EV, drawn(), rtol=0, atol=1e-12)
    assert [(i, name) for i, name in enumerate(bands.labels) if name] == [
        (0, "L"),
        (6, "Γ"),
        (13, "X"),
        (14, "K"),
        (21, "Γ"),
    ]
    assert np.array_equal(bands.k[14], [0.375, 0.375, 0.75])
    assert bands.distance[13] == bands.distance[14]
    assert bands.about(bands.crystal) == ()
    assert bands.kpoints(bands.crystal).distance[-1] == pytest.approx(bands.distance[-1])


def test_what_the_input_says():
    bands = read(DATA / "si_band.dat")
    assert bands.crystal.symbols == ("Si", "Si")
    assert float(bands.crystal.volume) == pytest.approx(40.02575 / BOHR_ANGSTROM**3, rel=1e-6)
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    assert (bands.spinor, bands.occupied, bands.fermi) == (False, None, None)
    assert bands.provenance == {
        "program": "Wannier90",
        "version": "3.1.0",
        "num_wann": "4",
        "mp_grid": "2 2 2",
    }
    assert bands.notes == ()


def test_special_points_have_the_levels_of_the_program_beneath():
    eigenvalues = np.loadtxt(DATA / "si.eig")[:, 2].reshape(8, 4)
    bands = read(DATA / "si_band.dat")
    for i, k in ((0, [0.5, 0.5, 0.5]), (6, [0, 0, 0]), (13, [0.5, 0, 0.5])):
        at = int(np.flatnonzero((k == MESH).all(axis=1))[0])
        assert np.allclose(bands.E[i] * HARTREE_EV, eigenvalues[at], rtol=0, atol=1e-6)


@pytest.mark.parametrize("nearest", [False, True])
def test_hamiltonian_has_the_eigenvalues_of_the_mesh(nearest):
    eigenvalues = np.loadtxt(DATA / "si.eig")[:, 2].reshape(8, 4)
    hopping = read_hopping(DATA / "si_hr.dat")
    if nearest:
        hopping = Hopping(*shared_among_images(DATA / "si_wsvec.dat", hopping.R, hopping.H))
    assert np.abs(hopping.levels(MESH) - eigenvalues).max() < PRINTED


def test_hamiltonian_has_the_bands_that_are_drawn():
    hopping = read_hopping(DATA / "si_hr.dat")
    k = read(DATA / "si_band.dat").k
    assert np.abs(hopping.levels(k) - drawn()).max() > 0.1
    nearest = Hopping(*shared_among_images(DATA / "si_wsvec.dat", hopping.R, hopping.H))
    assert np.abs(nearest.levels(k) - drawn()).max() < PRINTED


def test_hamiltonian_along_the_path_asked_for():
    bands = read(DATA / "si_hr.dat", Beside(pieces=(("L", "Γ", "X"),), points=13))
    labelled = {name: i for i, name in enumerate(bands.labels) if name}
    assert list(labelled) == ["L", "Γ", "X"]
    mine = drawn()
    for name, i in (("L", 0), ("Γ", 6), ("X", 13)):
        assert np.abs(bands.E[labelled[name]] * HARTREE_EV - mine[i]).max() < PRINTED
    assert len(read(DATA / "si_hr.dat", Beside(points=30)).E) == pytest.approx(30, abs=4)


def test_without_the_images_a_note(run):
    (run / "si_wsvec.dat").unlink()
    assert "without si_wsvec.dat" in read(run / "si_hr.dat").notes[0]
    assert read(DATA / "si_hr.dat").notes == ()


def test_structure_of_the_output_file(run):
    (run / "si.win").unlink()
    bands = read(run / "si_hr.dat")
    assert np.allclose(bands.crystal.cell, read(DATA / "si_hr.dat").crystal.cell, atol=1e-6)
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    assert (bands.spinor, bands.provenance["version"]) == (None, "3.1.0")


def test_structure_that_the_user_names(run):
    for name in ("si.win", "si.wout"):
        (run / name).unlink()
    assert read(run / "si_band.dat").crystal is None
    with pytest.raises(InputError) as caught:
        read(run / "si_hr.dat")
    assert_told(caught.value, "si_hr.dat", None, "add --structure FILE")
    cell = 2.715 / BOHR_ANGSTROM * np.array([[-1, 0, 1], [0, 1, 1], [-1, 1, 0]])
    named = crystal(cell, [[0, 0, 0], [0.25] * 3], ("Si", "Si"))
    bands = read(run / "si_hr.dat", Beside(crystal=named))
    assert np.array_equal(bands.E, read(DATA / "si_hr.dat").E)
    assert bands.crystal is None


def test_other_units_and_labels(run):
    x = BOHR_ANGSTROM
    spoil(
        run / "si.win",
        "begin atoms_frac\nSi  0.00  0.00  0.00\nSi  0.25  0.25  0.25\nend atoms_frac",
        "Begin Atoms_Cart\nBohr\nsi1 0 0 0d0 ! one\n"
        f"Si_2 {-1.3575 / x} {1.3575 / x} {1.3575 / x}\nend atoms_cart",
    )
    bands = read(run / "si_band.dat")
    assert bands.crystal.symbols == ("Si", "Si")
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    text = (run / "si.win").read_text().replace("ang\n", "bohr\n")
    (run / "si.win").write_text(text)
    assert np.allclose(read(run / "si_band.dat").cell, np.asarray(bands.cell) * x)


@pytest.mark.parametrize(
    ("keyword", "attribute", "value"),
    [
        ("spinors = T", "spinor", True),
        ("SPINORS : .true.", "spinor", True),
        ("spinors false\nnum_elec_per_state = 2", "spinor", False),
        ("fermi_energy = 6.3d0", "fermi", 6.3 / HARTREE_EV),
        ("exclude_bands = 1-3,7", "notes", ("bands 1-3,7 are left out",)),
        (
            "num_bands = 8\ndis_froz_max = 6.4",
            "notes",
            (
                "4 functions from 8 bands: above the frozen window (6.4 eV), the levels are "
                "not those of the program beneath",
            ),
        ),
    ],
)
def test_keywords(run, keyword, attribute, value):
    spoil(run / "si.win", "spinors   = .false.", keyword)
    for name in ("si_band.dat", "si_hr.dat"):
        assert getattr(read(run / name), attribute) == value


def test_projections_in_a_third_column(run):
    rows = (run / "si_band.dat").read_text().splitlines()
    rows = [f"{row}  0.50000000E+00" if row.strip() else row for row in rows]
    (run / "si_band.dat").write_text("\n".join(rows) + "\n")
    assert np.array_equal(read(run / "si_band.dat").E, read(DATA / "si_band.dat").E)


@pytest.mark.parametrize(
    ("file", "old", "new", "told", "line", "words"),
    [
        (
            "si_band.kpt",
            "          22\n",
            "          23\n",
            "si_band.kpt",
            None,
            "announces 23",
        ),
        ("si_band.kpt", "          22\n", "", "si_band.kpt", None, "does not begin with"),
        (
            "si_band.kpt",
            "0.416667    0.416667",
            "0.416667",
            "si_band.kpt",
            3,
            "3 columns, not 4",
        ),
        ("si_band.kpt", "0.333333", "********", "si_band.kpt", 4, "is no number"),
        ("si_band.dat", "-0.32619165E+01", "NaN", "si_band.dat", 1, "not finite"),
        ("si_band.dat", "-0.36465833E+01", "***************", "si_band.dat", 2, "is no number"),
        ("si_band.dat", "0.33403303E+00", "0.33403304E+00", "si_band.dat", None, "k-point 3"),
        ("si_band.dat", " -0.36465833E+01", "", "si_band.dat", 2, "has 1 columns, not 2"),
        (
            "si_band.dat",
            "  0.33403303E+00 -0.42886478E+01\n",
            "",
            "si_band.dat",
            None,
            "87 levels",
        ),
        (
            "si_band.labelinfo.dat",
            "         7 ",
            "         8 ",
            "labelinfo.dat",
            2,
            "not at that",
        ),
        (
            "si_band.labelinfo.dat",
            "         7 ",
            "        99 ",
            "labelinfo.dat",
            2,
            "not at that",
        ),
        ("si_band.labelinfo.dat", "         7 ", "  ", "labelinfo.dat", 2, "5 columns, not 6"),
        ("si.win", "num_wann  = 4", "num_wann  = 5", "si_band.dat", None, "si.win asks for 5"),
        ("si.win", "num_wann  = 4", "num_wann  = four", "si.win", 2, "is no number"),
        ("si.win", "unit_cell_cart", "cell", "si.win", 30, "not open"),
        ("si.win", "end unit_cell_cart", "", "si.win", 32, "before unit_cell_cart ends"),
        ("si.win", "end kpoints", "", "si.win", None, "block kpoints has no end"),
        ("si.win", "ang\n", "nm\n", "si.win", 26, "unknown unit 'nm'"),
        (
            "si.win",
            "-2.7150  0.0000  2.7150",
            "-2.7150  0.0000",
            "si.win",
            27,
            "three coordinates",
        ),
        ("si.win", "-2.7150  2.7150  0.0000\n", "", "si.win", None, "not three vectors"),
        ("si.win", " 0.0000  2.7150  2.7150", "2.715 0 -2.715", "si.win", None, "or flat"),
        ("si.win", "Si  0.25", "Qq  0.25", "si.win", 34, "names no element"),
        ("si.win", "spinors   = .false.", "spinors = no", "si.win", 5, "is not true or false"),
        ("si.win", "spinors ", "num_elec_per_state = 1 ! ", "si.win", None, "of one spin"),
    ],
)
def test_wrong_bands(run, file, old, new, told, line, words):
    spoil(run / file, old, new)
    with pytest.raises(InputError) as caught:
        BAND.read(run / "si_band.dat", Beside())
    assert_told(caught.value, told, line, words)


def test_bands_without_their_points(run):
    (run / "si_band.kpt").unlink()
    with pytest.raises(InputError) as caught:
        read(run / "si_band.dat")
    assert_told(caught.value, "si_band.kpt", None, "no such file")
    with pytest.raises(InputError) as caught:
        BAND.read((run / "si_band.dat").rename(run / "bands.txt"), Beside())
    assert_told(caught.value, "bands.txt", None, "give it back its name")


@pytest.mark.parametrize(
    ("file", "old", "new", "told", "line", "words"),
    [
        (
            "si_hr.dat",
            "           4\n",
            "  1000000000\n",
            "si_hr.dat",
            None,
            "is too short for",
        ),
        (
            "si_hr.dat",
            "          19\n",
            "  1000000000\n",
            "si_hr.dat",
            None,
            "is too short for",
        ),
        (
            "si_hr.dat",
            "           4\n",
            "           0\n",
            "si_hr.dat",
            2,
            "number of functions",
        ),
        (
            "si_hr.dat",
            "           4\n",
            "           3\n",
            "si_hr.dat",
            6,
            "a pair of functions",
        ),
        ("si_hr.dat", "          19\n", "          18\n", "si_hr.dat", None, "18 degeneracies"),
        (
            "si_hr.dat",
            "    6    2    2    6\n",
            "    6    2    6    6\n",
            "si_hr.dat",
            None,
            "adds up to",
        ),
        (
            "si_hr.dat",
            "    6    2    2    6\n",
            "    6    2    0    6\n",
            "si_hr.dat",
            None,
            "above 0",
        ),
        (
            "si_hr.dat",
            "   -1   -1    1    1    1 ",
            "   -1   -1    1    1    2 ",
            "si_hr.dat",
            6,
            "twice",
        ),
        (
            "si_hr.dat",
            "   -1   -1    1    1    1 ",
            "   -1   -1  1.5    1    1 ",
            "si_hr.dat",
            6,
            "cannot",
        ),
        (
            "si_hr.dat",
            "   -1   -1    1    1    1 ",
            "   -1   -1    1 ",
            "si_hr.dat",
            6,
            "5 columns",
        ),
        (
            "si_hr.dat",
            "   -1   -1    1",
            "    1    1   -1",
            "si_hr.dat",
            6,
            "a pair of functions",
        ),
        ("si.win", "num_wann  = 4", "num_wann  = 5", "si_hr.dat", None, "si.win asks for 5"),
        (
            "si_wsvec.dat",
            "   -1   -1    1    1    1\n",
            "    7    7    7    1    1\n",
            "si_wsvec.dat",
            None,
            "same cells",
        ),
        (
            "si_wsvec.dat",
            "   -1   -1    1    1    1\n",
            "   -1   -1    1    1    2\n",
            "si_wsvec.dat",
            None,
            "same cells",
        ),
        (
            "si_wsvec.dat",
            "   -1   -1    1    1    1\n",
            "   -1   -1    1    1\n",
            "wsvec.dat",
            2,
            "4 columns",
        ),
        ("si_wsvec.dat", "    6\n", "    0\n", "si_wsvec.dat", 2, "names 0 images"),
        ("si_wsvec.dat", "    6\n", " 99999\n", "si_wsvec.dat", 2, "names 99999 images"),
        ("si_wsvec.dat", "    6\n", "    5\n", "si_wsvec.dat", 9, "3 columns, not 5"),
        ("si_wsvec.dat", "    6\n", "    *\n", "si_wsvec.dat", 3, "is no number"),
    ],
)
def test_wrong_hamiltonians(run, file, old, new, told, line, words):
    spoil(run / file, old, new)
    with pytest.raises(InputError) as caught:
        HR.read(run / "si_hr.dat", Beside())
    assert_told(caught.value, told, line, words)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (lambda rows: rows[:-1], None, "ends before its last element"),
        (lambda rows: [*rows, rows[-1]], 310, "more elements than it announces"),
        (lambda rows: rows[:3], None, "is too short for the 304"),
        (lambda rows: rows[:1], 1, "number of functions"),
        (lambda rows: [*rows[:3], *rows[5:], *rows[5:7]], 4, "is no whole number"),
        (
            lambda rows: [*rows[:-1], rows[-1][:25] + "    0.100000    0.000000"],
            None,
            "differ by",
        ),
        (
            lambda rows: [*rows[:-1], rows[-1][:25] + "************    0.000000"],
            309,
            "6 columns",
        ),
        (lambda rows: [*rows[:-1], rows[-1][:25] + "         nan    0.000000"], 309, "cannot"),
        (
            lambda rows: [*rows[:-16], *(f"    9{row[5:]}" for row in rows[-16:])],
            None,
            "but not −R",
        ),
        (lambda rows: [*rows[:-16], *rows[5:21]], None, "a cell R twice"),
    ],
)
def test_damaged_hamiltonians(run, change, line, words):
    rows = (run / "si_hr.dat").read_text().splitlines()
    (run / "si_hr.dat").write_text("\n".join(change(rows)) + "\n")
    with pytest.raises(InputError) as caught:
        HR.read(run / "si_hr.dat", Beside())
    assert_told(caught.value, "si_hr.dat", line, words)


def test_cut_images(run):
    text = (run / "si_wsvec.dat").read_text()
    (run / "si_wsvec.dat").write_text(text[: text.rstrip().rfind("\n") + 1])
    with pytest.raises(InputError) as caught:
        read(run / "si_hr.dat")
    assert_told(caught.value, "si_wsvec.dat", None, "ends in the middle")


@pytest.mark.parametrize("name", ["si_hr.dat", "si_wsvec.dat", "si_band.dat", "si.win"])
def test_noise_is_told_in_one_line(run, name):
    rng = np.random.default_rng(3)
    whole = (run / name).read_bytes()
    reads = HR.read if "band" not in name else BAND.read
    file = run / ("si_band.dat" if "band" in name else "si_hr.dat")
    for _ in range(30):
        raw = bytearray(whole[: rng.integers(1, len(whole))])
        for at in rng.integers(0, len(raw), 4):
            raw[at] = rng.integers(0, 256)
        (run / name).write_bytes(bytes(raw))
        try:
            reads(file, Beside(points=4))
        except InputError as error:
            assert "\n" not in str(error)
            assert str(run) in str(error)
