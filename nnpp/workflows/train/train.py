"""`nnpp train`: from the start of a run to a potential that meets its targets, step by step.

Every step is saved before it is told: a run killed at any moment goes on where it was.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from nnpp.config.inputs import Fit
from nnpp.devices.parallel import one_device_per_core
from nnpp.devices.processes import any_process, on_all_processes, on_process_zero
from nnpp.fitting.method import measure
from nnpp.fitting.objective import Measured
from nnpp.plotting.movie import movie_writer
from nnpp.runs.checkpoints import save
from nnpp.runs.folder import CHECKPOINTS, METRICS, forget, metrics_of
from nnpp.runs.lock import held
from nnpp.runs.metrics import append, cut
from nnpp.units import HARTREE_EV
from nnpp.workflows.fits.provenance import hashes, write_run
from nnpp.workflows.train.ensemble import Wanted, refuse_impossible, run_ensemble
from nnpp.workflows.train.errors_by_band import errors_by_band
from nnpp.workflows.train.events import Begun, Event, Stepped, Stopped, Trained
from nnpp.workflows.train.missed_levels import EVERY, refuse_missed_levels
from nnpp.workflows.train.movie import Film
from nnpp.workflows.train.outputs import write_trained
from nnpp.workflows.train.progress import (
    Place,
    advanced,
    begun_or_resumed,
    checkpoint,
    numbers_of,
)
from nnpp.workflows.train.run import Run, read_run
from nnpp.workflows.train.shared_files import refuse_different


@dataclass(frozen=True)
class Options:
    """What the command line says of training.

    Attributes:
        steps: most steps of the method, eased ones included, in place of what the fit says.
        fresh: whether to forget what was trained before.
        movie: "gif" or "mp4" to draw a film of the fit, or None.
        members: how many members of an ensemble are trained as well.
        by: what they differ by, "kpoints" or "seeds".
    """

    steps: int | None = None
    fresh: bool = False
    movie: str | None = None
    members: int = 0
    by: str = "kpoints"

    def __post_init__(self):
        """Refuse a film or an ensemble that cannot be before anything is computed."""
        if self.movie is not None:
            movie_writer(self.movie)
        Wanted(self.members, self.by, self.fresh)

    @property
    def ensemble(self) -> Wanted:
        """What it says of an ensemble."""
        return Wanted(self.members, self.by, self.fresh)


def run_train(
    fits: list[Fit], options: Options, stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Train each run; `stop` is asked after every step. All are read before any is trained."""
    one_device_per_core()
    runs = on_all_processes(lambda: [read_run(fit, options.steps) for fit in fits])
    refuse_different(runs)
    for run in runs:
        refuse_impossible(run, options.ensemble)
    for fit, run in zip(fits, runs, strict=True):
        with ExitStack() as until_done:
            on_process_zero(partial(until_done.enter_context, held(run.folder)))
            if options.fresh:
                on_process_zero(partial(forget, run.folder))
            for event in _train(fit, run, options, lambda: any_process(stop())):
                yield event
                if isinstance(event, Stopped):
                    return


def _train(fit: Fit, run: Run, options: Options, stop: Callable[[], bool]) -> Iterator[Event]:
    """Begin or go on, step by step, then write what came out."""
    began, name = time.perf_counter(), run.fit.name
    place, notes = begun_or_resumed(run)
    if not place[1].step:  # the method may be another one
        on_process_zero(lambda: write_run(run.folder, fit, hashes(fit), {}))
    past = on_process_zero(partial(_past, run, place[1].step))
    film = Film(run, options.movie)
    lacks = on_process_zero(partial(film.lacks, place[1].step))
    yield _begun(run, place, (*notes, *lacks))
    while not stop():
        on = advanced(run, place)
        if on is None:
            yield _trained(run, place, film)
            yield from run_ensemble(run, place, options.ensemble, stop)
            return
        place = on
        state, course = place
        numbers = numbers_of(run.objective, state)
        if run.stages[course.stage].eased:
            numbers["eased"] = True
        numbers["seconds"] = round(past + time.perf_counter() - began, 3)
        on_process_zero(partial(_look_now_and_then, run, place))
        on_process_zero(partial(_keep, run, place, numbers, film))
        yield Stepped(name, course.step, run.steps, numbers)
    yield Stopped(name, place[1].step)


def _look_now_and_then(run: Run, place: Place) -> None:
    """Before a step is kept: whether it rests on the lowest levels."""
    state, course = place
    turn, other = divmod(course.step, EVERY)
    if not other and _is_best(state):
        refuse_missed_levels(run.objective, state.best, state.measured, turn)


def _keep(run: Run, place: Place, numbers: dict[str, Any], film: Film) -> None:
    """Write down a step."""
    state, course = place
    append(run.folder / METRICS, {"step": course.step} | numbers)
    save(run.folder / CHECKPOINTS, checkpoint(run, place))  # last: what it lacks is cut off
    film.add(course.step, state)


def _past(run: Run, step: int) -> float:
    """Seconds that earlier training took, once the lines after `step` are cut off."""
    cut(run.folder / METRICS, step)
    lines = metrics_of(run.folder) if step else []
    return float(lines[-1].get("seconds", 0.0)) if lines else 0.0


def _begun(run: Run, place: Place, notes: tuple[str, ...]) -> Begun:
    """What is about to be trained."""
    state, course = place
    until = run.eased_until
    eased = (
        [f"up to step {until}: levels weighted evenly, no priors"]
        if course.step < until
        else []
    )
    observed = zip(run.objective.sources, state.measured.y, strict=True)
    return Begun(
        name=run.fit.name,
        folder=run.folder,
        parameters=run.objective.parameters.start().size,
        residuals=sum(source.residuals(y).size for source, y in observed),
        step=course.step,
        steps=run.steps,
        notes=(*run.fit.notes, *notes, *eased),
    )


def _at_best(run: Run, place: Place) -> Measured:
    """What the best θ gives; the last evaluation has often seen it."""
    state, course = place
    seen = not run.stages[course.stage].eased and _is_best(state)
    return state.measured if seen else measure(run.objective, state.best)


def _is_best(state: Any) -> bool:
    """Whether the last evaluation was that of the best θ."""
    return float(state.measured.loss) == float(state.lowest)


def _trained(run: Run, place: Place, film: Film) -> Trained:
    """What came out, once it is written."""
    state, course = place
    measured = _at_best(run, place)
    on_process_zero(partial(refuse_missed_levels, run.objective, state.best, measured))
    errors = errors_by_band(run.objective, measured)
    loss = float(measured.loss) * HARTREE_EV**2
    paths = on_process_zero(partial(write_trained, run, state.best, loss, errors))
    return Trained(
        name=run.fit.name,
        folder=run.folder,
        why=course.ended or "all its steps are done",
        step=course.step,
        loss_ev2=loss,
        errors=errors,
        paths=(*paths, *on_process_zero(film.drawn)),
    )
