"""`nnpp train`: train the potential of each run, and optionally an ensemble."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from nnpp.config.inputs import Fit
from nnpp.devices.processes import on_all_processes
from nnpp.devices.recorder import Listener, Recorder
from nnpp.devices.start import start_devices
from nnpp.fitting.method import measure
from nnpp.plotting.movie import movie_writer
from nnpp.runs.outputs import record
from nnpp.runs.shared import require_same
from nnpp.units import HARTREE_EV
from nnpp.workflows.fits.provenance import hashes, write_run
from nnpp.workflows.train.ensemble import (
    Wanted,
    refuse_impossible,
    run_ensemble,
    write_ensembles,
)
from nnpp.workflows.train.loop import (
    Begun,
    Ended,
    Event,
    Stopped,
    Trained,
    run_training,
    save_steps,
)
from nnpp.workflows.train.outputs import Film, check_levels, errors_by_band, write_outputs
from nnpp.workflows.train.run import Run, read_run


@dataclass(frozen=True)
class Options:
    """Options of training.

    Attributes:
        steps: maximum number of steps, eased ones included; None: as in the fit.
        fresh: whether to delete earlier results of training.
        movie: "gif" or "mp4" for a film of the fit, or None.
        members: number of members of an ensemble to train as well.
        by: what they differ by, "kpoints" or "seeds".
    """

    steps: int | None = None
    fresh: bool = False
    movie: str | None = None
    members: int = 0
    by: str = "kpoints"

    def __post_init__(self):
        """Raise an error for an impossible film or ensemble before anything is computed."""
        if self.movie is not None:
            movie_writer(self.movie)
        Wanted(self.members, self.by, self.fresh)

    @property
    def ensemble(self) -> Wanted:
        """The requested ensemble."""
        return Wanted(self.members, self.by, self.fresh)


def run_train(
    fits: list[Fit], options: Options, stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Train each run and yield events; `stop` is called after every step.

    All runs are read and checked before any is trained.
    """
    start_devices()
    runs = on_all_processes(lambda: [read_run(fit, options.steps) for fit in fits])
    require_same([run.identity for run in runs], fits[0].folder.parent)
    for run in runs:
        refuse_impossible(run.objective, run.cases, options.ensemble, run.folder.path)
    for fit, run in zip(fits, runs, strict=True):
        recorder = Recorder(*_listeners(fit, run, options), stop=stop)
        locked = run.folder.training(options.fresh, run.training.steps)
        with recorder.holding(locked) as guarded:
            for event in _train(run, options, guarded):
                yield event
                if isinstance(event, Stopped):
                    return


def _listeners(fit: Fit, run: Run, options: Options) -> list[Listener]:
    """Return the listeners that check, save and draw the events of a run, in this order."""

    def write_settings(event: Any) -> None:
        if isinstance(event, Begun) and not event.step:  # the method may be another one
            written = write_run(run.folder.path, fit, hashes(fit), {})
            record(run.folder.path, [written], "train")

    return [
        write_settings,
        check_levels(run),
        save_steps(run.training, run.folder, run.identity),
        write_outputs(run),
        write_ensembles(run),
        Film(run, options.movie),
    ]


def _train(run: Run, options: Options, recorder: Recorder) -> Iterator[Event]:
    """Yield the events of one run."""
    name, training, until = run.fit.name, run.training, run.training.eased_until
    for event in run_training(name, training, run.folder, run.identity, recorder):
        match event:
            case Begun():
                text = f"up to step {until}: levels weighted evenly, no priors"
                eased = (text,) if event.step < until else ()
                yield replace(event, notes=(*run.fit.notes, *event.notes, *eased))
            case Ended():
                trained = _trained(run, event)
                added = recorder(trained)
                notes = tuple(x for x in added if isinstance(x, str))
                paths = tuple(x for x in added if not isinstance(x, str))
                yield replace(trained, paths=paths, notes=notes)
                yield from run_ensemble(run, event.progress, options.ensemble, recorder)
            case _:
                yield event


def _trained(run: Run, ended: Ended) -> Trained:
    """Return losses and errors at the best θ, evaluated again only where necessary."""
    state, course = ended.progress.state, ended.progress.course
    known = not run.training.stages[course.stage].eased and ended.progress.at_best
    measured = state.measured if known else measure(run.objective, state.best)
    return Trained(
        name=run.fit.name,
        folder=run.folder.path,
        why=ended.why,
        step=course.step,
        loss_ev2=float(measured.loss) * HARTREE_EV**2,
        errors=errors_by_band(run.objective, measured),
        measured=measured,
        progress=ended.progress,
    )
