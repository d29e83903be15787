"""Damaged files of Wannier90 give one line."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from tests.config.samples import assert_error, spoil
from tests.formats.codes.test_wannier90 import BAND, DATA, HR, read


@pytest.fixture
def run(tmp_path) -> Path:
    """A copy of the run, to be spoiled."""
    return Path(shutil.copytree(DATA, tmp_path / "run"))


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "line", "words"),
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
        ("si_band.kpt", "0.333333", "********", "si_band.kpt", 4, "is not a number"),
        ("si_band.dat", "-0.32619165E+01", "NaN", "si_band.dat", 1, "not finite"),
        (
            "si_band.dat",
            "-0.36465833E+01",
            "***************",
            "si_band.dat",
            2,
            "is not a number",
        ),
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
        ("si.win", "num_wann  = 4", "num_wann  = 5", "si_band.dat", None, "si.win has 5"),
        ("si.win", "num_wann  = 4", "num_wann  = four", "si.win", 2, "is not a number"),
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
        (
            "si.win",
            " 0.0000  2.7150  2.7150",
            "2.715 0 -2.715",
            "si.win",
            None,
            "flat, or a number",
        ),
        ("si.win", "Si  0.25", "Qq  0.25", "si.win", 34, "is not an element"),
        ("si.win", "spinors   = .false.", "spinors = no", "si.win", 5, "is not true or false"),
        ("si.win", "spinors ", "num_elec_per_state = 1 ! ", "si.win", None, "of one spin"),
    ],
)
def test_wrong_bands(run, file, old, new, message, line, words):
    spoil(run / file, old, new)
    with pytest.raises(InputError) as caught:
        BAND.read(run / "si_band.dat", Hints())
    assert_error(caught.value, message, line, words)


def test_bands_without_their_points(run):
    (run / "si_band.kpt").unlink()
    with pytest.raises(InputError) as caught:
        read(run / "si_band.dat")
    assert_error(caught.value, "si_band.kpt", None, "no such file")
    with pytest.raises(InputError) as caught:
        BAND.read((run / "si_band.dat").rename(run / "bands.txt"), Hints())
    assert_error(caught.value, "bands.txt", None, "restore its name")


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "line", "words"),
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
            "pair of functions",
        ),
        ("si_hr.dat", "          19\n", "          18\n", "si_hr.dat", None, "18 degeneracies"),
        (
            "si_hr.dat",
            "    6    2    2    6\n",
            "    6    2    6    6\n",
            "si_hr.dat",
            None,
            "the sum of 1/degeneracy",
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
            "repeated",
        ),
        (
            "si_hr.dat",
            "   -1   -1    1    1    1 ",
            "   -1   -1  1.5    1    1 ",
            "si_hr.dat",
            6,
            "impossible",
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
            "pair of functions",
        ),
        ("si.win", "num_wann  = 4", "num_wann  = 5", "si_hr.dat", None, "si.win has 5"),
        (
            "si_wsvec.dat",
            "   -1   -1    1    1    1\n",
            "    7    7    7    1    1\n",
            "si_wsvec.dat",
            None,
            "other cells",
        ),
        (
            "si_wsvec.dat",
            "   -1   -1    1    1    1\n",
            "   -1   -1    1    1    2\n",
            "si_wsvec.dat",
            None,
            "other cells",
        ),
        (
            "si_wsvec.dat",
            "   -1   -1    1    1    1\n",
            "   -1   -1    1    1\n",
            "wsvec.dat",
            2,
            "4 columns",
        ),
        ("si_wsvec.dat", "    6\n", "    0\n", "si_wsvec.dat", 2, "has 0 images"),
        ("si_wsvec.dat", "    6\n", " 99999\n", "si_wsvec.dat", 2, "has 99999 images"),
        ("si_wsvec.dat", "    6\n", "    5\n", "si_wsvec.dat", 9, "3 columns, not 5"),
        ("si_wsvec.dat", "    6\n", "    *\n", "si_wsvec.dat", 3, "is not a number"),
    ],
)
def test_wrong_hamiltonians(run, file, old, new, message, line, words):
    spoil(run / file, old, new)
    with pytest.raises(InputError) as caught:
        HR.read(run / "si_hr.dat", Hints())
    assert_error(caught.value, message, line, words)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (lambda rows: rows[:-1], None, "ends before its last element"),
        (lambda rows: [*rows, rows[-1]], 310, "more elements than it announces"),
        (lambda rows: rows[:3], None, "is too short for the 304"),
        (lambda rows: rows[:1], 1, "number of functions"),
        (lambda rows: [*rows[:3], *rows[5:], *rows[5:7]], 4, "is not an integer"),
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
        (lambda rows: [*rows[:-1], rows[-1][:25] + "         nan    0.000000"], 309, "imposs"),
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
        HR.read(run / "si_hr.dat", Hints())
    assert_error(caught.value, "si_hr.dat", line, words)


def test_cut_images(run):
    text = (run / "si_wsvec.dat").read_text()
    (run / "si_wsvec.dat").write_text(text[: text.rstrip().rfind("\n") + 1])
    with pytest.raises(InputError) as caught:
        read(run / "si_hr.dat")
    assert_error(caught.value, "si_wsvec.dat", None, "ends in the middle")


@pytest.mark.parametrize("name", ["si_hr.dat", "si_wsvec.dat", "si_band.dat", "si.win"])
def test_noise_is_reported_in_one_line(run, name):
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
            reads(file, Hints(points=4))
        except InputError as error:
            assert "\n" not in str(error)
            assert str(run) in str(error)
