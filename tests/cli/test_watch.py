"""`nnpp watch` reads a run of another process, waits for its steps, and writes nothing."""

import json
import os
import socket
from pathlib import Path

import pytest

from nnpp.cli.live import LETTERS
from nnpp.errors import InputError
from nnpp.runs.lock import held
from nnpp.runs.metrics import append
from nnpp.workflows.watch import look, run_watch
from tests.cli.samples import tree
from tests.cli.terminal import shown

RUN = """\
configuration:
  systems: [{name: zb, cutoff: 3 hartree, structure: zb.vasp}]
  potential: {kind: zunger, elements: {Si: {local: [1, 1, 1, 1]}}}
  fit: {steps: 40}
"""


def step(i: int) -> dict:
    rms = 100.0 * 0.8**i
    more = {"rms_mev": rms, "holdout_rms_mev": 1.2 * rms, "best_ev2": rms}
    return {"step": i, "seconds": 30.0 + 2 * i} | more


@pytest.fixture
def run(tmp_path) -> Path:
    """A run with 20 steps, whose process has ended."""
    folder = tmp_path / "si"
    for i in range(21):
        append(folder / "metrics.jsonl", step(i))
    (folder / "run.yaml").write_text(RUN)
    return folder


def test_a_run_is_seen_as_it_is(run):
    seen = look(run)
    assert (seen.name, seen.steps, seen.user, seen.unit) == ("si", 40, "", "meV")
    assert seen.pace == 2.0 and seen.left is None
    assert list(seen.curves) == ["fitted", "held out"]
    assert seen.curves["held out"][1][-1] == pytest.approx(120 * 0.8**20)
    with held(run, 40):
        assert look(run).left == 40.0
        assert f"process {os.getpid()}" in look(run).user


def test_it_ends_with_the_process(run, tmp_path):
    lock, waits = run / "lock", []
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": "today"}
    lock.write_text(json.dumps(owner))

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            append(run / "metrics.jsonl", step(21))
        if len(waits) == 3:
            lock.write_text(json.dumps(owner | {"pid": 2**22 + 1}))  # it was killed

    steps = [seen.records[-1]["step"] for seen in run_watch(run, sleep)]
    assert steps[:3] == [20, 20, 21]
    assert len(waits) == 5


def test_the_first_step_is_awaited(tmp_path):
    folder, seen = tmp_path / "new", []
    folder.mkdir()
    (folder / "run.yaml").write_text(RUN)

    def sleep(_: float) -> None:
        if len(seen) == 4:
            append(folder / "metrics.jsonl", step(0))

    seen.extend(one for one in run_watch(folder, sleep) if seen.append(one))
    assert [len(one.records) for one in seen] == [0, 0, 0, 0, 1]


def test_nothing_is_written(run, nnpp):
    before = tree(run)
    shows = nnpp("watch", run, "--once")
    assert (shows.code, shows.err) == (0, "")
    assert "si: step 20 of 40, RMS error per level [meV]: fitted —, held out ┄" in shows.out
    assert "fitted 1.153 meV, held out 1.384 meV" in shows.out
    assert "no process uses it" in shows.out
    assert tree(run) == before


@pytest.mark.parametrize("columns", [80, 40])
def test_lines_fit_into_the_terminal(run, columns):
    done = shown("watch", run, folder=run.parent, columns=columns)
    assert done.code == 0, done.text
    assert max(map(len, done.lines)) <= columns
    assert len(done.lines) > 15


def test_nothing_is_redrawn_in_a_dumb_terminal(run):
    done = shown("watch", run, folder=run.parent, TERM="dumb")
    assert done.code == 0 and "\x1b" not in "".join(text for _, text in done.chunks)


def test_ascii_without_unicode(run, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = shown("watch", run, "--once", folder=run.parent)
    assert done.text.isascii() and "*" in done.text and "o" in done.text
    assert not any(letter in done.text for letter in LETTERS[True][0])


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        next(run_watch(tmp_path / "none"))


def test_a_folder_that_is_no_run_is_not_awaited(run, tmp_path):
    """A run is recognised by its settings, its steps, or the process that uses it."""
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="contains no run"):
        next(run_watch(empty))
    with pytest.raises(InputError, match="name one of: si"):
        next(run_watch(tmp_path))
    with held(empty):
        assert next(run_watch(empty)).records == []


@pytest.mark.parametrize(("steps", "left"), [(25, 10.0), (None, None)])
def test_the_steps_are_those_of_the_process(run, steps, left):
    """`nnpp train --steps` differs from run.yaml; another process does not train."""
    with held(run, steps):
        assert (look(run).steps, look(run).left) == (steps, left)
    assert look(run).steps == 40
