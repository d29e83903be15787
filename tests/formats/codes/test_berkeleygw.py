"""Quasiparticle bands of BerkeleyGW: levels, k-points in either unit, damaged files."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.codes.berkeleygw import FORMATS
from nnpp.formats.codes.format import Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import crystal
from nnpp.units import HARTREE_EV
from tests.config.samples import assert_error, spoil
from tests.formats.codes.data.berkeleygw.write import ALAT, K, quasiparticle

DATA = Path(__file__).parent / "data" / "berkeleygw"

CELL = ALAT / 2 * np.array([[-1, 0, 1], [0, 1, 1], [-1, 1, 0]])
SILICON = Hints(crystal=crystal(CELL, [[0, 0, 0], [0.25] * 3], ("Si", "Si")))

BANDSTRUCTURE, EQP = FORMATS


@pytest.fixture
def run(tmp_path) -> Path:
    """A copy of the files, to be spoiled."""
    return Path(shutil.copytree(DATA, tmp_path / "run"))


def read(file: Path, beside: Hints = SILICON) -> ReferenceBands:
    """The bands, by the one format that knows the file."""
    head = file.read_bytes()[:4096].decode("latin-1")
    (known,) = [form for form in FORMATS if form.matches(file.name, head)]
    return known.read(file, beside)


@pytest.mark.parametrize("name", ["bandstructure.dat", "eqp1.dat"])
def test_levels_are_the_quasiparticle_energies(name):
    bands = read(DATA / name)
    expected = np.array([quasiparticle(band) for band in range(2, 7)]).T
    assert np.abs(bands.E * HARTREE_EV - expected).max() < 1e-9
    assert np.allclose(bands.k, K, rtol=0, atol=1e-12 if name == "eqp1.dat" else 2e-5)
    assert (bands.spinor, bands.occupied, bands.fermi, bands.cell) == (None,) * 4
    assert bands.provenance["program"] == "BerkeleyGW"
    assert bands.notes == (f"{name} holds bands 2 to 6 of the calculation",)


def test_special_points_are_met_exactly():
    bands = read(DATA / "bandstructure.dat")
    assert np.array_equal(bands.k[[0, 1, 2, 4]], K[[0, 1, 2, 4]])
    raw = np.loadtxt(DATA / "bandstructure.dat")[:5, 2:5]
    assert np.abs(bands.k @ np.linalg.inv(CELL).T * 2 * np.pi - raw).max() < 1e-5


def test_how_the_quasiparticle_equation_was_solved(run):
    levels = {
        name: read((run / "eqp1.dat").rename(run / name)).provenance["levels"]
        for name in ("eqp0.dat", "eqp1.dat", "eqp.dat")
        if (run / "eqp1.dat").exists() or shutil.copy(DATA / "eqp1.dat", run / "eqp1.dat")
    }
    assert levels == {
        "eqp0.dat": "quasiparticle energies, with Σ at the mean-field energy",
        "eqp1.dat": "quasiparticle energies, with Σ linearised in energy",
        "eqp.dat": "quasiparticle energies",
    }


def test_bands_in_any_order(run):
    rows = (run / "eqp1.dat").read_text().splitlines()
    (run / "eqp1.dat").write_text("\n".join([rows[0], *rows[5:0:-1], *rows[6:]]) + "\n")
    assert np.array_equal(read(run / "eqp1.dat").E, read(DATA / "eqp1.dat").E)
    rows = (run / "bandstructure.dat").read_text().splitlines()
    (run / "bandstructure.dat").write_text("\n".join(rows[:2] + rows[-5:] + rows[2:-5]) + "\n")
    assert np.array_equal(read(run / "bandstructure.dat").E, read(DATA / "bandstructure.dat").E)


def test_cartesian_points_need_the_cell():
    with pytest.raises(InputError) as caught:
        read(DATA / "bandstructure.dat", Hints())
    assert_error(caught.value, "bandstructure.dat", None, "add --structure FILE")
    assert read(DATA / "eqp1.dat", Hints()).E.shape == (5, 5)


TURN = np.array([[np.cos(0.3), np.sin(0.3), 0], [-np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]])


@pytest.mark.parametrize("cell", [CELL @ TURN, 1.01 * CELL, CELL * 2 * np.pi / ALAT, 10 * CELL])
def test_another_cell_is_noticed(cell):
    other = Hints(crystal=crystal(cell, [[0, 0, 0]], ("Si",)))
    with pytest.raises(InputError) as caught:
        read(DATA / "bandstructure.dat", other)
    assert_error(caught.value, "bandstructure.dat", None, "use eqp.dat")


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (lambda rows: rows[:-1], None, "does not hold each band at each k-point"),
        (lambda rows: rows[:-5] + rows[-4:], None, "does not hold each band at each k-point"),
        (lambda rows: rows[:2], None, "holds no levels"),
        (lambda rows: [*rows[:-1], rows[-1][:70]], 27, "has 7 columns, not 8"),
        (lambda rows: [*rows, "     2" + rows[-1][6:]], 28, "levels of two spins"),
        (lambda rows: [*rows[:-1], rows[-1].replace("     6 ", "     0 ")], 27, "below 1"),
        (
            lambda rows: [*rows[:-1], rows[-1].replace("     6 ", "   6.5 ")],
            27,
            "not an integer",
        ),
        (lambda rows: [*rows[:-1], rows[-1][:-15] + "*" * 15], 27, "columns"),
        (lambda rows: [*rows[:-1], rows[-1][:-15] + "            NaN"], 27, "not finite"),
        (lambda rows: [*rows[:-1], rows[-1][:-15] + "    0.000000000"], 27, "is not Delta E"),
        (lambda rows: [row.replace("     6 ", "     8 ") for row in rows], None, "by band 8"),
        (
            lambda rows: [*rows[:-1], rows[-1].replace("0.61240", "0.61300")],
            None,
            "other k-points",
        ),
    ],
)
def test_wrong_band_structures(run, change, line, words):
    file = run / "bandstructure.dat"
    rows = file.read_text().splitlines()
    assert change(rows) != rows
    file.write_text("\n".join(change(rows)) + "\n")
    with pytest.raises(InputError) as caught:
        read(file)
    assert_error(caught.value, "bandstructure.dat", line, words)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("       5\n", "       6\n", 7, "not an integer"),
        ("       5\n", "       0\n", 1, "number of levels"),
        ("       5\n", " 1000000000\n", 1, "announces 1000000000 levels, but 29 follow"),
        ("       5\n", "\n", 1, "number of levels"),
        ("       5\n", "     5.5\n", 1, "is not an integer"),
        ("  0.500000000", "*************", 1, "is not a number"),
        ("  0.500000000", "  nan        ", 1, "not finite"),
        ("       1       3", "       2       3", 3, "levels of two spins"),
        ("       1       6", "       1       7", None, "followed by band 7"),
        ("       1       6", "       1       5", None, "followed by band 5"),
        ("   -1.", "   -x.", 14, "is not a number"),
        ("       1       2", "       0       2", 2, "below 1"),
        ("  0.500000000", " 50.500000000", None, "far outside the cell"),
    ],
)
def test_wrong_levels(run, old, new, line, words):
    spoil(run / "eqp1.dat", old, new)
    if "followed" in words:
        text = (run / "eqp1.dat").read_text().replace(old, new)
        (run / "eqp1.dat").write_text(text)
    with pytest.raises(InputError) as caught:
        EQP.read(run / "eqp1.dat", Hints())
    assert_error(caught.value, "eqp1.dat", line, words)


def test_cut_levels(run):
    rows = (run / "eqp1.dat").read_text().splitlines()
    for left, words in (
        (rows[:-1], "announces 5 levels, but 4 follow"),
        ([], "holds no levels"),
    ):
        (run / "eqp1.dat").write_text("\n".join(left) + "\n")
        with pytest.raises(InputError) as caught:
            EQP.read(run / "eqp1.dat", Hints())
        assert_error(caught.value, "eqp1.dat", 25 if left else None, words)
    (run / "eqp1.dat").write_text("\n".join([*rows[:-6], rows[-6][:-1] + "4", *rows[-5:-1]]))
    with pytest.raises(InputError) as caught:
        EQP.read(run / "eqp1.dat", Hints())
    assert_error(caught.value, "eqp1.dat", None, "k-point 5 has other bands")


@pytest.mark.parametrize("form", FORMATS, ids=["bandstructure", "eqp"])
def test_noise_is_reported_in_one_line(run, form):
    file = run / ("eqp1.dat" if form is EQP else "bandstructure.dat")
    whole, rng = file.read_bytes(), np.random.default_rng(5)
    for _ in range(60):
        raw = bytearray(whole[: rng.integers(1, len(whole))])
        for at in rng.integers(0, len(raw), 4):
            raw[at] = rng.integers(0, 256)
        file.write_bytes(bytes(raw))
        try:
            form.read(file, SILICON)
        except InputError as error:
            assert "\n" not in str(error)
            assert str(file) in str(error)
