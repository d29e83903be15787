"""`nnpp dot series`: gaps of several spheres, their table, fit and figure."""

import csv
import json
from pathlib import Path

import pytest

from tests.fitting.samples import write_fit
from tests.setup.test_objective import ZUNGER

FOLDER = Path("results/dots/zb-CdSe-series-by-fit")
SERIES = ("dot", "series", "zb-CdSe", "--run", "fit", "--cutoff", "0.6 hartree", "--diameters")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_fit(Path("fit"), "", ZUNGER)


def test_a_series_has_its_table_and_figure_and_is_continued(nnpp):
    done = nnpp(*SERIES, "1.05, 1.06, 1.41 nm")
    assert done.code == 0, done.err
    rows = list(csv.DictReader((FOLDER / "series.csv").read_text().splitlines()))
    assert [(r["atoms"], r["sites"]) for r in rows] == [("29", "65"), ("35", "71")]
    assert (FOLDER / "series.png").stat().st_size > 10_000
    summary = json.loads((FOLDER / "summary.json").read_text())
    assert summary["published"].startswith("Yu")
    (levels,) = Path("results/dots/zb-CdSe-1.05nm-by-fit").glob("*/levels.csv")
    before = levels.stat().st_mtime_ns
    assert nnpp(*SERIES, "1.05, 1.41 nm").code == 0
    assert levels.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1.5 to 6",), "are no diameters"),
        (("6-1.5 nm",), "is no range"),
        (("1.2, 1.5 nm", "--count", "3"), "own number of dots"),
        (("1.5-6 nm", "--count", "1"), "is no range"),
        (("0.2-0.3 nm",), "0.2 nm"),
    ],
)
def test_wrong_input_is_one_line(nnpp, arguments, words):
    done = nnpp(*SERIES, *arguments)
    assert done.code == 2 and words in done.err
    assert len(done.err.strip().splitlines()) == 1
