"""outputs.json: what is recorded of the files of a run, and which changes are found."""

import json

import pytest

from nnpp.errors import InputError
from nnpp.runs.outputs import (
    NAME,
    differences,
    fingerprint,
    forget,
    read_outputs,
    record,
    refuse_links,
    unrecorded,
    writing,
)
from tests import systems

CDSE, TABLE = systems.cdse(), systems.table()


@pytest.fixture
def run(tmp_path):
    """A run with one file of bands, one of optics, and the metrics of two steps."""
    folder = tmp_path / "run"
    for name in ("zb/bands.csv", "zb/optics.csv", "metrics.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    with writing(folder, "bands", CDSE) as recorded:
        assert recorded([folder / "zb/bands.csv"]) == (folder / "zb/bands.csv",)
    record(folder, [folder / "zb/optics.csv"], "optics", CDSE)
    record(folder, [folder / "metrics.jsonl"], "train")
    return folder


def found(run, potential=CDSE) -> dict[str, str]:
    return dict(differences(run, fingerprint(potential)))


def test_files_are_recorded_with_their_verb(run):
    verbs = {name: one.by for name, one in read_outputs(run).items()}
    names = {"zb/bands.csv": "bands", "zb/optics.csv": "optics", "metrics.jsonl": "train"}
    assert verbs == names
    assert found(run) == {}
    assert unrecorded(run) == []
    (run / "zb" / "mine.txt").touch()
    assert unrecorded(run) == ["zb/mine.txt"]


def test_files_of_another_potential_are_outdated(run):
    said = found(run, TABLE)
    assert set(said) == {"zb/bands.csv", "zb/optics.csv"}
    assert said["zb/optics.csv"] == "is of another potential; use `nnpp optics`, or remove it"
    (run / "zb/optics.csv").unlink()
    assert set(found(run, TABLE)) == {"zb/bands.csv"}
    assert "is missing" in found(run)["zb/optics.csv"]


def test_files_that_a_verb_removed_are_not_listed(run):
    (run / "zb/bands.png").touch()
    record(run, [run / "zb/bands.png"], "bands", CDSE)
    for name in ("zb/bands.png", "zb/optics.csv"):
        (run / name).unlink()
    record(run, [run / "zb/bands.csv"], "bands", CDSE)
    assert set(found(run)) == {"zb/bands.png", "zb/optics.csv"}
    record(run, [run / "zb/bands.csv"], "bands", CDSE, replaces=True)
    assert set(found(run)) == {"zb/optics.csv"}
    forget(run, ["zb/optics.csv"])
    assert set(read_outputs(run)) == {"zb/bands.csv", "metrics.jsonl"}


def test_files_outside_the_run_are_not_recorded(run, tmp_path):
    (tmp_path / "theirs").touch()
    assert record(run, [tmp_path / "theirs"], "export") == (tmp_path / "theirs",)
    assert len(read_outputs(run)) == 3


def test_metrics_grow_and_their_beginning_stays(run):
    metrics = run / "metrics.jsonl"
    metrics.write_text("metrics.jsonl\nmore\n")
    assert found(run) == {}
    metrics.write_text("metrics.json\nmore\n\n")
    assert "has changed" in found(run)["metrics.jsonl"]
    record(run, [metrics], "train")
    assert found(run)["metrics.jsonl"].endswith("written; restore it from a copy")
    forget(run, ["metrics.jsonl"])
    record(run, [metrics], "train")
    assert found(run) == {}


def damaged_lists():
    outside = {"format": "nnpp outputs 1", "files": {"../x": {"sha256": "", "bytes": 1}}}
    return ["", "{}", "[]", "null", json.dumps(outside), '{"files": 3, "sha256": 4}']


@pytest.mark.parametrize("text", damaged_lists())
def test_a_damaged_list_is_refused(run, text):
    (run / NAME).write_text(text)
    with pytest.raises(InputError, match="is no list of outputs, or damaged; restore it, or"):
        read_outputs(run)


def test_a_changed_list_is_refused(run):
    text = (run / NAME).read_text()
    (run / NAME).write_text(text.replace('"by": "optics"', '"by": "report"'))
    with pytest.raises(InputError, match="is no list of outputs"), writing(run, "bands"):
        pass


def test_links_that_leave_the_run_are_refused(run, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (run / "zb/here").symlink_to(run / "zb/bands.csv")
    refuse_links(run)
    for name, target in (("zb/there", tmp_path / "secret"), ("folder", tmp_path)):
        (run / name).symlink_to(target)
        with pytest.raises(InputError, match="is a link that leaves the run; replace it by"):
            refuse_links(run)
        (run / name).unlink()
    (run / "zb/bands.csv").unlink()
    (run / "zb/bands.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match=r"bands\.csv: is a link that leaves the run"):
        found(run)
