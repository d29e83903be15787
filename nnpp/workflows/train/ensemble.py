"""An ensemble beside a trained potential: how far its bands and curves are certain.

ensemble.h5 holds all of it, ensemble.json the few numbers that a reader looks for first.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.devices.processes import on_process_zero
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import write_atomic
from nnpp.fitting.ensemble import BY, REFUSALS, Plan, trained
from nnpp.formats.ensemble import NAME, StoredEnsemble, ensemble_in, write_ensemble
from nnpp.potentials.potential import Potential
from nnpp.workflows.bands.draw import before_and_after, draw_potential, with_spread
from nnpp.workflows.train.ensemble_numbers import collected
from nnpp.workflows.train.events import Ensemble, Stopped
from nnpp.workflows.train.progress import Place
from nnpp.workflows.train.run import Run

NUMBERS = "ensemble.json"

STREAM = 2**31 - 1
"""Sets the keys of members apart from those of the stages of a fit."""


@dataclass(frozen=True)
class Wanted:
    """Which ensemble is wanted.

    Attributes:
        members: how many; none for 0.
        by: what they differ by.
        fresh: whether it is made again where there is one.
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


def refuse_impossible(run: Run, wanted: Wanted) -> None:
    """Refuse, before a fit, an ensemble that could not be made after it."""
    if not wanted.members:
        return
    try:
        REFUSALS[wanted.by](run.objective)
    except InputError as error:
        raise error.at(run.folder) from error


def run_ensemble(
    run: Run, place: Place, wanted: Wanted, stop: Callable[[], bool]
) -> Iterator[Ensemble | Stopped]:
    """Make the ensemble of a trained run, or find it made; that of another potential goes."""
    state, course = place
    potential, marks = run.objective.parameters.put(state.best), _marks(run, wanted)
    found, paths = on_process_zero(partial(_kept, run.folder, potential)), []
    if wanted.members and (wanted.fresh or found is None or not _meant(found, marks)):
        found = _made(run, place, wanted, stop)
        if found is None:
            yield Stopped(run.fit.name, course.step)
            return
        paths = on_process_zero(partial(_written, run.folder, found))
    if found is None:
        on_process_zero(partial(_forget, run.folder))
        return
    paths += on_process_zero(partial(_drawn, run, potential, found))
    if wanted.members:
        yield _told(run, found, tuple(paths))


def ensemble_of(folder: Path, potential: Potential) -> StoredEnsemble | None:
    """The ensemble of a run, if it is one of this potential."""
    found = ensemble_in(folder)
    if found is None or found.about.get("potential") != _fingerprint(potential):
        return None
    return found


def _kept(folder: Path, potential: Potential) -> StoredEnsemble | None:
    """The same; one that is damaged will be made anew."""
    try:
        return ensemble_of(folder, potential)
    except InputError:
        return None


def _marks(run: Run, wanted: Wanted) -> dict[str, Any]:
    """What tells one ensemble of a potential from another."""
    return {"run": run.identity, "members": wanted.members, "by": wanted.by}


def _meant(found: StoredEnsemble, marks: dict[str, Any]) -> bool:
    """Whether it is the one that is wanted."""
    return all(found.about.get(name) == mark for name, mark in marks.items())


def _made(
    run: Run, place: Place, wanted: Wanted, stop: Callable[[], bool]
) -> StoredEnsemble | None:
    """All members, trained; None if a signal came."""
    began = time.perf_counter()
    theta, plan = place[0].best, _plan(run, place, wanted)
    last = None
    for last in enumerate(trained(run.objective, plan), 1):  # noqa: B007 -- used below
        if stop():
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


def _plan(run: Run, place: Place, wanted: Wanted) -> Plan:
    """Members by the seed of the fit; the first ones are the same, however many follow."""
    key = jax.random.fold_in(jax.random.key(run.fit.spec.fit.seed), STREAM)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(wanted.members))
    return BY[wanted.by](run.objective, place[0].best, keys, place[1].step)


def _written(folder: Path, made: StoredEnsemble) -> list[Path]:
    """ensemble.json and ensemble.h5, which is the last to be there."""
    hidden = ("run", "potential")
    told = {name: value for name, value in made.about.items() if name not in hidden}
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
    numbers = write_atomic(folder / NUMBERS, text + "\n")
    return [write_ensemble(folder / NAME, made), numbers]


def _forget(folder: Path) -> None:
    """Remove the ensemble of another potential."""
    for name in (NAME, NUMBERS):
        (folder / name).unlink(missing_ok=True)


def _drawn(run: Run, potential: Potential, found: StoredEnsemble) -> list[Path]:
    """The curves of the potential, with their spread."""
    curves = before_and_after(run.start, potential, run.cases, run.fit.name)
    return draw_potential(run.folder, with_spread(curves, found))


def _told(run: Run, found: StoredEnsemble, paths: tuple[Path, ...]) -> Ensemble:
    """What the user is told."""
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
    """SHA-256 of all its numbers."""
    digest = sha256()
    for leaf in jax.tree.leaves(potential):
        digest.update(np.asarray(leaf, float).tobytes())
    return digest.hexdigest()
