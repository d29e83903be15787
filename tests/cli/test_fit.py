"""`nnpp fit`, `init-fit` and `train` on a small fit: what they tell and what they leave."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnpp.config.inputs import read_inputs
from nnpp.plotting import movie
from nnpp.runs.metrics import read_metrics
from nnpp.workflows.train.run import read_run
from tests.cli.samples import files, table, tree, without_list, written
from tests.fitting.samples import write_fit
from tests.plotting.undrawn import leave_undrawn


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with one fit to be trained, named `small`, to stand in."""
    monkeypatch.chdir(tmp_path)
    return write_fit(tmp_path / "small")


STAND = ["potential.json", "potential.pdf", "potential.png", "potential.safetensors"]
STAND += ["history.pdf", "history.png", "errors.pdf", "errors.png", "metrics.jsonl"]
STAND += ["run.yaml", "start.json", "start.pdf", "start.png", "start.safetensors"]
STAND += [
    "report.html",
    "summary.json",
    *(f"zb/bands.{s}" for s in ("csv", "h5", "json", "pdf", "png")),
]


def test_a_fit_from_end_to_end(nnpp, small):
    """Every file of a run, the line of each step, the bands of the trained potential."""
    message = nnpp("fit", "small", "--movie", "gif")
    assert (message.code, message.err) == (0, "")
    last = [f"checkpoints/step-0000000{i}.ckpt" for i in (5, 6)]
    film = [f"frames/{i:08d}.npz" for i in range(1, 7)]
    found = [str(Path(p).relative_to("results/small")) for p in files("results")]
    assert sorted(found) == sorted([*STAND, *last, *film, "zb/fit.gif"])
    assert set(written(message.out)) == {
        p for p in files("results") if "checkpoints" not in p and "frames" not in p
        and "metrics" not in p
    }  # fmt: skip
    lines = read_metrics(Path("results/small/metrics.jsonl"))
    assert [line["step"] for line in lines] == [0, 1, 2, 3, 4, 5, 6]
    assert set(lines[0]) == set(lines[6]) == {
        "step", "loss_ev2", "best_ev2", "holdout_ev2", "rms_mev", "holdout_rms_mev", "seconds"
    }  # fmt: skip
    assert lines[-1]["loss_ev2"] < lines[0]["loss_ev2"]
    summary = json.loads(Path("results/small/summary.json").read_text())
    about = summary["systems"]["zb"]
    assert set(about) == {"loss_ev2", "gap_ev", "vbm_ev", "cbm_ev", "rmse_mev", "n_plane_waves"}
    best, held = lines[-1]["best_ev2"], lines[-1]["holdout_ev2"]
    assert summary["loss_ev2"] == pytest.approx(best + held, rel=1e-6)
    _, E = table("results/small/zb/bands.csv")
    _, reference = table("small/reference.csv")
    assert summary["loss_ev2"] == pytest.approx(np.sum((E - reference) ** 2), rel=1e-5)
    (spectrum,) = read_run(read_inputs(Path("results/small"))).objective.sources
    counts = [int((t.weights > 0).sum()) for t in (spectrum.targets[0], spectrum.held[0])]
    rms = [1e3 * np.sqrt(x / n) for x, n in zip((best, held), counts, strict=True)]
    assert [lines[-1][x] for x in ("rms_mev", "holdout_rms_mev")] == pytest.approx(rms)
    of_levels = message.out.partition("RMS error per level")[2].splitlines()[1:3]
    ends = [line.split()[-1] for line in of_levels]
    assert ends == [f"{x:.1f}" for x in rms], "of all levels, fitted and held out"
    stepped = [line.split() for line in message.out.splitlines() if line[:1].isdigit()]
    assert [line[0] for line in stepped] == list("0123456")
    assert float(stepped[-1][1]) == pytest.approx(lines[-1]["rms_mev"], rel=1e-3)
    assert "38 parameters, 32 residuals, new" in message.out
    assert message.out.splitlines()[-1] == "open results/small/report.html"
    page = Path("results/small/report.html").read_text("utf-8")
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', page, re.S)[1])
    drawn = [y for s in charts["bands-0"]["series"][:2] for y in s["y"]]
    assert np.array(drawn).T + about["vbm_ev"] == pytest.approx(E, abs=2e-5)
    assert charts["errors"]["series"][0]["y"][0] == pytest.approx(about["rmse_mev"], rel=1e-5)
    assert charts["history"]["series"][1]["y"][0][-1] == pytest.approx(rms[1], rel=1e-5)
    assert all(f"<td>{end}</td>" in page for end in ends), "the printed errors"
    assert '<a href="zb/bands.csv">' in page and len(page) < 2e6
    film = Path("results/small/zb/fit.gif").read_bytes()
    assert film.startswith(b"GIF89a")
    assert len(film) > 10_000


@pytest.mark.usefixtures("undrawn")
def test_prepared_then_trained_without_a_name(nnpp, small):
    """What is trained is found in results; a second time there is nothing left to do."""
    prepared = nnpp("init-fit", "small")
    assert (prepared.code, prepared.err) == (0, "")
    assert sorted(written(prepared.out)) == files("results")
    assert "learned: nothing to learn: the start is exact" in prepared.out
    trained = nnpp("train", "--steps", "2")
    assert (trained.code, trained.err) == (0, "")
    assert "ended after step 2: all its steps are done" in trained.out
    first = Path("results/small/potential.safetensors").read_bytes()
    again = nnpp("train", "results/small", "--steps", "2")
    assert "continues after step 2" in again.out
    assert Path("results/small/potential.safetensors").read_bytes() == first
    assert nnpp("train", "--fresh", "--steps", "1").code == 0
    assert len(read_metrics(Path("results/small/metrics.jsonl"))) == 2


@pytest.mark.usefixtures("undrawn")
def test_another_method(nnpp, small):
    """The run keeps it; upper case is accepted."""
    message = nnpp("fit", "small", "--method", "LM", "--steps", "1")
    assert (message.code, message.err) == (0, "")
    assert read_inputs(Path("results/small")).spec.fit.method == "lm"
    assert "damping" in read_metrics(Path("results/small/metrics.jsonl"))[0]


@pytest.mark.usefixtures("undrawn")
def test_bands_leave_a_run_as_it_is_fitted(nnpp, refused, small):
    """Other options than those of the fit, and the fit itself beside its own run."""
    nnpp("fit", "small", "--steps", "1")
    before = read_inputs(Path("results/small")).spec
    files = without_list(tree(Path("results")))
    message = nnpp("bands", "results/small", "--cutoff", "3 hartree", "--path", "L G X")
    assert message.code == 0
    after = without_list(tree(Path("results")))
    assert {name: after[name] for name in files} == files
    question = "small/zb/path-L-G-X_cutoff-3-hartree"
    assert all(name.startswith(question) for name in after.keys() - files.keys())
    assert read_inputs(Path("results/small")).spec == before
    assert "continues after step 1" in nnpp("train", "results/small", "--steps", "2").out
    refused("bands", "small", at="results/small:", message="contains a run with its own")


@pytest.mark.usefixtures("undrawn")
def test_trained_anew_by_another_method(nnpp, refused, small):
    """The run says so; what cannot be is refused before anything of the old run goes."""
    nnpp("fit", "small", "--steps", "1")
    for words, at in ((["--members", "1"], "--members:"), (["--by", "foo"], "--by:")):
        refused("fit", "small", "--fresh", *words, at=at, message="")
        refused("train", "--fresh", *words, at=at, message="")
    assert nnpp("train", "--fresh", "--method", "lm", "--steps", "1").code == 0
    assert read_inputs(Path("results/small")).spec.fit.method == "lm"
    Path("results/small/metrics.jsonl").unlink()
    assert "continues after step 1" in nnpp("train", "--steps", "2").out


def test_a_film_of_valence_bands_that_are_not_all_there(nnpp, tmp_path, monkeypatch):
    """They have no top to count from; a film asked for late says what it lacks."""
    monkeypatch.chdir(tmp_path)
    write_fit(tmp_path / "few", n=3, fit="fit: {steps: 1}\n")
    with monkeypatch.context() as hasty:
        hasty.setattr(Figure, "savefig", leave_undrawn)
        assert nnpp("init-fit", "few").code == 0
        assert nnpp("train", "--steps", "1").code == 0
        late = nnpp("train", "--movie", "gif")
    assert "note: no frames of the first 1 steps are stored; --fresh makes all" in late.err
    drawn = nnpp("train", "--fresh", "--movie", "gif")
    assert drawn.code == 0, drawn.err
    assert Path("results/few/zb/fit.gif").stat().st_size > 10_000


REFUSED = [
    (["train"], "results:", "contains no prepared run; use `nnpp init-fit` first"),
    (["train", "small"], "small:", "is not a run; name a folder that `nnpp init-fit` made"),
    (["train", "nowhere"], "nowhere:", "is not a run"),
    (["fit", "nowhere"], "nowhere:", "no such file or folder"),
    (["init-fit", "nowhere"], "nowhere:", "no such file or folder"),
    (["fit", "small", "--movie", "avi"], "--movie:", "choose gif or mp4"),
    (["fit", "small", "--method", "adamm"], "--method:", "did you mean 'adam'?"),
    (["fit", "small", "--out", "small/fit.yaml"], "", "small/fit.yaml: is a file"),
]


@pytest.mark.parametrize(("words", "at", "message"), REFUSED)
def test_refused_before_anything_is_written(refused, small, words, at, message):
    refused(*words, at=at, message=message)


def test_a_film_without_ffmpeg_is_refused_before_anything_is_computed(
    refused, small, monkeypatch
):
    monkeypatch.setattr(movie.FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    message = "install ffmpeg, or choose gif"
    refused("fit", "small", "--movie", "mp4", at="--movie:", message=message)


WRONG = [
    ("learning_rate: 0.01", "learning_rte: 0.01", "did you mean 'learning_rate'?"),
    ("steps: 6", "steps: -6", "greater than or equal to 0"),
    ("hold_out: 0.25", "hold_out: 1.0", "less than 1"),
    ("method: adam", "method: adamm", "did you mean 'adam'?"),
    ("method: adam", "method: adam, options: {b3: 0.5}", "adam has no option 'b3'"),
    ("steps: 6", "steps: 6, annealing: {moves: 2, size: 1, beta: 1, mode: 9}", "equal to 8"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_wrong_settings_of_a_fit(nnpp, small, old, new, message):
    text = Path("small/fit.yaml").read_text(encoding="utf-8")
    assert old in text
    Path("small/fit.yaml").write_text(text.replace(old, new), encoding="utf-8")
    done = nnpp("fit", "small")
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert done.err.startswith("nnpp: ")
    assert "fit.yaml:" in done.err or "run.yaml:" in done.err
    assert message in done.err
    assert not list(Path().rglob("checkpoints"))


def test_nothing_to_train_is_refused(refused, small):
    text = Path("small/fit.yaml").read_text(encoding="utf-8")
    text = text.replace("kind: neural", "kind: neural\n  train: []")
    Path("small/fit.yaml").write_text(text, encoding="utf-8")
    refused(
        "fit",
        "small",
        at="small/fit.yaml:11:",
        message="write local, or the name of a strength",
    )


def test_the_second_fit_is_wrong_and_the_first_not_begun(nnpp, small, tmp_path):
    write_fit(tmp_path / "wrong", fit="fit: {hold_out: 2}\n")
    before = tree(tmp_path)
    done = nnpp("fit", "small", "wrong")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("verb", ["fit", "init-fit", "train"])
def test_help_fits_a_narrow_terminal(nnpp, verb):
    shown = nnpp(verb, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(f"Usage: nnpp {verb}")
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "--fresh" in shown.out
