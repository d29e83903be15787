"""A run folder that is removed, renamed or replaced during training is not written again."""

import shutil
from pathlib import Path

import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.runs.lock import held
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.loop import Stepped
from nnpp.workflows.train.train import Options, run_train
from tests.cli.samples import tree
from tests.faults.test_together import ZUNGER
from tests.fitting.samples import write_fit

RUN = Path("results/fit")
ADAM = "fit: {method: adam, steps: 8, learning_rate: 0.003}\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a run that is ready to be trained."""
    place = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        write_fit(place / "fit", ADAM, ZUNGER)
        list(run_init_fit([read_inputs(Path("fit"))], Path("results")))
    return place


def removed() -> None:
    shutil.rmtree(RUN)


def renamed() -> None:
    RUN.rename("results/old")


def replaced() -> None:
    """By a copy that a second trainer could lock."""
    renamed()
    shutil.copytree("results/old", RUN)


def renamed_above() -> None:
    Path("results").rename("old")


def without_lock() -> None:
    (RUN / "lock").unlink()


CHANGES = {
    removed: "was removed, renamed or replaced",
    renamed: "was removed, renamed or replaced",
    replaced: "was removed, renamed or replaced",
    renamed_above: "was removed, renamed or replaced",
    without_lock: "lost its lock file",
}


@pytest.mark.parametrize("change", CHANGES)
def test_training_stops_before_the_next_save(change, prepared, tmp_path, monkeypatch, undrawn):
    shutil.copytree(prepared, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    events = run_train([read_inputs(RUN)], Options())
    for event in events:
        if isinstance(event, Stepped) and event.step == 2:
            break
    change()
    before = tree(tmp_path)
    with pytest.raises(InputError, match=CHANGES[change]) as caught:
        list(events)
    assert str(caught.value).startswith("results/fit: ")
    after = tree(tmp_path)
    gone = before.keys() - after.keys()
    assert not after.keys() - before.keys()
    assert all(after[name] == before[name] for name in after)
    assert not gone or change is without_lock


@pytest.mark.parametrize("change", [removed, renamed])
def test_a_check_between_two_writes(change, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with held(RUN) as lock:
        lock.require()
        change()
        with (
            held(RUN) as second,
            pytest.raises(InputError, match="removed, renamed or replaced"),
        ):
            second.require()
            lock.require()
