"""The results of a study: importances, tune.png and tune.pdf, best.yaml."""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from nnpp.config.fit_yaml import dump
from nnpp.config.inputs import BEST_NAME, Fit
from nnpp.config.tuning import Dimension
from nnpp.files.atomic import write_atomic
from nnpp.fitting.search import chance, importance
from nnpp.plotting.style import image
from nnpp.plotting.tune import Trials, Varied, figure_tune
from nnpp.runs.study import NAME, TABLE, Study, Trial, write_study
from nnpp.setup.cases import Case
from nnpp.workflows.tune.space import Space, with_values

MEASURE = "adjusted R² of a parabola in ranks, for the ranks of errors"
"""The definition of importance in words."""

FIGURES: dict[str, Literal["png", "pdf"]] = {"tune.png": "png", "tune.pdf": "pdf"}

JUDGED = ("finished", "pruned")
"""States of trials that have a held-out error."""


def short(key: str) -> str:
    """Return the last two words of a dotted key."""
    return ".".join(key.split(".")[-2:])


def remove_results(folder: Path) -> None:
    """Remove the files of an earlier study."""
    for name in (NAME, TABLE, BEST_NAME, *FIGURES):
        (folder / name).unlink(missing_ok=True)


def importances(study: Study, space: Space) -> dict[str, float | None]:
    """Return the importance of each setting, in descending order."""
    trials = study.ranked(*JUDGED)
    errors = _errors(trials)
    found = {key: importance(_places(trials, key, d), errors) for key, d in space.items()}
    return dict(sorted(found.items(), key=lambda pair: -(pair[1] or 0.0)))


def by_chance(study: Study) -> float | None:
    """Return the importance that chance gives in 1 of 20 cases; None for too few trials."""
    return chance(len(study.ranked(*JUDGED)))


def write_results(
    folder: Path, fit: Fit, study: Study, space: Space, cases: list[Case]
) -> list[Path]:
    """Write the tables of trials and, if one finished, the figure and the best fit."""
    paths = write_study(folder, study)
    if study.best is None:
        return paths
    figure = figure_tune(_picture(fit, study, space))
    paths += [
        write_atomic(folder / name, image(figure, kind)) for name, kind in FIGURES.items()
    ]
    best = dump(with_values(fit, study.best.values, cases).spec, folder)
    error = f"held out {study.best.held_out_mev:.4g} meV"
    about = f"# Trial {study.best.number} of `nnpp tune`: {error}\n"
    return [*paths, write_atomic(folder / BEST_NAME, about + best)]


def _picture(fit: Fit, study: Study, space: Space) -> Trials:
    """Return the data of the figure."""
    trials = study.ranked(*JUDGED)
    found = importances(study, space)
    varied = [_varied(key, space[key], trials, found[key]) for key in found]
    failed = len(study.trials) - len(trials)
    notes = [f"importance: {MEASURE}; {len(trials)} trials"]
    notes += [f"not drawn: {failed} failed trials"] if failed else []
    finished = np.array([trial.state == "finished" for trial in trials])
    errors = _errors(trials)
    return Trials(varied, errors, finished, by_chance(study), fit.name, tuple(notes))


def _varied(key: str, d: Dimension, trials: list[Trial], found: float | None) -> Varied:
    """Return one setting of all trials."""
    x = _places(trials, key, d)
    return Varied(short(key), x, d.low, d.high, d.log and not d.words, d.words, found)


def _errors(trials: list[Trial]) -> Float[np.ndarray, " trial"]:
    """Return the held-out errors of trials [meV]."""
    return np.array([trial.held_out_mev for trial in trials], float)


def _places(trials: list[Trial], key: str, d: Dimension) -> Float[np.ndarray, " trial"]:
    """Return a setting of each trial; of a word, its index among the possible words."""
    values = [trial.values[key] for trial in trials]
    return np.array([d.words.index(str(x)) if d.words else x for x in values], float)
