"""`nnpp tune` prints every trial, the best ones, and errors."""

from pathlib import Path

import pytest

from nnpp.workflows.tune import tune
from tests.cli.samples import files, written
from tests.fitting.samples import write_fit
from tests.workflows.bench import FIT, WEIGHED, replace_ray


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A working directory with one fit to be tuned, named `small`."""
    monkeypatch.chdir(tmp_path)
    return write_fit(tmp_path / "small", FIT, system=WEIGHED)


@pytest.mark.usefixtures("undrawn", "small")
def test_a_study_is_printed_within_80_columns(nnpp, monkeypatch):
    replace_ray(monkeypatch, 3.1)
    result = nnpp("tune", "small", "--trials", "7")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "  7 trials of 2 steps, 2 at a time, new" in lines
    assert "    envelope.sigma      1 … 4, by logarithm" in lines
    trials = [line.split() for line in lines if line[:1].isdigit()]
    assert [line[4] for line in trials] == [*["finished"] * 4, "failed", "pruned", "finished"]
    assert trials[3] == ["4", "1.2", "1.2", "2", "finished", "1.0"]
    assert trials[4][1:4] == ["—", "1.2", "0"]
    table = {words[0]: words[1:] for words in (line.split() for line in lines) if words}
    assert table["training/meV"] == ["0.6", "0.65", "0.7", "0.9", "1.35"]
    assert table["envelope.sigma"][:5] == ["2.6", "2.1", "2", "1.6", "4.1"]
    assert (
        "  trial                      4         3        1*         2         7    effect"
        in lines
    )
    assert sorted(written(result.out)) == files("results")


@pytest.mark.usefixtures("undrawn", "small")
def test_a_study_continues_or_starts_again(nnpp, monkeypatch):
    replace_ray(monkeypatch)
    nnpp("tune", "small", "--trials", "2")
    assert (
        "4 trials of 2 steps, 2 at a time, continues after 2"
        in nnpp("tune", "small", "--trials", "4").out
    )
    assert (
        "6 trials of 3 steps, 2 at a time, new"
        in nnpp("tune", "small", "--fresh", "--steps", "3").out
    )


@pytest.mark.usefixtures("small")
def test_errors_are_one_line(refused, monkeypatch):
    monkeypatch.setattr(tune, "find_spec", lambda name: None)
    refused("tune", "small", message="ray is not installed; pip install 'nnpp[tune]'")
    refused("tune", "none", at="none:", message="no such file or folder")
    text = Path("small/fit.yaml").read_text(encoding="utf-8")
    wrong = text.replace("envelope.sigma", "envelope.sgma")
    Path("small/fit.yaml").write_text(wrong, encoding="utf-8")
    refused(
        "tune", "small", at="small/fit.yaml:17:", message="did you mean 'potential.envelope"
    )
