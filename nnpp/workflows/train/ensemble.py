"""An ensemble of a trained potential: the spread of its levels, gaps, errors and curves.

ensemble.h5 contains all of it, ensemble.json the most important numbers.
"""

import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.devices.processes import on_process_zero
from nnpp.devices.recorder import Listener, Recorder
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import write_atomic
from nnpp.fitting.ensemble import (
    bootstrap,
    losses,
    mean_and_spread,
    require_samples,
    train_members,
)
from nnpp.fitting.levenberg_marquardt import Step
from nnpp.fitting.method import Theta, measure
from nnpp.fitting.objective import Objective
from nnpp.fitting.targets.levels import bands_among
from nnpp.fitting.targets.redrawn import redrawn_networks, require_network
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.fitting.training import Progress
from nnpp.formats.ensemble import (
    NAME,
    Curves,
    Levels,
    StoredEnsemble,
    ensemble_in,
    write_ensemble,
)
from nnpp.formats.model import named
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.potential import Potential
from nnpp.potentials.real_space import real_space
from nnpp.runs.outputs import fingerprint, forget, record
from nnpp.setup.cases import Case
from nnpp.setup.checks import check_memory, memory_of, training_memory
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import Q, R, before_and_after, draw_potential, with_spread
from nnpp.workflows.train.loop import Ensemble, MembersStepped, Stopped
from nnpp.workflows.train.run import Run

NUMBERS = "ensemble.json"

STREAM = 2**31 - 1
"""Separates the random keys of members from those of the stages of a fit."""

BY = {"kpoints": bootstrap, "seeds": redrawn_networks}
"""What members may differ by."""

REQUIREMENTS = {"kpoints": require_samples, "seeds": require_network}
"""Functions that raise an InputError if an objective does not allow them."""

PLACES = 6
"""Decimals of the numbers in ensemble.json."""


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
        """Raise an error for an ensemble that is not possible for any fit."""
        if self.members == 1:
            raise InputError("one member has no spread", "request two or more", "--members")
        if self.by not in BY:
            raise InputError(f"unknown {self.by!r}", suggest(self.by, BY), "--by")


@dataclass(frozen=True)
class Found:
    """An ensemble to be written and drawn; None to remove that of another potential."""

    ensemble: StoredEnsemble | None = field(repr=False)
    potential: Potential = field(repr=False)
    new: bool


def refuse_impossible(
    objective: Objective, cases: list[Case], wanted: Wanted, source: Path
) -> None:
    """Raise an InputError about `source` if a fit, or memory, does not allow the ensemble.

    All members are trained at the same time: each has its slopes, and its H at one k-point
    per device. For 32 members the memory in addition was 1.5 GB, and 1.5 GB is estimated.
    """
    if not wanted.members:
        return
    try:
        REQUIREMENTS[wanted.by](objective)
    except InputError as error:
        raise error.at(source) from error
    theta = objective.parameters.start()
    memories = [memory_of(case, objective.parameters.put(theta)) for case in cases]
    solving = max(memory.per_k * memory.at_once for memory in memories)
    needed = wanted.members * (training_memory(theta.size, cases) + solving)
    what = f"--members: {wanted.members:,} of this fit"
    check_memory(what, needed, "request fewer members")


def run_ensemble(
    run: Run, progress: Progress, wanted: Wanted, recorder: Recorder
) -> Iterator[MembersStepped | Ensemble | Stopped]:
    """Train the ensemble of a trained run, or find it; remove that of another potential."""
    potential = run.objective.parameters.put(progress.state.best)
    request, new = {"run": run.identity, "members": wanted.members, "by": wanted.by}, False
    found = on_process_zero(partial(_existing, run.folder.path, potential))
    same = found is not None and all(found.about.get(k) == v for k, v in request.items())
    if wanted.members and (wanted.fresh or not same):
        found, new = (yield from _trained(run, progress, request, recorder)), True
        if found is None:
            yield Stopped(run.fit.name, progress.course.step)
            return
    paths = recorder(Found(found, potential, new))
    if wanted.members and found is not None:
        yield _event(run, found, paths)


def write_ensembles(run: Run) -> Listener:
    """Return a listener that writes and draws ensembles."""

    def write(event: Any) -> tuple[Path, ...] | None:
        if not isinstance(event, Found):
            return None
        folder = run.folder.path
        if event.ensemble is None:
            for name in (NAME, NUMBERS):
                (folder / name).unlink(missing_ok=True)
            forget(folder, (NAME, NUMBERS))
            return ()
        paths = _write(folder, event.ensemble) if event.new else []
        curves = before_and_after(run.start, event.potential, run.cases, run.fit.name)
        paths += draw_potential(folder, with_spread(curves, event.ensemble))
        return record(folder, paths, "train", event.potential)

    return write


def ensemble_of(folder: Path, potential: Potential) -> StoredEnsemble | None:
    """Return the ensemble of a run if it belongs to this potential."""
    found = ensemble_in(folder)
    if found is None or found.about.get("potential") != fingerprint(potential):
        return None
    return found


def _existing(folder: Path, potential: Potential) -> StoredEnsemble | None:
    """Return the ensemble of a run; None if it is damaged and must be trained again."""
    try:
        return ensemble_of(folder, potential)
    except InputError:
        return None


def _trained(
    run: Run, progress: Progress, request: dict[str, Any], recorder: Recorder
) -> Generator[MembersStepped, None, StoredEnsemble | None]:
    """Train all members, yield an event for each step; return None if a signal stopped it.

    The seed of the fit makes the first members the same for any number of them.
    """
    began, theta = time.perf_counter(), progress.state.best
    key = jax.random.fold_in(jax.random.key(run.fit.spec.fit.seed), STREAM)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(request["members"]))
    plan = BY[request["by"]](run.objective, theta, keys, progress.course.step)
    steps, states = 0, None
    yield MembersStepped(run.fit.name, steps, plan.steps)
    for steps, states in enumerate(train_members(run.objective, plan), 1):  # noqa: B007
        yield MembersStepped(run.fit.name, steps, plan.steps)
        if recorder.stopped():
            return None
    assert states is not None, "every plan has a step"
    made = _collected(run, theta, states)
    about = request | {
        "potential": fingerprint(run.objective.parameters.put(theta)),
        "steps": steps,
        "seconds": round(time.perf_counter() - began, 3),
    }
    return replace(made, about=about | made.about)


def _write(folder: Path, made: StoredEnsemble) -> list[Path]:
    """Write ensemble.json, then ensemble.h5."""
    hidden = ("run", "potential")
    shown = {name: value for name, value in made.about.items() if name not in hidden}
    text = json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False)
    numbers = write_atomic(folder / NUMBERS, text + "\n")
    return [write_ensemble(folder / NAME, made), numbers]


def _event(run: Run, found: StoredEnsemble, paths: tuple[Path, ...]) -> Ensemble:
    """Return the event that reports an ensemble."""
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


def _collected(run: Run, theta: Theta, states: Step) -> StoredEnsemble:
    """Return what is stored of the members, with the levels of the fitted θ."""
    objective, fitted = run.objective, measure(run.objective, theta)
    potentials = jax.vmap(objective.parameters.put)(states.best)
    levels, numbers = {}, {}
    for source, E, own in zip(objective.sources, states.measured.y, fitted.y, strict=True):
        if isinstance(source, Spectrum):
            levels[source.name] = _levels(source, E, own)
            numbers[source.name] = _numbers(source, E, levels[source.name])
    about = {
        "species": list(objective.parameters.model.species),
        "loss_ev2": _both(losses(states) * HARTREE_EV**2),
        "systems": numbers,
    }
    kept = {name: np.asarray(x) for name, x in named(potentials).items()}
    return StoredEnsemble(about, levels, _curves(objective, states.best), kept)


def _levels(
    spectrum: Spectrum, E: Float[Array, "member k level"], fitted: Float[Array, "k level"]
) -> Levels:
    """Return the levels of one system."""
    mean, spread = mean_and_spread(jax.vmap(spectrum.aligned)(E))
    k = spectrum.kpoints.fractional
    return Levels(*map(np.asarray, (k, fitted, E, mean, spread)))


def _numbers(
    spectrum: Spectrum, E: Float[Array, "member k level"], levels: Levels
) -> dict[str, Any]:
    """Return the numbers of one system for ensemble.json [eV, meV]."""
    spread = levels.spread * HARTREE_EV * 1e3
    mean, largest = (round(float(x), PLACES) for x in (spread.mean(), spread.max()))
    fitted, held = (_rms_mev(spectrum, E, t) for t in (spectrum.targets, spectrum.held))
    return {
        **_edges(spectrum, jax.vmap(spectrum.aligned)(E)),
        "spread_mev": {"mean": mean, "largest": largest},
        "rmse_mev": fitted,
        "holdout_rmse_mev": held,
    }


def _edges(spectrum: Spectrum, E: Float[Array, "member k level"]) -> dict[str, Any]:
    """Return gap and band edges relative to the energy zero of the reference [eV]."""
    v = spectrum.occupied
    if not 0 < v < E.shape[2]:
        return dict.fromkeys(("gap_ev", "vbm_ev", "cbm_ev"))
    vbm, cbm = jnp.max(E[:, :, v - 1], axis=1), jnp.min(E[:, :, v], axis=1)
    edges = {"gap_ev": cbm - vbm, "vbm_ev": vbm, "cbm_ev": cbm}
    return {name: _both(x * HARTREE_EV) for name, x in edges.items()}


def _rms_mev(
    spectrum: Spectrum, E: Float[Array, "member k level"], targets: tuple
) -> dict[str, float] | None:
    """Return the error over all bands and k-points with a weight [meV]; None without any."""
    target = bands_among(targets)
    if target is None:
        return None

    def error(E: Float[Array, "k level"]) -> Float[Array, "k band"]:
        return target.error(spectrum.bands(E))

    rms = jnp.sqrt(jnp.mean(jax.vmap(error)(E)[:, target.seen] ** 2, axis=(1, 2)))
    return _both(rms * HARTREE_EV * 1e3)


def _both(x: Float[Array, " member"]) -> dict[str, float]:
    """Return mean and spread of one number."""
    mean, spread = (round(float(y), PLACES) for y in mean_and_spread(x))
    return {"mean": mean, "spread": spread}


def _curves(objective: Objective, theta: Float[Array, "member parameter"]) -> Curves | None:
    """Return v(q) and v(r) of all members as they are plotted; None for a table."""
    parameters = objective.parameters
    if parameters.model.local.lengths is not None:
        return None

    def v_q(v: FormFactors) -> Float[Array, "q species"]:
        return v(jnp.asarray(Q))

    def v_r(v: FormFactors) -> Float[Array, "r species"]:
        return real_space(v, jnp.asarray(R))

    parts: list[Any] = []
    for x, curve in ((Q, v_q), (R, v_r)):
        of_all = jax.vmap(lambda t, curve=curve: curve(parameters.put(t).local))(theta)
        parts += [x, of_all, *mean_and_spread(of_all)]
    return Curves(*map(np.asarray, parts))
