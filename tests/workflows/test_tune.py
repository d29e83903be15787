"""A study from its first trial to best.yaml, with trials that compute nothing."""

from functools import partial
from pathlib import Path

import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.tuning import EDGES
from nnpp.errors import InputError
from nnpp.runs.study import Study
from nnpp.workflows.tune import tune
from nnpp.workflows.tune.tune import Begun, Options, Tried, Tuned, run_tune
from tests.config.samples import files_of, spoil
from tests.fitting.samples import write_fit
from tests.workflows.bench import FIT, SPACE, WEIGHED, replace_ray
from tests.workflows.test_space import SIGMA

FILES = ["best.yaml", "study.json", "trials.csv", "tune.pdf", "tune.png"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_fit(tmp_path_factory.mktemp("tune") / "fit", FIT, system=WEIGHED)


@pytest.fixture
def fit(made, tmp_path, monkeypatch):
    """A fit to be tuned, in a temporary folder."""
    (tmp_path / "fit").mkdir()
    for file in made.iterdir():
        (tmp_path / "fit" / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path / "fit"


@pytest.fixture
def bench(monkeypatch, undrawn):
    return partial(replace_ray, monkeypatch)


def go(stop=lambda: False, **options):
    return list(run_tune(read_inputs(Path("fit")), Path("results"), Options(**options), stop))


def study_json():
    return Path("results/fit/tune/study.json")


def test_a_study_from_its_first_trial_to_the_best_fit(fit, bench):
    """The first trial is the fit itself; best.yaml is a complete fit."""
    made = bench()
    begun, *tried, tuned = go()
    assert isinstance(begun, Begun)
    assert (begun.done, begun.at_once, begun.search.trials) == (0, 2, 6)
    assert all(isinstance(event, Tried) for event in tried)
    assert [len(event.study.trials) for event in tried] == [1, 2, 3, 4, 5, 6]
    assert isinstance(tuned, Tuned)
    assert tuned.study.trials[0].values == tuned.own == {SIGMA: 2.0, EDGES: 20.0}
    assert sorted(p.name for p in tuned.paths) == FILES
    assert sorted(p.name for p in Path("results/fit/tune").iterdir()) == FILES
    best = read_inputs(Path("results/fit/tune/best.yaml"))
    assert best.name == "fit-tuned"
    assert best.spec.potential.envelope.sigma == 2.6
    assert best.spec.systems[0].weights.bands == (1, 1, 1, 30, 30, 1, 1, 1)
    assert best.spec.systems[0].reference == read_inputs(fit).spec.systems[0].reference
    assert best.spec.tune is None
    assert best.source.read_text().startswith("# Trial 4 of `nnpp tune`: held out 1.2 meV\n")
    assert made.plans[0].fit.spec.fit.steps == 2
    assert not made.plans[0].scratch.exists()


def test_a_stopped_study_continues_and_a_complete_one_is_drawn_again(fit, bench):
    made = bench()
    asked = iter([False, False, False, True, True])
    *_, tuned = go(stop=lambda: next(asked))
    assert (tuned.stopped, len(tuned.study.trials)) == (True, 3)
    assert sorted(p.name for p in tuned.paths) == FILES, "the best so far"
    begun, *tried, tuned = go()
    assert (begun.done, len(tried), tuned.stopped) == (3, 3, False)
    kept = files_of(Path("results"))
    begun, tuned = go()
    assert (begun.done, begun.at_once, len(made.plans)) == (6, 0, 2), "no Ray is started"
    assert files_of(Path("results")) == kept
    begun, *tried, _ = go(trials=8)
    assert (begun.done, len(tried)) == (6, 2)
    bench(2.0)
    with pytest.raises(InputError, match="no trial finished"):
        go(fresh=True, trials=1)
    assert sorted(p.name for p in Path("results/fit/tune").iterdir()) == FILES[1:3]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cutoff: 2 hartree", "cutoff: 2.5 hartree"),
        ("sigma: [1.0, 4.0]", "sigma: [1.0, 5.0]"),
        ("steps: 2", "steps: 3"),
        ("20, 20, 1", "20, 30, 1"),
    ],
)
def test_trials_of_another_fit_are_refused_and_kept(fit, bench, old, new):
    bench()
    go(trials=2)
    kept = study_json().read_bytes()
    spoil(fit / "fit.yaml", old, new)
    with pytest.raises(InputError, match=r"study\.json: has trials of another fit"):
        go(trials=4)
    assert study_json().read_bytes() == kept


def test_settings_without_effect_on_trials_may_change(fit, bench):
    bench()
    go(trials=2)
    text = (fit / "fit.yaml").read_text().replace("trials: 6", "trials: 7")
    (fit / "fit.yaml").write_text("title: another\n" + text)
    assert go()[0].done == 2


def test_failed_trials_are_kept_and_a_study_of_failed_trials_is_an_error(fit, bench):
    bench(2.0, 1.6)
    *_, tuned = go(trials=3)
    assert [t.state for t in tuned.study.trials] == ["failed", "failed", "finished"]
    assert tuned.study.best.number == 3
    bench(2.0)
    with pytest.raises(InputError, match=r"no trial finished.*the loss is inf; correct"):
        go(trials=1, fresh=True)
    assert len(Study.model_validate_json(study_json().read_bytes()).trials) == 1


REFUSED = [
    (
        "hold_out: 0.25",
        "hold_out: 0.0",
        "hold_out: trials need held-out levels.*; add hold_out: 0.2",
    ),
    (
        "hold_out: 0.25",
        "hold_out: 0.01",
        "hold_out: a fraction of 0.01 is less than one k-point",
    ),
    ("steps: 2", "steps: 0", "steps: is 0"),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_a_fit_that_cannot_be_tuned_is_refused_before_anything_is_written(
    fit, bench, old, new, message
):
    bench()
    spoil(fit / "fit.yaml", old, new)
    with pytest.raises(InputError, match=rf"fit\.yaml:\d+: {message}"):
        go()
    assert not Path("results").exists()


def test_a_range_with_an_invalid_end_is_refused(fit, bench):
    bench()
    spacing = "space: {potential.network.features.spacing: [1.0e-5, 1]}"
    spoil(fit / "fit.yaml", SPACE, spacing)
    with pytest.raises(InputError, match="more than 10000 Gaussians"):
        go()
    assert not Path("results").exists()


@pytest.mark.parametrize("library", ["ray", "optuna"])
def test_a_missing_extra_is_named(fit, monkeypatch, library):
    found = {"ray": 1, "optuna": 1} | {library: None}
    monkeypatch.setattr(tune, "find_spec", found.get)
    with pytest.raises(InputError, match=f"{library} is not installed; pip install 'nnpp.tune"):
        go()
    assert not Path("results").exists()
