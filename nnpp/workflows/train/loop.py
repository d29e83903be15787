"""The training loop of any model, and the events of training.

Listeners save, draw and check the events; the command line prints them. Every step is saved
before it is reported: a run killed at any moment continues from there.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from nnpp.devices.recorder import Listener, Recorder
from nnpp.errors import InputError
from nnpp.fitting.objective import Measured
from nnpp.fitting.training import Progress, Training
from nnpp.observables.comparison import LevelErrors
from nnpp.runs.checkpoint_file import Checkpoint
from nnpp.runs.folder import CHECKPOINTS, RunFolder


@dataclass(frozen=True)
class Begun:
    """A fit starts, or continues after `step`; `numbers` are those of the potential there."""

    name: str
    folder: Path
    parameters: int
    residuals: int
    step: int
    steps: int
    numbers: Mapping[str, float | bool]
    progress: Progress = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stepped:
    """A step is finished; `numbers` is its line of metrics.jsonl."""

    name: str
    step: int
    steps: int
    numbers: Mapping[str, float | bool]
    progress: Progress = field(repr=False)


@dataclass(frozen=True)
class Ended:
    """All stages of a fit have ended."""

    name: str
    progress: Progress = field(repr=False)

    @property
    def why(self) -> str:
        """The reason why the fit ended."""
        return self.progress.course.ended or "all its steps are done"


@dataclass(frozen=True)
class Stopped:
    """A signal stopped the fit after a step that is saved."""

    name: str
    step: int


@dataclass(frozen=True)
class Errors:
    """Root-mean-square errors of one system.

    Attributes:
        name: name of the system.
        of_levels: errors of band edges and of all levels, by the set of k-points.
        fitted_mev: error of each band over fitted k-points [meV].
        held_mev: the same over held-out k-points; None if there are none.
        occupied: number of occupied bands.
    """

    name: str
    of_levels: Mapping[str, LevelErrors]
    fitted_mev: Float[np.ndarray, " band"]
    held_mev: Float[np.ndarray, " band"] | None
    occupied: int


@dataclass(frozen=True)
class Trained:
    """A potential is trained.

    Attributes:
        name: name of the run.
        folder: folder of the run.
        why: why training ended.
        step: number of steps taken.
        loss_ev2: the loss [eV²].
        errors: errors of all bands.
        measured: the evaluation at the best θ.
        progress: the last state.
        paths: files written.
        notes: what could not be drawn.
    """

    name: str
    folder: Path
    why: str
    step: int
    loss_ev2: float
    errors: tuple[Errors, ...]
    measured: Measured = field(repr=False)
    progress: Progress = field(repr=False)
    paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ensemble:
    """An ensemble is trained or was found.

    Attributes:
        name: name of the run.
        members: number of members.
        by: what they differ by.
        steps: steps of each member.
        gaps_ev: mean and spread of the gap of each system that has one [eV].
        widest_mev: the largest spread of a level [meV].
        seconds: wall time of its training.
        paths: files written.
    """

    name: str
    members: int
    by: str
    steps: int
    gaps_ev: Mapping[str, tuple[float, float]]
    widest_mev: float
    seconds: float
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class MembersStepped:
    """All members of an ensemble took one of at most `steps` steps; the first event is 0."""

    name: str
    step: int
    steps: int


Event = Begun | Stepped | Trained | MembersStepped | Ensemble | Stopped
"""Events that `nnpp train` reports."""


def run_training(
    name: str, training: Training, folder: RunFolder, identity: str, recorder: Recorder
) -> Iterator[Begun | Stepped | Ended | Stopped]:
    """Start or resume a fit, and yield an event before it, after each step and at its end.

    Args:
        name: name of the run.
        training: what is minimised, and how.
        folder: where checkpoints are; save_steps(...) among the listeners writes them.
        identity: SHA-256 of all that determines the fit; other checkpoints raise an error.
        recorder: receives every event before it is yielded; can stop the fit after a step.
    """
    began = time.perf_counter()
    resumed = folder.resume(identity)
    progress = _progress(training, folder, resumed.checkpoint)
    seconds = round(resumed.seconds + time.perf_counter() - began, 3)
    begun = _begun(name, training, folder, progress, seconds)
    yield replace(begun, notes=(*resumed.notes, *recorder(begun)))
    while not recorder.stopped():
        following = training.advance(progress)
        if following is None:
            yield Ended(name, progress)
            return
        progress, step = following, following.course.step
        seconds = round(resumed.seconds + time.perf_counter() - began, 3)
        numbers = training.numbers(progress) | {"seconds": seconds}
        stepped = Stepped(name, step, training.steps, numbers, progress)
        recorder(stepped)
        yield stepped
    yield Stopped(name, progress.course.step)


def save_steps(training: Training, folder: RunFolder, identity: str) -> Listener:
    """Return a listener that writes the line of metrics and the checkpoint of every step."""

    def save(event: Any) -> None:
        match event:
            case Begun(step=0):
                folder.begin(event.numbers)
            case Stepped():
                arrays, about = training.saved(event.progress)
                folder.save(Checkpoint(event.step, arrays, about, identity), event.numbers)

    return save


def _progress(training: Training, folder: RunFolder, found: Checkpoint | None) -> Progress:
    """Return the state before the first step, or that of a checkpoint."""
    if found is None:
        return training.start()
    try:
        return training.resume(found.arrays, found.about)
    except InputError as error:
        raise error.at(folder.path / CHECKPOINTS) from error


def _begun(
    name: str, training: Training, folder: RunFolder, progress: Progress, seconds: float
) -> Begun:
    """Return the event before the first step."""
    objective = training.objective
    observed = zip(objective.sources, progress.state.measured.y, strict=True)
    return Begun(
        name=name,
        folder=folder.path,
        parameters=objective.parameters.start().size,
        residuals=sum(source.residuals(y).size for source, y in observed),
        step=progress.course.step,
        steps=training.steps,
        numbers=training.numbers(progress) | {"seconds": seconds},
        progress=progress,
    )
