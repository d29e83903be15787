"""The training loop of any model: a stream of events, each passed to the recorder first.

Every step is saved before it is reported: a run killed at any moment continues from there.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nnpp.devices.recorder import Listener, Recorder
from nnpp.errors import InputError
from nnpp.fitting.training import Progress, Training
from nnpp.runs.checkpoint_file import Checkpoint
from nnpp.runs.folder import CHECKPOINTS, RunFolder
from nnpp.workflows.train.events import Begun, Ended, Stepped, Stopped


def run_training(
    name: str, training: Training, folder: RunFolder, identity: str, recorder: Recorder
) -> Iterator[Begun | Stepped | Ended | Stopped]:
    """Start or resume a fit, and yield an event before it, after each step and at its end.

    Args:
        name: of the run.
        training: what is minimised, and how.
        folder: where checkpoints are; save_steps(...) among the listeners writes them.
        identity: SHA-256 of all that determines the fit; other checkpoints are refused.
        recorder: receives every event before it is yielded, and is asked to stop.
    """
    began = time.perf_counter()
    resumed = folder.resume(identity)
    progress = _progress(training, folder, resumed.checkpoint)
    begun = _begun(name, training, folder, progress)
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
        if isinstance(event, Stepped):
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


def _begun(name: str, training: Training, folder: RunFolder, progress: Progress) -> Begun:
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
        progress=progress,
    )
