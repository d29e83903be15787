"""`nnpp tune`: trials of a fit with other hyperparameters, the best one, and importances.

The study is study.json: it contains every trial that ended, and a study that was stopped or
killed continues from it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree

from nnpp.config.inputs import TUNED, Fit
from nnpp.config.tuning import Tuning, Value
from nnpp.devices.start import start_devices
from nnpp.errors import InputError
from nnpp.runs.folder import described, refuse_unusable
from nnpp.runs.lock import Held, held
from nnpp.runs.study import Study, Trial, read_study, write_study
from nnpp.setup.cases import Case
from nnpp.setup.objective import held_out
from nnpp.setup.prepare import prepare
from nnpp.workflows.fits.provenance import contents
from nnpp.workflows.train.run import with_steps
from nnpp.workflows.tune.results import importances, remove_results, write_results
from nnpp.workflows.tune.space import Space, own_values, rounded, space_of, with_values

SCRATCH = "ray"
"""The folder in which Ray writes during the search."""


@dataclass(frozen=True)
class Options:
    """Options of the command line.

    Attributes:
        trials: total number of trials; None for the value in the fit.
        steps: largest number of steps of a trial; None for the value in the fit.
        fresh: whether to delete existing trials.
        address: address of a running Ray cluster; None starts one on this machine.
    """

    trials: int | None = None
    steps: int | None = None
    fresh: bool = False
    address: str | None = None


@dataclass(frozen=True)
class Search:
    """A search.

    Attributes:
        fit: the original fit.
        space: the hyperparameters and their ranges.
        trials: total number of trials.
        steps: largest number of steps of a trial.
        folder: folder of the study.
        identity: SHA-256 of everything that determines the result of a trial.
    """

    fit: Fit
    space: Space
    trials: int
    steps: int
    folder: Path
    identity: str


@dataclass(frozen=True)
class Begun:
    """A study starts, or continues after `done` trials, with `at_once` trials in parallel."""

    search: Search
    done: int
    at_once: int


@dataclass(frozen=True)
class Tried:
    """A trial, the last of the study, ended and is saved."""

    study: Study


@dataclass(frozen=True)
class Tuned:
    """A study is complete, or was stopped by a signal.

    Attributes:
        search: the search.
        stopped: whether a signal stopped it.
        study: all trials.
        own: values of the original fit, within the space.
        importance: importance of each setting; None for too few trials.
        paths: the written files.
    """

    search: Search
    stopped: bool
    study: Study
    own: Mapping[str, Value]
    importance: Mapping[str, float | None]
    paths: tuple[Path, ...]


Event = Begun | Tried | Tuned


def run_tune(
    fit: Fit, out: Path, options: Options, stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Run the missing trials and yield events.

    Args:
        fit: the original fit.
        out: folder of results.
        options: options of the command line.
        stop: returns whether to stop; called repeatedly.
    """
    search = _search(fit, out, options)
    done = 0 if options.fresh else len(read_study(search.folder, search.identity).trials)
    with _workers(options.address, search.trials - done) as at_once:
        start_devices()
        cases = prepare(fit)
        _check_ranges(search, cases)
        with held(search.folder) as lock:
            if options.fresh:
                remove_results(search.folder)
            yield from _studied(search, cases, at_once, stop, lock)


def _search(fit: Fit, out: Path, options: Options) -> Search:
    """Return the search; raise all errors that need no computation."""
    spec = fit.spec
    if not spec.fit.hold_out:
        what = "hold_out: trials need held-out levels to be compared"
        raise spec.origin.error(what, "add hold_out: 0.2", "fit", "hold_out")
    space, steps = space_of(spec), options.steps or spec.fit.steps
    if not steps:
        raise spec.origin.error("steps: is 0", "write steps: 40", "fit", "steps")
    folder = out / fit.name / TUNED
    refuse_unusable(out / fit.name, TUNED)
    trials = options.trials or (spec.tune or Tuning()).trials
    return Search(fit, space, trials, steps, folder, _identity(fit, space, steps))


def _identity(fit: Fit, space: Space, steps: int) -> str:
    """Return the hash of the fit, its files, the space, and the length of a trial."""
    length = [steps, fit.spec.fit.tolerance, fit.spec.fit.patience]
    # "whole" was the name of `integer`; it stays, so that old studies keep their identity.
    varied = {
        key: {"whole" if name == "integer" else name: x for name, x in asdict(d).items()}
        for key, d in space.items()
    }
    content = [described(fit), contents(fit), length, varied]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _workers(address: str | None, trials: int) -> AbstractContextManager[int]:
    """Start Ray if any trial is missing; the context gives the number of parallel trials."""
    if trials <= 0:
        return nullcontext(0)
    for library in ("ray", "optuna"):
        if find_spec(library) is None:
            raise InputError(f"{library} is not installed", "pip install 'nnpp[tune]'", "tune")
    from nnpp.workflows.tune.ray_executor import started  # an extra

    return started(address)


def _check_ranges(search: Search, cases: list[Case]) -> None:
    """Raise an error without held-out k-points, or for ranges with invalid ends."""
    fit, settings = search.fit, search.fit.spec.fit
    if not any(held_out(case, settings.hold_out, settings.seed).any() for case in cases):
        what = f"hold_out: a fraction of {settings.hold_out:g} is less than one k-point"
        raise fit.spec.origin.error(what, "increase it", "fit", "hold_out")
    for end in ("low", "high"):
        ends = {key: getattr(dimension, end) for key, dimension in search.space.items()}
        with_values(fit, rounded(search.space, ends), cases)


def _studied(
    search: Search, cases: list[Case], at_once: int, stop: Callable[[], bool], lock: Held
) -> Iterator[Event]:
    """Run the study trial by trial; yield events and the result."""
    study = read_study(search.folder, search.identity)
    own = own_values(search.fit, search.space, cases)
    yield Begun(search, len(study.trials), at_once)
    if len(study.trials) < search.trials:
        for trial in _trials(search, study, own, at_once, stop):
            study = study.and_then(trial)
            lock.require()
            write_study(search.folder, study)
            yield Tried(study)
    stopped = stop()
    if study.best is None and not stopped:
        failed = [trial.why for trial in study.trials if trial.why]
        what = f"no trial finished; the last failure: {failed[-1] if failed else ''}"
        raise InputError(what, "correct the fit, or narrow the space", search.folder)
    lock.require()
    paths = write_results(search.folder, search.fit, study, search.space, cases)
    found = importances(study, search.space)
    yield Tuned(search, stopped, study, own, found, tuple(paths))


def _trials(
    search: Search,
    study: Study,
    own: Mapping[str, Value],
    at_once: int,
    stop: Callable[[], bool],
) -> Iterator[Trial]:
    """Run the missing trials; remove Ray's files at the end."""
    from nnpp.workflows.tune.ray_executor import Plan, run_parallel

    scratch = search.folder.resolve() / SCRATCH
    rmtree(scratch, ignore_errors=True)  # left by a study that was killed
    plan = Plan(
        fit=with_steps(search.fit, search.steps),
        space=search.space,
        first=own,
        trials=search.trials,
        at_once=at_once,
        scratch=scratch,
    )
    try:
        yield from run_parallel(plan, study, stop)
    finally:
        rmtree(scratch, ignore_errors=True)
