"""`nnpp watch`: read a run again and again while another process trains it; write nothing."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from nnpp.config.fit_yaml import read_fit
from nnpp.config.inputs import RUN_NAME
from nnpp.errors import InputError
from nnpp.files.text import exists, read_text
from nnpp.runs.lock import user_of
from nnpp.runs.metrics import NAME, read_metrics

EVERY = 1.0
"""Time between two readings [s]."""

QUIET = 3
"""Readings without a process after which a run has ended: verbs of `fit` follow each other."""

RECENT = 10
"""Number of last steps that give the pace."""

MOST_NAMED = 8
"""Largest number of runs that an error names."""

QUANTITIES = {
    "rms_mev": ("fitted", "holdout_rms_mev", "meV"),
    "best_ev2": ("loss", "holdout_ev2", "eV²"),
}
"""What is drawn, by the key of metrics.jsonl: name, key of the held-out part, and unit."""

ENSEMBLE = "ensemble.json"


@dataclass(frozen=True)
class Seen:
    """A run as it is now.

    Attributes:
        name: its name.
        records: the lines of metrics.jsonl.
        steps: steps of the process that trains it, without one those of the fit in run.yaml;
            None if they are not known.
        user: the process that uses the run, in words; empty if there is none.
        ensemble: members of its ensemble; 0 without one.
    """

    name: str
    records: list[dict[str, Any]] = field(repr=False)
    steps: int | None
    user: str
    ensemble: int

    @property
    def unit(self) -> str:
        """The unit of the curves."""
        return QUANTITIES[self._key][2]

    @property
    def curves(self) -> Mapping[str, tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]]:
        """Steps and values of the fitted and the held-out part, by name."""
        name, held, _ = QUANTITIES[self._key]
        found = {name: self._series(self._key), "held out": self._series(held)}
        return {name: (x, y) for name, (x, y) in found.items() if len(x)}

    @property
    def pace(self) -> float | None:
        """Time of one of the last steps [s]; None before the second."""
        took = [r["seconds"] for r in self.records if isinstance(r.get("seconds"), int | float)]
        took = np.diff(took[-RECENT - 1 :])
        # The first step compiles.
        later = took[1:] if len(took) > 1 and len(self.records) <= RECENT else took
        return float(np.median(later)) if len(later) else None

    @property
    def left(self) -> float | None:
        """Estimated time until all steps are done [s]; None if it is not known, or over."""
        steps = (self.steps or 0) - self.records[-1]["step"]
        return steps * self.pace if self.user and self.pace is not None and steps > 0 else None

    @property
    def _key(self) -> str:
        return next((k for k in QUANTITIES if any(k in r for r in self.records)), "best_ev2")

    def _series(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the steps that have a number, and these numbers."""
        pairs = ((record["step"], record.get(key)) for record in self.records)
        known = [(step, value) for step, value in pairs if isinstance(value, float | int)]
        steps, values = zip(*known, strict=True) if known else ((), ())
        return np.array(steps, float), np.array(values, float)


def run_watch(folder: Path, sleep: Callable[[float], Any] = time.sleep) -> Iterator[Seen]:
    """Yield a run once a second until no process uses it; a run without steps is awaited.

    Args:
        folder: the folder of the run.
        sleep: waits between two readings.
    """
    _require_run(folder)
    quiet, used = 0, False
    while True:
        seen = look(folder)
        used, quiet = used or bool(seen.user), 0 if seen.user else quiet + 1
        yield seen
        if seen.records and quiet >= (QUIET if used else 1):
            return
        sleep(EVERY)


def _require_run(folder: Path) -> None:
    """Raise an error for a folder that is no run; it names the runs below."""
    if not folder.is_dir():
        raise InputError("no such folder", "name a run, as results/NAME", folder)
    if _is_run(folder):
        return
    below = sorted(path.name for path in folder.iterdir() if path.is_dir() and _is_run(path))
    if not below:
        raise InputError("contains no run", "name a run, as results/NAME", folder)
    named = f"{', '.join(below[:MOST_NAMED])}{', …' if len(below) > MOST_NAMED else ''}"
    raise InputError("is no run, but contains some", f"name one of: {named}", folder)


def _is_run(folder: Path) -> bool:
    """Return whether a folder has the settings or steps of a run, or a process uses it."""
    has = any(exists(folder / name) for name in (RUN_NAME, NAME))
    return has or user_of(folder) is not None


def look(folder: Path) -> Seen:
    """Return a run as it is now."""
    records = read_metrics(folder / NAME) if exists(folder / NAME) else []
    user = user_of(folder)
    # `nnpp train --steps` replaces the number in run.yaml.
    steps = user.steps if user else _steps(folder / RUN_NAME)
    return Seen(folder.resolve().name, records, steps, str(user or ""), _members(folder))


def _steps(path: Path) -> int | None:
    """Return the steps of the fit in run.yaml; None if it cannot be read now."""
    with suppress(InputError):
        settings = read_fit(path).fit
        moves = settings.annealing.moves if settings.annealing else 0
        return settings.steps + moves
    return None


def _members(folder: Path) -> int:
    """Return the number of members of the ensemble; 0 without a readable one."""
    with suppress(InputError, ValueError, KeyError, TypeError):
        if exists(folder / ENSEMBLE):
            return int(json.loads(read_text(folder / ENSEMBLE))["members"])
    return 0
