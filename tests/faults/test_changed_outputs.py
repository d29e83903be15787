"""Files of a run that are changed, missing, outdated or links: each is found by its name."""

import json
import os
import re
import shutil
import socket
from pathlib import Path

import jax
import pytest
from matplotlib.figure import Figure

from nnpp.config.inputs import read_inputs
from nnpp.formats.model import read_model, write_model
from nnpp.runs.folder import RunFolder
from nnpp.runs.lock import held
from nnpp.runs.outputs import differences, fingerprint, read_outputs, record, unrecorded
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.fits.read import read_fits
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.loop import Stopped
from nnpp.workflows.train.train import Options, run_train
from nnpp.workflows.verify.metrics import of_metrics
from tests.cli.conftest import nnpp, refused  # noqa: F401 -- fixtures
from tests.faults.test_together import ZUNGER
from tests.fitting.samples import write_fit
from tests.plotting.undrawn import leave_undrawn

RUN = Path("results/fit")
ADAM = "fit: {method: adam, steps: 2, learning_rate: 0.003}\n"


def train(**options) -> None:
    list(run_train([read_inputs(RUN)], Options(**options)))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small run into which many verbs have written."""
    place = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(Figure, "savefig", leave_undrawn)
        write_fit(place / "fit", ADAM, ZUNGER)
        list(run_init_fit([read_inputs(Path("fit"))], Path("results")))
        train()
        for choices in (Choices(plot=True), Choices(path="G X", points=3)):
            list(run_bands(read_fits([RUN], choices), Path("results"), choices))
    return place


@pytest.fixture
def run(made, tmp_path, monkeypatch):
    """Return a copy of the run, in the current folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return RUN


def found() -> dict[str, str]:
    """The names of the files that differ, and how."""
    return dict(differences(RUN, fingerprint(read_model(RUN).potential)))


def wrong(done) -> set[str]:
    """What `nnpp verify` said is wrong."""
    return {line.split(": ")[1] for line in done.err.splitlines()}


def test_every_file_of_a_run_is_recorded(run):
    assert unrecorded(run) == []
    verbs = {one.by for one in read_outputs(run).values()}
    assert verbs == {"init-fit", "train", "bands"}
    assert found() == {}
    files = [p for p in run.rglob("*") if p.is_file() and p.parent.name != "checkpoints"]
    assert len(files) == len(read_outputs(run)) + 1  # the list itself


def flipped(raw: bytes) -> bytes:
    """One bit in the middle is another."""
    half = len(raw) // 2
    return raw[:half] + bytes([raw[half] ^ 1]) + raw[half + 1 :]


VARIANTS = {
    "flipped": flipped,
    "first": lambda raw: bytes([raw[0] ^ 1]) + raw[1:],
    "cut": lambda raw: raw[:-1],
    "empty": lambda raw: b"",
    "longer": lambda raw: raw + b"\n",
    "zeros": lambda raw: bytes(len(raw)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_any_change_of_any_file_is_found(run, variant):
    names = set(read_outputs(run)) - {"potential.safetensors", "potential.json"}
    if variant == "longer":  # a training that has not ended appends to it
        names -= {"metrics.jsonl"}
    assert len(names) > 20
    potential = fingerprint(read_model(run).potential)
    for name in names:
        raw = (run / name).read_bytes()
        (run / name).write_bytes(VARIANTS[variant](raw))
        ((other, why),) = differences(run, potential)
        assert (other, "has changed since it was written" in why) == (name, True)
        (run / name).unlink()
        ((other, why),) = differences(run, potential)
        assert (other, "is missing" in why) == (name, True)
        (run / name).write_bytes(raw)


def changed(name: str, old: str, new: str) -> None:
    """Replace a text that is in a file."""
    text = (RUN / name).read_text("utf-8")
    assert old in text
    (RUN / name).write_text(text.replace(old, new, 1), "utf-8")


def test_verify_and_package_refuse_changed_files(run, nnpp, refused):  # noqa: F811
    assert nnpp("verify", run).code == 0
    changed("zb/bands.csv", "0.5", "0.4")
    changed("zb/path-G-X_points-3/bands.csv", "0.5", "0.4")
    changed("summary.json", '"gap_ev": ', '"gap_ev": 1')
    changed("metrics.jsonl", '"step": 1', '"step": 4')
    changed("run.yaml", "adam", "lion")
    done = nnpp("verify", run)
    assert done.code == 1
    assert wrong(done) == {
        *("zb", "zb/path-G-X_points-3", "zb/bands.csv", "zb/path-G-X_points-3/bands.csv"),
        *("summary.json", "metrics.jsonl", "run.yaml"),
    }
    for verb in ("card", "package"):
        assert "use `nnpp" in refused(verb, run, message="is not valid: ", at=f"{RUN}: ")


def test_numbers_are_compared_also_without_a_list(run, nnpp):  # noqa: F811
    """A run of an earlier version: tables are made again from bands.h5."""
    (run / "outputs.json").unlink()
    done = nnpp("verify", run)
    assert (done.code, wrong(done)) == (1, {"outputs.json"})
    assert "is missing, although run.yaml names it; restore it, or use `nnpp" in done.err
    changed("run.yaml", "outputs: outputs.json\n", "")
    done = nnpp("verify", run)
    assert done.code == 0
    assert "not recorded by the version that made the run: not checked" in done.out
    changed("zb/bands.csv", "0.5", "0.4")
    changed("summary.json", '"vbm_ev": ', '"vbm_ev": 1')
    assert wrong(nnpp("verify", run)) == {"zb"}


def test_bands_written_again_are_right(run, undrawn):
    for name in ("zb/bands.csv", "zb/bands.json", "summary.json", "zb/bands.png"):
        (run / name).write_text("0")
    assert len(found()) == 4
    list(run_bands([read_inputs(run)], Path("results"), Choices(plot=True)))
    assert found() == {}


def test_a_missing_figure_stays_listed(run, undrawn):
    """Bands without `--plot` replace no figure."""
    (run / "zb/bands.png").unlink()
    list(run_bands([read_inputs(run)], Path("results"), Choices()))
    assert list(found()) == ["zb/bands.png"]


def test_results_of_an_earlier_potential_are_outdated(run):
    model = read_model(run)
    other = jax.tree.map(lambda x: x + 0.01, model.potential)
    record(run, write_model(run / "potential", other, model.about), "train", other)
    said = found()
    question = {f"zb/path-G-X_points-3/bands.{x}" for x in ("csv", "h5", "json")}
    assert {"zb/bands.csv", "summary.json", "history.png"} | question <= set(said)
    assert not {"run.yaml", "metrics.jsonl", "start.png", "potential.json"} & set(said)
    assert all("is of another potential" in why for why in said.values())


def test_a_change_of_metrics_is_not_hidden_by_more_training(run, undrawn):
    """Lines that a training appends are accepted; those before it stay as they were."""
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "loss_ev2": 1.0}\n')
    assert found() == {}
    changed("metrics.jsonl", '"step": 1, ', '"step": 1,  ')
    train(steps=3)
    assert "has changed" in found()["metrics.jsonl"]
    train(fresh=True, steps=1)
    assert "metrics.jsonl" not in found()


def test_a_run_that_continues_from_an_earlier_step(run, undrawn):
    """Its metrics are cut, and what is left of them is recorded."""
    sorted((run / "checkpoints").glob("*.ckpt"))[-1].unlink()
    fit = RunFolder(run).resume(read_model(run / "start.safetensors").about["identity"])
    assert fit.checkpoint is not None and fit.checkpoint.step == 1
    assert found() == {}
    train()
    assert "metrics.jsonl" in read_outputs(run)
    assert found() == {}


def test_links_that_leave_a_run(run, nnpp, refused, tmp_path):  # noqa: F811
    """What they name is neither read nor packed."""
    (tmp_path / "secret").write_text("secret")
    for name, target in (("zb/bands.csv", "secret"), ("errors.png", "secret"), ("more", "fit")):
        (run / name).rename("kept") if (run / name).exists() else None
        (run / name).symlink_to(tmp_path / target)
        for verb in ("verify", "package"):
            refused(verb, run, message="is a link that leaves the run", at=f"{run / name}: ")
        (run / name).unlink()
        Path("kept").rename(run / name) if Path("kept").exists() else None
    (run / "zb").rename("elsewhere")
    (run / "zb").symlink_to(tmp_path / "elsewhere")
    refused("bands", run, message="is a link that leaves the run", at=f"{run / 'zb'}: ")
    (run / "zb").unlink()
    Path("elsewhere").rename(run / "zb")
    (run / "again.csv").symlink_to("zb/bands.csv")
    assert nnpp("verify", run).code == 0


@pytest.mark.parametrize("verb", ["verify", "bands", "export"])
def test_a_damaged_list_stops_a_verb_before_it_writes(run, refused, verb):  # noqa: F811
    changed("outputs.json", '"by": "bands"', '"by": "optics"')
    refused(verb, run, message="is no list of outputs, or damaged", at=f"{RUN}/outputs.json: ")


def test_no_remedy_removes_the_training(run):
    """What a changed run.yaml and changed metrics need is a copy, not `--fresh`."""
    changed("metrics.jsonl", '"step": 1', '"step": 4')
    changed("run.yaml", "adam", "lion")
    said = found()
    assert set(said) == {"run.yaml", "metrics.jsonl"}
    assert all("restore it from a copy" in why and "fresh" not in why for why in said.values())


def test_a_potential_of_another_configuration_is_found(run, nnpp, undrawn):  # noqa: F811
    """The potential stays when a run is prepared again with an edited run.yaml."""
    changed("run.yaml", "learning_rate: 0.003", "learning_rate: 0.002")
    list(run_init_fit([read_inputs(RUN)], Path("results"), fresh=True))
    done = nnpp("verify", run)
    assert (done.code, "fit of the potential" in wrong(done)) == (1, True)
    assert "its potential is that of an earlier fit; restore run.yaml" in done.err


ADDED = {
    "a step beyond the checkpoint": (
        '{"step": 3, "loss_ev2": 1.0}\n',
        "step 3 has no checkpoint",
    ),
    "a step again": ('{"step": 2, "loss_ev2": 1.0}\n', "do not increase"),
    "no metrics": ("mine\n", "last line is broken"),
    "no line end": ('{"step": 3}', "last line is broken"),
}


@pytest.mark.parametrize("name", ADDED)
def test_lines_added_to_the_metrics_of_a_finished_run(run, refused, name):  # noqa: F811
    line, why = ADDED[name]
    with (run / "metrics.jsonl").open("a") as file:
        file.write(line)
    (one,) = of_metrics(run)
    assert (one.what, why in one.wrong) == ("metrics.jsonl", True)
    if name == "a step beyond the checkpoint":
        refused("package", run, message=f"metrics.jsonl: {why}", at=str(RUN))


def test_metrics_of_a_training_that_has_not_ended(run, refused):  # noqa: F811
    """The lines up to the newest checkpoint are those of a training."""
    steps = run_train([read_inputs(RUN)], Options(steps=4), stop=lambda: True)
    assert isinstance(list(steps)[-1], Stopped)
    list(run_train([read_inputs(RUN)], Options(steps=4), stop=after(1)))
    (one,) = of_metrics(run)
    assert (one.wrong, "has not ended: not checked" in one.found) == ("", True)
    refused("package", run, message="has a training that has not ended", at=f"{RUN}: ")
    for line, why in (('{"step": 9}', "step 9 has no"), ('{"step": 1}', "do not increase")):
        whole = (run / "metrics.jsonl").read_text()
        (run / "metrics.jsonl").write_text(f"{whole}{line}\n")
        (one,) = of_metrics(run)
        assert why in one.wrong
        (run / "metrics.jsonl").write_text(whole)


def after(steps: int):
    """Return a function that stops a training after some steps."""
    asked = iter(range(1, 100))
    return lambda: next(asked) > steps


def test_metrics_of_a_training_that_began_again(run):
    """What it wrote is recorded from its first line on, also if it is stopped."""
    list(run_train([read_inputs(RUN)], Options(fresh=True, steps=4), stop=after(1)))
    assert "metrics.jsonl" in read_outputs(run)
    assert "metrics.jsonl" not in unrecorded(run)
    (one,) = of_metrics(run)
    assert (one.wrong, "has not ended: not checked" in one.found) == ("", True)


def test_the_last_line_of_a_running_training_is_not_checked(run):
    """Its checkpoint follows the line."""
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 9}\n')
    assert "step 9 has no checkpoint" in next(of_metrics(run)).wrong
    owner = {"pid": os.getppid(), "host": socket.gethostname(), "since": "today"}
    (run / "lock").write_text(json.dumps(owner))
    (one,) = of_metrics(run)
    assert (one.wrong, "in use by process" in one.found) == ("", True)


def test_what_is_not_checked_is_named(run, nnpp):  # noqa: F811
    (run / "tune").mkdir()
    (run / "zb/.mine").touch()
    done = nnpp("verify", run)
    assert (done.code, done.err) == (0, "")
    for line in (
        r"tune/ +not checked: a search",
        r"hidden files +not checked: 1 \(zb/\.mine\)",
    ):
        assert re.search(line, done.out)


@pytest.mark.parametrize("verb", ["card", "package"])
def test_a_run_in_use_is_neither_described_nor_packed(run, nnpp, verb):  # noqa: F811
    """A training could replace files between the check and the last one that is read."""
    with held(run):
        done = nnpp(verb, run)
    assert (done.code, done.out) == (2, "")
    assert f"{RUN}: is in use by" in done.err


def test_a_run_that_is_named_twice_gets_one_card(run, nnpp):  # noqa: F811
    done = nnpp("card", run, f"{run}/")
    assert (done.code, done.out) == (0, "wrote results/fit/README.md\n")


def test_a_run_within_a_run_is_refused(run, refused):  # noqa: F811
    words = ("bands", run, "--out", run / "zb")
    refused(
        *words, message="is within the run fit; choose another folder", at=f"{run / 'zb/fit'}: "
    )


def test_a_training_by_another_method_that_has_not_ended(run, undrawn):
    """`nnpp train RUN --method lion` changes run.yaml, not the start."""
    changed("run.yaml", "method: adam", "method: lion")
    train(fresh=True, steps=1)
    list(run_train([read_inputs(RUN)], Options(steps=4), stop=after(1)))
    (one,) = of_metrics(run)
    assert (one.wrong, "has not ended: not checked" in one.found) == ("", True)
