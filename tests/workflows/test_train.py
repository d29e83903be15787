"""Runs from init-fit to a potential: learning the form, resuming, errors, stored files."""

import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.config.fit_yaml import read_fit
from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.fitting.method import measure
from nnpp.fitting.parameters import Parameters
from nnpp.formats.model import read_model
from nnpp.runs import folder
from nnpp.runs.metrics import read_metrics
from nnpp.setup.potential import before_training, start_of
from nnpp.units import HARTREE_EV
from nnpp.workflows.train.init_fit import GOAL, LENGTHS, learn_form, run_init_fit
from nnpp.workflows.train.loop import Begun, Stepped, Stopped, Trained
from nnpp.workflows.train.run import read_run
from nnpp.workflows.train.train import Options, run_train
from tests import systems
from tests.config.samples import files_of, spoil
from tests.fitting.samples import POTENTIAL, SYSTEM, entries, same_bits, write_fit

LM = "fit: {method: lm, steps: 4}\n"


@pytest.fixture
def here(tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(folder="fit", fresh=False):
    """Prepare results/<folder>; return the event."""
    (prepared,) = run_init_fit([read_inputs(Path(folder))], Path("results"), fresh)
    return prepared


def go(folder="fit", stop=lambda: False, **options):
    """Train a run; return all events."""
    return list(run_train([read_inputs(Path("results", folder))], Options(**options), stop))


def metrics(folder="fit"):
    return read_metrics(Path("results", folder, "metrics.jsonl"))


def steps(folder="fit"):
    return [line["step"] for line in metrics(folder)]


def model(folder="fit", name="potential"):
    return read_model(Path("results", folder, f"{name}.safetensors")).potential


def trained_bytes(folder="fit"):
    return Path("results", folder, "potential.safetensors").read_bytes()


def test_importing_the_workflows_does_not_start_jax():
    """Otherwise it would start before each core is made a device."""
    code = (
        "import nnpp.workflows.train.init_fit, nnpp.workflows.train.train\n"
        "import nnpp.workflows.bands.bands\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge._backends"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_with_a_reference_form_starts_exactly_there(here):
    write_fit(here / "fit")
    assert init().learned == "nothing to learn: the start is exact"
    start = model(name="start")
    q = jnp.linspace(0.0, 8.0, 33)
    damped = systems.zunger("Cd", "Se")(q) * start.local.envelope(q)[:, None]
    assert not np.any(start.local.network.apply(start.local.weights, q))
    np.testing.assert_allclose(start.local(q), damped, rtol=4e-15)  # to rounding


def test_a_network_without_one_learns_the_form_with_the_printed_error(here):
    text = POTENTIAL.replace("kind: neural", "kind: neural\n  start: zero").replace(
        "{hidden: [4], features: {kind: radial, width: 0.5, spacing: 1.0, range: 5.0}}",
        "{hidden: [16], features: {kind: radial, width: 0.5, spacing: 0.5}, scale: 5}",
    )
    write_fit(here / "fit", potential=text)
    learned = init().learned
    start, form = model(name="start"), systems.zunger("Cd", "Se")
    q = jnp.asarray(LENGTHS)
    apart = np.sqrt(np.mean(np.asarray(start.local(q) - form(q)) ** 2))
    assert learned.startswith(f"the Zunger form to {apart:.2g} hartree·bohr³ in ")
    assert apart < GOAL
    spec = read_fit(here / "fit/fit.yaml").potential
    begun = start_of(spec).local(q)
    assert np.sqrt(np.mean(np.asarray(begun - form(q)) ** 2)) > 1.0
    few, learned = learn_form(start_of(spec), before_training(spec), 3)
    assert learned.endswith("in 3 steps")
    assert np.sqrt(np.mean(np.asarray(few.local(q) - form(q)) ** 2)) > apart


def test_continued_steps_equal_uninterrupted_ones(here):
    """Two and three steps, five at once, and five stated in fit.yaml: the same bits."""
    for name in ("fit", "once"):
        write_fit(here / name, LM.replace("steps: 4", "steps: 5"))
        init(name)
    first = go(steps=2)
    assert [type(e) for e in first] == [Begun, Stepped, Stepped, Trained]
    assert first[-1].why == "all its steps are done"
    more = go(steps=3)
    assert (more[0].step, more[0].steps, steps()) == (2, 3, [0, 1, 2, 3])
    spoil(here / "fit/fit.yaml", "steps: 5", "steps: 5, tolerance: 1e-9")
    init()
    rest = go()
    assert (rest[0].step, rest[-1].step, steps()) == (3, 5, [0, 1, 2, 3, 4, 5])
    go("once")
    assert same_bits(model(), model("once"))
    losses = [line["best_ev2"] for line in metrics()]
    assert losses == sorted(losses, reverse=True)
    assert rest[-1].loss_ev2 == pytest.approx(losses[-1])


def test_the_first_line_is_the_potential_before_the_first_step(here):
    """A fit that was killed before its first checkpoint writes it again, once."""
    write_fit(here / "fit", LM)
    init()
    assert [type(e) for e in go(stop=lambda: True)] == [Begun, Stopped]
    run = read_run(read_inputs(Path("results/fit")))
    start = measure(run.objective, run.objective.parameters.start())
    (line,) = metrics()
    assert line["step"] == 0
    assert line["loss_ev2"] == pytest.approx(float(start.loss) * HARTREE_EV**2)
    fitted, held = run.objective.level_rms(start)
    assert line["rms_mev"] == pytest.approx(1e3 * HARTREE_EV * fitted)
    assert np.isnan(held)
    assert "holdout_rms_mev" not in line
    go(steps=1)
    assert steps() == [0, 1]


def test_annealing_ends_after_its_moves_and_a_method_follows(here):
    """Moves uphill do not end it, whatever the tolerance of the method."""
    hot = "fit: {method: lm, steps: 2, annealing: {moves: 12, size: 0.1, beta: 0}}\n"
    write_fit(here / "fit", hot)
    init()
    go()
    lines = metrics()
    assert [line["step"] for line in lines] == list(range(15))
    assert all(line["accepted"] for line in lines[1:13])
    assert ["damping" in line for line in lines] == [False] * 13 + [True] * 2


def test_no_step_is_lost_between_its_line_and_its_checkpoint(here, monkeypatch):
    """If a process ends between the two, metrics.jsonl still has each step once."""
    write_fit(here / "fit")
    init()
    kept = folder.save

    def dies(path, checkpoint):
        if checkpoint.step == 3:
            raise KeyboardInterrupt
        return kept(path, checkpoint)

    monkeypatch.setattr(folder, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        go()
    monkeypatch.setattr(folder, "save", kept)
    begun, *_ = go()
    assert begun.step == 2
    assert steps() == [0, 1, 2, 3, 4, 5, 6]


def test_a_stopped_fit_ends_after_a_saved_step(here):
    write_fit(here / "fit")
    init()
    answers = iter([False, False, True])
    events = go(stop=lambda: next(answers))
    assert [type(e) for e in events] == [Begun, Stepped, Stepped, Stopped]
    assert events[-1].step == 2
    assert sorted(p.name[-6:-5] for p in Path("results/fit/checkpoints").iterdir()) == [
        "1",
        "2",
    ]
    assert not Path("results/fit/potential.safetensors").exists()


def test_a_changed_reference_is_refused_by_name(here):
    write_fit(here / "fit")
    init()
    spoil(here / "fit/reference.csv", "-19.9", "-19.8")
    with pytest.raises(InputError, match=r"reference\.csv: has changed since fit was prepared"):
        go()
    assert not Path("results/fit/checkpoints").exists()


CHANGES = [
    ("learning_rate: 0.01", "learning_rate: 0.02"),
    ("hold_out: 0.25", "hold_out: 0.5"),
    ("cutoff: 2 hartree", "cutoff: 2.1 hartree"),
    ("hidden: [4]", "hidden: [5]"),
    ("-31.4518", "-31.4519"),
    ("reference: reference.csv", "reference: {file: reference.csv, take: 2}"),
    ("reference: reference.csv", "reference: {file: reference.csv, scissor: 0.1 eV}"),
]


def test_another_fit_does_not_continue_from_old_checkpoints(here):
    """It is refused and nothing is lost; --fresh removes them, but not yet the potential."""
    write_fit(here / "fit")
    init()
    go(steps=2)
    before, text = files_of(here / "results"), (here / "fit/fit.yaml").read_text()
    for old, new in CHANGES:
        spoil(here / "fit/fit.yaml", old, new)
        with pytest.raises(InputError, match=r"step-00000002\.ckpt: belongs to another fit"):
            init()
        assert files_of(here / "results") == before
        (here / "fit/fit.yaml").write_text(text)
    for same in ("steps: 6", "# a remark", "title: another"):
        (here / "fit/fit.yaml").write_text(text.replace("steps: 6", "steps: 7") + f"# {same}\n")
        init()
    assert go()[0].step == 2
    trained = files_of(here / "results")
    spoil(here / "fit/fit.yaml", *CHANGES[0])
    init(fresh=True)
    kept = files_of(here / "results")
    for name in ("potential.safetensors", "potential.json", "history.png", "errors.png"):
        path = str(here / "results/fit" / name)
        assert kept[path] == trained[path]
    assert "metrics.jsonl" not in {p.name for p in Path("results/fit").iterdir()}
    assert go(steps=1)[0].step == 0
    assert trained_bytes() != trained[str(here / "results/fit/potential.safetensors")]


def test_the_first_steps_are_eased(here):
    write_fit(here / "fit", fit="fit: {method: lm, steps: 3, eased: 2, priors: {size: 1}}\n")
    init()
    run = read_run(read_inputs(Path("results/fit")))
    assert [(s.steps, s.eased) for s in run.training.stages] == [(2, True), (1, False)]
    theta = run.objective.parameters.start()
    for stage, objective in enumerate((run.objective.eased(), run.objective)):
        assert (
            measure(run.training.objective_in(stage), theta).loss
            == measure(objective, theta).loss
        )
    assert read_run(run.fit, 1).training.stages[0].steps == 1
    assert go()[0].notes == ("up to step 2: levels weighted evenly, no priors",)
    assert [line.get("eased") for line in metrics()] == [True, True, True, None]
    assert go(steps=0)[-1].step == 3  # past the requested steps and the eased ones


def test_fresh_starts_over(here):
    write_fit(here / "fit")
    init()
    go(steps=3)
    first = trained_bytes()
    assert go(steps=3)[0].step == 3
    assert go(steps=3, fresh=True)[0].step == 0
    assert trained_bytes() == first
    assert steps() == [0, 1, 2, 3]


def test_a_stored_model_is_trained_further_and_resumed(here):
    """The run names its file by another path, which does not make it another fit."""
    write_fit(here / "fit")
    init()
    go(steps=2)
    write_fit(here / "on", potential="potential: {kind: model, file: ../results/fit}\n")
    init("on")
    go("on", steps=1)
    init("on")
    assert go("on", steps=2)[0].step == 1
    assert same_bits(model("on", "start"), model())


def test_a_run_that_was_not_prepared_is_refused(here):
    folder = write_fit(here / "results/fit")
    with pytest.raises(InputError, match="was not prepared; use `nnpp init-fit`"):
        list(run_train([read_inputs(folder)], Options()))


def test_a_film_that_cannot_be_written_is_refused_at_once():
    with pytest.raises(InputError, match="'avi' is no movie format"):
        Options(movie="avi")


TWO = SYSTEM + (
    SYSTEM.replace("name: zb", "name: wide")
    .replace("11.4485278", "11.6")
    .replace("Se, -", "S, -")
    .replace("reference: reference.csv", "kpoints: {list: [[0, 0, 0]]}")
    + "    dilation: 0.05\n    targets: [{kind: splitting, value: 0.2 eV, weight: 5},"
    " {kind: gap, value: 2.4 eV, weight: 5}]\n"
)
STRONG = "spin_orbit: 0.3, nonlocal: [0.1, -0.1], charge: 0.2, strain: [0.3, 5.0]"
JOINT = f"""\
potential:
  kind: zunger
  train: [spin_orbit, nonlocal, charge, strain]
  elements:
    Cd: {{local: [-31.4518, 1.3890, -0.0502, 1.6603], {STRONG}}}
    Se: {{local: [8.4921, 4.3513, 1.3600, 0.3227], {STRONG.replace("0.2", "-0.3")}}}
    S: {{local: [7.8, 4.5, 1.3, 0.35], {STRONG.replace("0.2", "-0.1")}}}
"""
PARTS = ("local", "spin_orbit", "nonlocal", "charge", "strain")


def test_two_systems_that_share_an_element(here):
    """Every strength that affects a level changes, and the form stays the same to the bit."""
    write_fit(here / "fit", LM, JOINT, TWO)
    init()
    run = read_run(read_inputs(Path("results/fit")))
    begun = float(measure(run.objective, run.objective.parameters.start()).loss)
    *_, trained = go()
    assert trained.loss_ev2 < 0.8 * begun * HARTREE_EV**2
    before, after = (Parameters(model(name=name), PARTS) for name in ("start", "potential"))
    changed = np.asarray(before.start() != after.start())
    of = {part: changed[entries(before, part)] for part in PARTS}
    assert not of["local"].any()
    assert not of["strain"].reshape(3, 2)[1].any(), "Se is in no strained crystal"
    assert of["strain"].reshape(3, 2)[[0, 2]].all()
    assert all(of[part].all() for part in ("spin_orbit", "nonlocal", "charge"))
