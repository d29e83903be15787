"""Optuna proposes trials and Ray runs them in parallel; skipped without the extra `tune`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.tuning import EDGES, TABLE
from nnpp.runs.study import Study, Trial
from tests.cli.samples import written
from tests.fitting.samples import write_fit
from tests.workflows.test_space import SIGMA

for library in ("ray", "optuna"):
    pytest.importorskip(library, reason="needs the extra `tune`")

SPACE = "{potential.envelope.sigma: [1.0, 4.0], systems.weights.edges: [1, 100]}"
FIT = f"fit: {{method: lm, steps: 2, hold_out: 0.25}}\ntune: {{space: {SPACE}}}\n"
FILES = ["best.yaml", "study.json", "trials.csv", "tune.pdf", "tune.png"]
ALONE = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "OPENBLAS_NUM_THREADS")}


@pytest.fixture
def fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return read_inputs(write_fit(tmp_path / "fit", FIT))


def test_proposals_are_in_the_space_and_start_with_the_fit(fit):
    """The same trials give the same proposal, and one trial more gives another."""
    from nnpp.workflows.tune.ray_executor import Plan, proposals

    values = {key: d.nearest(d.words[0] if d.words else d.low) for key, d in TABLE.items()}
    plan = Plan(fit, TABLE, values, trials=9, at_once=1, scratch=Path("ray"))
    assert proposals(plan, Study(identity="a")).suggest("1") == values
    study, seen = Study(identity="a"), [values]
    for error in (3.0, 2.0, 1.0):
        one = Trial(number=0, values=seen[-1], state="finished", course=(error,))
        study = study.and_then(one)
        proposed, again = (proposals(plan, study).suggest("1") for _ in range(2))
        assert proposed == again
        assert proposed not in seen
        assert set(proposed) == set(TABLE)
        for key, d in TABLE.items():
            assert proposed[key] in d.words or d.low <= proposed[key] <= d.high
        seen.append({key: d.nearest(proposed[key]) for key, d in TABLE.items()})


def command(*words, until=None):
    """Run `nnpp tune fit` in a process; send SIGTERM once a line begins with `until`."""
    line = [sys.executable, "-m", "nnpp.cli.app", "tune", "fit", *words]
    with Path("out").open("w") as out, Path("err").open("w") as err:
        process = subprocess.Popen(line, stdout=out, stderr=err, env=ALONE)
        while until and process.poll() is None and f"\n{until} " not in Path("out").read_text():
            time.sleep(0.1)
        if until:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=300)
    return process.returncode, Path("out").read_text(), Path("err").read_text()


@pytest.mark.slow
def test_a_signal_stops_ray_and_keeps_finished_trials(fit):
    """The next call prints them, and does not start Ray if no trial is missing."""
    code, _, err = command("--trials", "4", until="1")
    assert code == 75, err
    assert "SIGTERM: stopping; running trials are discarded" in err
    study = Path("results/fit/tune/study.json")
    first = Study.model_validate_json(study.read_bytes())
    assert 1 <= len(first.trials) < 4
    assert f"stopped; {len(first.trials)} trials are saved, start it again to continue" in err
    assert {trial.state for trial in first.trials} == {"finished"}
    assert all(1.0 <= trial.values[SIGMA] <= 4.0 for trial in first.trials)
    assert {EDGES, SIGMA} == set(first.trials[0].values)
    code, out, err = command("--trials", str(len(first.trials)))
    assert (code, err) == (0, "")
    assert Study.model_validate_json(study.read_bytes()) == first
    assert sorted(p.name for p in Path("results/fit/tune").iterdir()) == FILES
    assert sorted(Path(p).name for p in written(out)) == FILES
    assert max(map(len, out.splitlines())) <= 80
