"""study.json: every trial of `nnpp tune` that came to an end; trials.csv, the same for people.

Both are written whole after each trial, so that a study killed at any moment lacks none.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tables import csv_text
from nnpp.files.text import exists, read_text

NAME, TABLE = "study.json", "trials.csv"

Finite = Annotated[float, Field(allow_inf_nan=False)]
Value = int | float | str
COLUMNS = ("trial", "state", "held_out_mev", "training_mev", "steps", "seconds")


class Trial(BaseModel):
    """A fit with numbers of its own, and what it came to.

    Attributes:
        number: its place in the study, from 1, by the order in which trials ended.
        values: the numbers and words that are varied, by their keys in fit.yaml.
        state: whether it did all its steps, was stopped as hopeless, or could not be done.
        course: root mean square of what is held out after each step [meV].
        training_mev: the same of the k-points of the fit, after the last.
        seconds: that it took.
        why: it failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    values: dict[str, Value]
    state: Literal["finished", "pruned", "failed"]
    course: tuple[Finite, ...] = ()
    training_mev: Finite | None = None
    seconds: Finite = 0.0
    why: str = ""

    @property
    def steps(self) -> int:
        """Steps done."""
        return len(self.course)

    @property
    def held_out_mev(self) -> float | None:
        """The last of its course; none if it failed."""
        return self.course[-1] if self.course and self.state != "failed" else None


class Study(BaseModel):
    """All trials of a fit.

    Attributes:
        identity: SHA-256 of the fit and of what is varied.
        trials: those that ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    trials: tuple[Trial, ...] = ()

    @property
    def best(self) -> Trial | None:
        """The finished one with the lowest held-out error."""
        return min(self.ranked("finished"), key=_error, default=None)

    def ranked(self, *states: str) -> list[Trial]:
        """Those in some state that have a held-out error, the lowest first."""
        known = [t for t in self.trials if t.state in states and t.held_out_mev is not None]
        return sorted(known, key=_error)

    def and_then(self, trial: Trial) -> "Study":
        """The study with one more."""
        numbered = trial.model_copy(update={"number": len(self.trials) + 1})
        return self.model_copy(update={"trials": (*self.trials, numbered)})


def read_study(folder: Path, identity: str) -> Study:
    """The study in a folder, or a new one; an InputError if it is of another fit."""
    path = folder / NAME
    if not exists(path):
        return Study(identity=identity)
    try:
        study = Study.model_validate_json(read_text(path))
    except ValidationError as error:
        raise InputError("is no study", "`--fresh` starts over", path) from error
    if study.identity != identity:
        what = "holds trials of another fit, another space or other steps"
        raise InputError(what, "`--fresh` starts over", path)
    return study


def write_study(folder: Path, study: Study) -> list[Path]:
    """Both files; study.json, which counts, comes first."""
    path = write_atomic(folder / NAME, study.model_dump_json(indent=1) + "\n")
    return [path, write_atomic(folder / TABLE, _table(study))]


def _table(study: Study) -> str:
    """A line for each trial."""
    keys = list(study.trials[0].values) if study.trials else []
    rows = []
    for trial in study.trials:
        about = (trial.number, trial.state, trial.held_out_mev, trial.training_mev)
        values = (trial.values[key] for key in keys)
        rows.append([*about, trial.steps, trial.seconds, *values, trial.why])
    return csv_text([*COLUMNS, *keys, "why"], rows)


def _error(trial: Trial) -> float:
    """What trials are ranked by [meV]."""
    error = trial.held_out_mev
    assert error is not None, "only trials that have one are ranked"
    return error
