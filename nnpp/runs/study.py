"""study.json: every trial of `nnpp tune` that ended; trials.csv, the same as a table.

Both are written atomically after each trial, so that a killed study loses none. Not a storage
of Optuna, because a study is read, reported and identified without the extra `tune`.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tables import csv_text
from nnpp.files.text import exists, read_text

NAME, TABLE = "study.json", "trials.csv"

LARGEST = 16_000_000
"""Largest study.json [bytes]."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Value = int | float | str
COLUMNS = ("trial", "state", "held_out_mev", "training_mev", "steps", "seconds")


class Trial(BaseModel):
    """A fit with its own hyperparameters, and its result.

    Attributes:
        number: number in the study, from 1, in the order in which trials ended.
        values: hyperparameters by their keys in fit.yaml.
        state: whether it did all steps, was stopped early, or failed.
        course: root mean square error of held-out levels after each step [meV].
        training_mev: root mean square error of fitted levels after the last step [meV].
        seconds: duration.
        why: reason of the failure.
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
        """Number of steps done."""
        return len(self.course)

    @property
    def held_out_mev(self) -> float | None:
        """The last held-out error [meV]; None if the trial failed."""
        return self.course[-1] if self.course and self.state != "failed" else None


class Study(BaseModel):
    """All trials of a fit.

    Attributes:
        identity: SHA-256 of the fit and of the search space.
        trials: the trials that ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    trials: tuple[Trial, ...] = ()

    @property
    def best(self) -> Trial | None:
        """The finished trial with the lowest held-out error; None without one."""
        return min(self.ranked("finished"), key=_error, default=None)

    def ranked(self, *states: str) -> list[Trial]:
        """Return the trials in one of the states, in ascending order of held-out errors."""
        known = [t for t in self.trials if t.state in states and t.held_out_mev is not None]
        return sorted(known, key=_error)

    def and_then(self, trial: Trial) -> "Study":
        """Return the study with one more trial."""
        numbered = trial.model_copy(update={"number": len(self.trials) + 1})
        return self.model_copy(update={"trials": (*self.trials, numbered)})


def read_study(folder: Path, identity: str) -> Study:
    """Return the study in a folder, or a new one; raise an error if it is of another fit."""
    path = folder / NAME
    if not exists(path):
        return Study(identity=identity)
    try:
        study = Study.model_validate_json(read_text(path, LARGEST))
    except ValidationError as error:
        raise InputError("is not a study", "use `--fresh` to start over", path) from error
    if study.identity != identity:
        what = "has trials of another fit, another space or other steps"
        raise InputError(what, "use `--fresh` to start over", path)
    return study


def write_study(folder: Path, study: Study) -> list[Path]:
    """Write study.json, then trials.csv; return their paths."""
    path = write_atomic(folder / NAME, study.model_dump_json(indent=1) + "\n")
    return [path, write_atomic(folder / TABLE, _table(study))]


def _table(study: Study) -> str:
    """Return the table of trials as CSV."""
    keys = list(study.trials[0].values) if study.trials else []
    rows = []
    for trial in study.trials:
        about = (trial.number, trial.state, trial.held_out_mev, trial.training_mev)
        values = (trial.values[key] for key in keys)
        rows.append([*about, trial.steps, trial.seconds, *values, trial.why])
    return csv_text([*COLUMNS, *keys, "why"], rows)


def _error(trial: Trial) -> float:
    """Return the held-out error [meV]."""
    error = trial.held_out_mev
    assert error is not None, "only trials with an error are ranked"
    return error
