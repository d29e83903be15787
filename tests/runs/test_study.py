"""study.json and trials.csv: written, read again, refused if they belong to another fit."""

import csv

import pytest

from nnpp.errors import InputError
from nnpp.runs.study import Study, Trial, read_study, write_study

VALUES = {"potential.envelope.sigma": 2.5, "potential.network.hidden.layers": 2}


def trial(state="finished", *course, **about):
    return Trial(number=0, values=VALUES, state=state, course=course, **about)


STUDY = (
    Study(identity="a")
    .and_then(trial("finished", 9.0, 3.0, training_mev=2.0, seconds=1.5))
    .and_then(trial("pruned", 1.0, training_mev=1.0))
    .and_then(trial("failed", 5.0, why="zb: the loss is inf, alas"))
    .and_then(trial("finished", 4.0, 2.0, training_mev=1.0))
)


def test_what_is_written_is_read(tmp_path):
    write_study(tmp_path, STUDY)
    found = read_study(tmp_path, "a")
    assert found == STUDY
    assert isinstance(found.trials[0].values["potential.network.hidden.layers"], int)
    assert read_study(tmp_path / "none", "b") == Study(identity="b")


def test_trials_are_numbered_as_they_end_and_ranked_by_held_out_error():
    assert [t.number for t in STUDY.trials] == [1, 2, 3, 4]
    assert [t.number for t in STUDY.ranked("finished", "pruned", "failed")] == [2, 4, 1]
    assert STUDY.best is not None
    assert STUDY.best.number == 4, "one that was stopped early is not the best"
    assert Study(identity="a").best is None


def test_a_line_for_each_trial(tmp_path):
    write_study(tmp_path, STUDY)
    with (tmp_path / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["finished", "pruned", "failed", "finished"]
    assert (rows[0]["held_out_mev"], rows[0]["steps"], rows[0]["seconds"]) == (
        "3.0",
        "2",
        "1.5",
    )
    assert rows[2]["why"] == "zb: the loss is inf, alas"
    assert rows[2]["held_out_mev"] == ""
    assert {row["potential.envelope.sigma"] for row in rows} == {"2.5"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"identity": "a", "trials": [{}]}', "\0"])
def test_an_invalid_study_is_refused(tmp_path, text):
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(InputError, match=r"study\.json: is "):
        read_study(tmp_path, "a")


def test_the_study_of_another_fit_is_refused(tmp_path):
    write_study(tmp_path, STUDY)
    with pytest.raises(InputError, match=r"trials of another fit.*--fresh"):
        read_study(tmp_path, "b")
