"""`nnpp tune`: trials of a fit with other numbers, which of them is best, and what mattered.

study.json is the study: a trial is in it once it has ended, and a study that was stopped or
killed goes on with those that are.
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
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable
from nnpp.runs.folder import described
from nnpp.runs.lock import held
from nnpp.runs.study import Study, Trial, read_study, write_study
from nnpp.setup.cases import Case
from nnpp.setup.hold_out import held_out
from nnpp.setup.prepare import prepare
from nnpp.workflows.fits.provenance import contents
from nnpp.workflows.train.run import with_steps
from nnpp.workflows.tune.space import Space, own_values, rounded, space_of, with_values
from nnpp.workflows.tune.tuned import forget_tuned, importances, write_tuned

SCRATCH = "ray"
"""Where Ray writes while it works."""


@dataclass(frozen=True)
class Options:
    """What the command line says of a search.

    Attributes:
        trials: how many in all, in place of what the fit says.
        steps: most steps of a trial, in place of what the fit says.
        fresh: whether to forget the trials there are.
        address: of a Ray cluster that runs; one of our own without.
    """

    trials: int | None = None
    steps: int | None = None
    fresh: bool = False
    address: str | None = None


@dataclass(frozen=True)
class Search:
    """A search as it is to be done.

    Attributes:
        fit: as it stands.
        space: what is varied in it.
        trials: how many in all.
        steps: most steps of one.
        folder: where the study lies.
        identity: SHA-256 of all that decides what a trial comes to.
    """

    fit: Fit
    space: Space
    trials: int
    steps: int
    folder: Path
    identity: str


@dataclass(frozen=True)
class Begun:
    """A study is about to begin, or to go on after `done` trials, so many at a time."""

    search: Search
    done: int
    at_once: int


@dataclass(frozen=True)
class Tried:
    """One more trial has ended, the last of the study, and is saved."""

    study: Study


@dataclass(frozen=True)
class Tuned:
    """A study is done, or was stopped by a signal, and this is what it tells so far.

    Attributes:
        search: that was done.
        stopped: whether a signal came.
        study: all trials.
        own: numbers of the fit itself, as far as the space holds them.
        importance: how much of their order each number explains; None for too few trials.
        paths: files written.
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
    """Try what is still to be tried; `stop` is asked all the time."""
    search = _search(fit, out, options)
    there = 0 if options.fresh else len(read_study(search.folder, search.identity).trials)
    with _workers(options.address, search.trials - there) as at_once:
        cases = prepare(fit)
        _refuse_untestable(search, cases)
        with held(search.folder):
            if options.fresh:
                forget_tuned(search.folder)
            yield from _studied(search, cases, at_once, stop)


def _search(fit: Fit, out: Path, options: Options) -> Search:
    """What is to be done; whatever can be refused before anything is computed, is."""
    spec = fit.spec
    if not spec.fit.hold_out:
        what = "hold_out: nothing is held out by which trials could be judged"
        raise spec.origin.error(what, "add hold_out: 0.2", "fit", "hold_out")
    space, steps = space_of(spec), options.steps or spec.fit.steps
    if not steps:
        raise spec.origin.error("steps: a trial has none", "ask for some", "fit", "steps")
    folder = out / fit.name / TUNED
    refuse_unwritable(folder)
    trials = options.trials or (spec.tune or Tuning()).trials
    return Search(fit, space, trials, steps, folder, _identity(fit, space, steps))


def _identity(fit: Fit, space: Space, steps: int) -> str:
    """Of the fit, its files, the space, and how long a trial takes."""
    long = [steps, fit.spec.fit.tolerance, fit.spec.fit.patience]
    varied = {key: asdict(dimension) for key, dimension in space.items()}
    said = [described(fit), contents(fit), long, varied]
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _workers(address: str | None, trials: int) -> AbstractContextManager[int]:
    """Ray, if any trial is to be done; lends how many are at a time."""
    if trials <= 0:
        return nullcontext(0)
    for library in ("ray", "optuna"):
        if find_spec(library) is None:
            raise InputError(f"{library} is not installed", "pip install 'nnpp[tune]'", "tune")
    from nnpp.workflows.tune.ray_executor import started  # an extra

    return started(address)


def _refuse_untestable(search: Search, cases: list[Case]) -> None:
    """Too few k-points to hold any out, or ranges whose ends no fit may have."""
    fit, settings = search.fit, search.fit.spec.fit
    if not any(held_out(case, settings.hold_out, settings.seed).any() for case in cases):
        what = f"hold_out: a share of {settings.hold_out:g} is not one k-point"
        raise fit.spec.origin.error(what, "raise it", "fit", "hold_out")
    for end in ("low", "high"):
        ends = {key: getattr(dimension, end) for key, dimension in search.space.items()}
        with_values(fit, rounded(search.space, ends), cases)


def _studied(
    search: Search, cases: list[Case], at_once: int, stop: Callable[[], bool]
) -> Iterator[Event]:
    """The study, trial by trial, and what it tells in the end."""
    study = read_study(search.folder, search.identity)
    own = own_values(search.fit, search.space, cases)
    yield Begun(search, len(study.trials), at_once)
    if len(study.trials) < search.trials:
        for trial in _trials(search, study, own, at_once, stop):
            study = study.and_then(trial)
            write_study(search.folder, study)
            yield Tried(study)
    stopped = stop()
    if study.best is None and not stopped:
        failed = [trial.why for trial in study.trials if trial.why]
        what = f"no trial was finished; the last that failed: {failed[-1] if failed else ''}"
        raise InputError(what, "mend the fit, or narrow the space", search.folder)
    paths = write_tuned(search.folder, search.fit, study, search.space, cases)
    found = importances(study, search.space)
    yield Tuned(search, stopped, study, own, found, tuple(paths))


def _trials(
    search: Search,
    study: Study,
    own: Mapping[str, Value],
    at_once: int,
    stop: Callable[[], bool],
) -> Iterator[Trial]:
    """The trials that are still to be done; Ray's own files go with them."""
    from nnpp.workflows.tune.ray_executor import Plan, side_by_side

    scratch = search.folder.resolve() / SCRATCH
    rmtree(scratch, ignore_errors=True)  # of a study that was killed
    plan = Plan(
        fit=with_steps(search.fit, search.steps),
        space=search.space,
        first=own,
        trials=search.trials,
        at_once=at_once,
        scratch=scratch,
    )
    try:
        yield from side_by_side(plan, study, stop)
    finally:
        rmtree(scratch, ignore_errors=True)
