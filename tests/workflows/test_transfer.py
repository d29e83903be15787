"""`nnpp transfer`: cases, error bars and coverage of a run; a run without cases is refused."""

import csv
from pathlib import Path

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.runs.outputs import unrecorded
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.loop import MembersStepped
from nnpp.workflows.train.train import Options, run_train
from nnpp.workflows.transfer.transfer import Begun, Done, Row, count_inside, run_transfer
from tests.fitting.samples import SYSTEM, write_fit

LM = "fit: {method: lm, steps: 2, hold_out: 0.25, seed: 3}\n"


def made(folder, members, system=SYSTEM):
    """Return a run after two steps, with an ensemble of `members` members."""
    write_fit(folder / "fit", LM, system=system)
    list(run_init_fit([read_inputs(folder / "fit")], folder / "results", False))
    run = read_inputs(folder / "results" / "fit")
    events = list(run_train([run], Options(members=members)))
    stepped = [(e.step, e.steps) for e in events if isinstance(e, MembersStepped)]
    assert stepped == ([(0, 1), (1, 1)] if members else [])
    return run


@pytest.fixture(autouse=True)
def _undrawn(undrawn):
    """Figures are not drawn."""


def test_error_bars_are_the_spread_of_the_ensemble(tmp_path):
    run = made(tmp_path, 3)
    begun, *rows, done = run_transfer([run], tmp_path / "out", 8)
    assert isinstance(begun, Begun) and isinstance(done, Done)
    assert "levels within one spread, 68 % within" in begun.notes[0]
    assert begun.notes[-1].startswith("error bars are spreads times ")
    assert all(isinstance(row, Row) for row in rows)
    names = [(row.case, row.quantity) for row in rows]
    assert names == [
        ("CdSe +3% volume", "gap at Γ"), ("CdSe -3% volume", "gap at Γ"),
        ("CdSe wurtzite", "gap at Γ"), ("CdSe wurtzite", "A − C"),
    ]  # fmt: skip
    assert all(row.bar is not None and 0 < row.bar < 5 for row in rows)
    assert begun.crystals == len({row.case for row in rows})
    assert done.held.endswith("of 3 error bars contain the expected value")
    assert [row.expected is None for row in rows] == [False, False, False, True]
    assert rows[0].here < rows[1].here, "the gap decreases with volume"
    with Path(done.paths[0]).open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    found = [float(row["nnpp_ev"]) for row in table]
    np.testing.assert_allclose(found, [row.here for row in rows], atol=1e-6)
    assert [row["source"] for row in table] == [row.source for row in rows]
    assert rows[0].source == "computed gap, slope of reference bands by GPAW"
    assert {path.name for path in done.paths} == {
        "transfer.csv", "coverage.png", "coverage.pdf",
    }  # fmt: skip


def test_without_an_ensemble_there_is_no_error_bar(tmp_path):
    begun, *rows, done = run_transfer([made(tmp_path, 0)], tmp_path / "out", 8)
    assert "no ensemble" in begun.notes[0]
    assert [row.bar for row in rows] == [None] * 4
    assert [path.name for path in done.paths] == ["transfer.csv"]
    assert unrecorded(done.paths[0].parent) == []


def test_only_error_bars_with_an_expected_value_are_counted():
    known = [Row("a", "gap", 1.0, 0.1, expected, "") for expected in (1.05, 0.95, 1.2, None)]
    rows = [*known, Row("b", "gap", 1.0, None, 1.0, "")]
    assert count_inside(rows) == "2 of 3 error bars contain the expected value"
    assert count_inside(rows[3:]) == ""


def test_a_run_without_zinc_blende_is_refused(tmp_path):
    longer = SYSTEM.replace("[0.5, 0.5, 0]]", "[0.5, 0.6, 0]]")
    run = made(tmp_path, 0, longer)
    with pytest.raises(InputError, match="no unstrained zinc-blende crystal was fitted"):
        list(run_transfer([run], tmp_path / "out", 8))
    assert not (tmp_path / "out").exists()
