"""`nnpp.fit`: the same run as the command, with a callback, resumed after a stop."""

from pathlib import Path

import numpy as np
import pytest

import nnpp
from nnpp.errors import InputError
from nnpp.runs.metrics import read_metrics
from nnpp.workflows.python.progress import Bar
from tests.fitting.samples import write_fit

LM = "fit: {method: lm, steps: 3}\n"


@pytest.fixture
def here(tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    write_fit(tmp_path / "fit", LM)


def test_a_fit_continues_after_errors_and_stops(here, capsys):
    seen = []

    def fail(step, metrics):
        raise RuntimeError("mine")

    def one(step, metrics):
        seen.append((step, metrics["rms_mev"]))
        return step == 2

    with pytest.raises(RuntimeError, match="mine"):
        nnpp.fit("fit", fail)
    first = nnpp.fit("fit", one, progress=True)
    assert [step for step, _ in seen] == [2], "step 1 was saved, and the lock released"
    assert "2/3" in capsys.readouterr().err
    assert not Path("results/fit/potential.safetensors").exists()
    assert np.isfinite(np.asarray(first.potential.local(np.linspace(0.0, 3.0, 4)))).all()
    p = nnpp.fit("fit", one)
    assert [step for step, _ in seen] == [2, 3]
    lines = read_metrics(Path("results/fit/metrics.jsonl"))
    assert [(x["step"], x["rms_mev"]) for x in lines[2:]] == seen
    assert Path("results/fit/zb/bands.png").is_file()
    assert p.bands().gap.ev == pytest.approx(nnpp.load("results/fit").bands("zb").gap.ev)
    assert capsys.readouterr().err == "", "no bar without a person"


def test_errors_are_one_line_in_notebooks(here):
    with pytest.raises(InputError) as caught:
        nnpp.fit("nowhere")
    (line,) = caught.value._render_traceback_()
    assert line.startswith("nnpp: nowhere: no such file or folder; ")
    assert "\n" not in line


def test_a_bar_as_text(capsys, monkeypatch):
    monkeypatch.setattr("nnpp.workflows.python.progress.find_spec", lambda name: None)
    bar = Bar("zb", 0, 4)
    bar.step(2, {"rms_mev": 12.352, "holdout_rms_mev": 20.0})
    bar.close()
    last = capsys.readouterr().err.rstrip("\n").split("\r")[-1]
    assert "█" * 12 + "░" * 12 + " 2/4" in last
    assert "fitted 12.35 meV, held out 20 meV" in last
