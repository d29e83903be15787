"""An ensemble of a trained potential: how certain its bands and curves are.

ensemble.h5 holds all of it, ensemble.json the few numbers that a reader looks for first.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.devices.processes import on_process_zero
from nnpp.devices.recorder import Listener, Recorder
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import write_atomic
from nnpp.fitting.ensemble import Plan, bootstrap, require_samples, train_members
from nnpp.fitting.targets.redrawn import redrawn_networks, require_network
from nnpp.fitting.training import Progress
from nnpp.formats.ensemble import NAME, StoredEnsemble, ensemble_in, write_ensemble
from nnpp.potentials.potential import Potential
from nnpp.workflows.bands.draw import before_and_after, draw_potential, with_spread
from nnpp.workflows.train.ensemble_numbers import collected
from nnpp.workflows.train.events import Ensemble, Stopped
from nnpp.workflows.train.run import Run

NUMBERS = "ensemble.json"

STREAM = 2**31 - 1
"""Separates the random keys of members from those of the stages of a fit."""

BY = {"kpoints": bootstrap, "seeds": redrawn_networks}
"""What members may differ by."""

REQUIREMENTS = {"kpoints": require_samples, "seeds": require_network}
"""What each needs."""


@dataclass(frozen=True)
class Wanted:
    """The ensemble that was requested.

    Attributes:
        members: how many; 0 for none.
        by: what they differ by.
        fresh: whether an existing ensemble is made again.
    """

    members: int
    by: str
    fresh: bool

    def __post_init__(self):
        """Refuse what no fit could have."""
        if self.members == 1:
            raise InputError("one member has no spread", "ask for two or more", "--members")
        if self.by not in BY:
            raise InputError(f"unknown {self.by!r}", suggest(self.by, BY), "--by")


@dataclass(frozen=True)
class Found:
    """An ensemble to be written and drawn; None to remove that of another potential."""

    ensemble: StoredEnsemble | None = field(repr=False)
    potential: Potential = field(repr=False)
    new: bool


def refuse_impossible(run: Run, wanted: Wanted) -> None:
    """Raise an InputError, before a fit, if its ensemble could not be made after it."""
    if not wanted.members:
        return
    try:
        REQUIREMENTS[wanted.by](run.objective)
    except InputError as error:
        raise error.at(run.folder.path) from error


def run_ensemble(
    run: Run, progress: Progress, wanted: Wanted, recorder: Recorder
) -> Iterator[Ensemble | Stopped]:
    """Train the ensemble of a trained run, or find it; remove that of another potential."""
    potential = run.objective.parameters.put(progress.state.best)
    marks, new = _marks(run, wanted), False
    found = on_process_zero(partial(_existing, run.folder.path, potential))
    if wanted.members and (wanted.fresh or found is None or not _matches(found, marks)):
        found, new = _made(run, progress, wanted, recorder), True
        if found is None:
            yield Stopped(run.fit.name, progress.course.step)
            return
    paths = recorder(Found(found, potential, new))
    if wanted.members and found is not None:
        yield _event(run, found, paths)


def write_ensembles(run: Run) -> Listener:
    """Return a listener that writes and draws ensembles."""

    def write(event: Any) -> list[Path] | None:
        if not isinstance(event, Found):
            return None
        folder = run.folder.path
        if event.ensemble is None:
            for name in (NAME, NUMBERS):
                (folder / name).unlink(missing_ok=True)
            return None
        paths = _written(folder, event.ensemble) if event.new else []
        curves = before_and_after(run.start, event.potential, run.cases, run.fit.name)
        return paths + draw_potential(folder, with_spread(curves, event.ensemble))

    return write


def ensemble_of(folder: Path, potential: Potential) -> StoredEnsemble | None:
    """Return the ensemble of a run if it belongs to this potential."""
    found = ensemble_in(folder)
    if found is None or found.about.get("potential") != _fingerprint(potential):
        return None
    return found


def _existing(folder: Path, potential: Potential) -> StoredEnsemble | None:
    """Return the same, or None if it is damaged and has to be made again."""
    try:
        return ensemble_of(folder, potential)
    except InputError:
        return None


def _marks(run: Run, wanted: Wanted) -> dict[str, Any]:
    """Return what distinguishes ensembles of one potential."""
    return {"run": run.identity, "members": wanted.members, "by": wanted.by}


def _matches(found: StoredEnsemble, marks: dict[str, Any]) -> bool:
    """Whether it is the requested ensemble."""
    return all(found.about.get(name) == mark for name, mark in marks.items())


def _made(
    run: Run, progress: Progress, wanted: Wanted, recorder: Recorder
) -> StoredEnsemble | None:
    """Train all members; return None if a signal stopped it."""
    began = time.perf_counter()
    theta, plan = progress.state.best, _plan(run, progress, wanted)
    last = None
    for last in enumerate(train_members(run.objective, plan), 1):  # noqa: B007 -- used below
        if recorder.stopped():
            return None
    assert last is not None, "every plan has a step"
    steps, states = last
    made = collected(run, theta, states)
    about = _marks(run, wanted) | {
        "potential": _fingerprint(run.objective.parameters.put(theta)),
        "steps": steps,
        "seconds": round(time.perf_counter() - began, 3),
    }
    return replace(made, about=about | made.about)


def _plan(run: Run, progress: Progress, wanted: Wanted) -> Plan:
    """Return the members; the seed of the fit makes the first ones the same for any number."""
    key = jax.random.fold_in(jax.random.key(run.fit.spec.fit.seed), STREAM)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(wanted.members))
    return BY[wanted.by](run.objective, progress.state.best, keys, progress.course.step)


def _written(folder: Path, made: StoredEnsemble) -> list[Path]:
    """Write ensemble.json, then ensemble.h5."""
    hidden = ("run", "potential")
    shown = {name: value for name, value in made.about.items() if name not in hidden}
    text = json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False)
    numbers = write_atomic(folder / NUMBERS, text + "\n")
    return [write_ensemble(folder / NAME, made), numbers]


def _event(run: Run, found: StoredEnsemble, paths: tuple[Path, ...]) -> Ensemble:
    """Return what is reported."""
    systems = found.about["systems"]
    gaps = {n: s["gap_ev"] for n, s in systems.items() if s["gap_ev"] is not None}
    return Ensemble(
        name=run.fit.name,
        members=found.about["members"],
        by=found.about["by"],
        steps=found.about["steps"],
        gaps_ev={name: (gap["mean"], gap["spread"]) for name, gap in gaps.items()},
        widest_mev=max((s["spread_mev"]["largest"] for s in systems.values()), default=0.0),
        seconds=found.about["seconds"],
        paths=paths,
    )


def _fingerprint(potential: Potential) -> str:
    """Return the SHA-256 of all its numbers."""
    digest = sha256()
    for leaf in jax.tree.leaves(potential):
        digest.update(np.asarray(leaf, float).tobytes())
    return digest.hexdigest()
