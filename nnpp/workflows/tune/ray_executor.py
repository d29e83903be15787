"""Trials side by side: Ray Tune runs them, Optuna's TPE proposes their numbers.

The only file that knows either. Ray forks as it starts, and so is started before JAX. Tune
works in a thread of its own, as it would take the signals of the main one.
"""

# They come with an extra, `nnpp[tune]`:
# pyright: reportMissingImports=false

import logging
import math
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
import optuna
import ray
from optuna import distributions
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from nnpp.config.inputs import Fit
from nnpp.config.tuning import Dimension, Value
from nnpp.devices.machine import cores
from nnpp.errors import InputError, NnppError
from nnpp.runs.study import Study, Trial
from nnpp.workflows.tune.ledger import ENDED, HELD_OUT, TRAINING, WHY, Ledger
from nnpp.workflows.tune.space import Space, rounded
from nnpp.workflows.tune.trial import tried

ALONE = {"JAX_NUM_CPU_DEVICES": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
"""A trial has one core, whatever the machine has."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # tells nobody of its use
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",  # the other output cannot be silenced
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
}
"""Ray by default, where the user has not said otherwise."""

SHORT = "/tmp" if Path("/tmp").is_dir() else None
"""Where Ray has its sockets, whose names may be 107 letters long."""

OBJECTS = 100_000_000
"""Shared memory of a Ray of our own [bytes]: what trials send is small."""


OPTION, PATIENCE = "--address", 10.0
"""Names the cluster, which must answer within so many seconds."""


@dataclass(frozen=True)
class Plan:
    """What a study is to do.

    Attributes:
        fit: whose numbers are varied.
        space: which, and how far.
        first: those of the first trial.
        trials: how many in all.
        at_once: how many at a time.
        scratch: where Ray may write; every machine of a cluster must see it.
    """

    fit: Fit
    space: Space
    first: Mapping[str, Value]
    trials: int
    at_once: int
    scratch: Path


@contextmanager
def started(address: str | None) -> Iterator[int]:
    """Ray on the cluster at an address, or on the cores of this machine; lends their number."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory("", "nnpp-", SHORT, ignore_cleanup_errors=True) as folder:
        _start(address, Path(folder))
        try:
            yield max(1, int(ray.cluster_resources().get("CPU", 1)))
        except KeyboardInterrupt:  # Tune works on, and would start Ray anew: it ends with us
            raise
        except BaseException:
            ray.shutdown()
            raise
        ray.shutdown()


def _start(address: str | None, folder: Path) -> None:
    """Join a cluster, or start one with its files in `folder`; signals stay as they are."""
    options: dict[str, Any] = {"runtime_env": {"env_vars": ALONE}, "log_to_driver": False}
    if address is None:
        options |= {"num_cpus": cores(), "num_gpus": 0, "include_dashboard": False}
        options |= {"object_store_memory": OBJECTS, "_temp_dir": str(folder)}
    before = signal.getsignal(signal.SIGTERM)
    try:
        _knock(address)
        ray.init(address or "local", logging_level=logging.CRITICAL, **options)
    except (OSError, ValueError) as error:
        if address is None:
            raise
        what = f"the Ray cluster at {address} cannot be joined"
        remedy = "write HOST:PORT, or auto on one of its machines, and give Ray its token"
        raise InputError(what, remedy, OPTION) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _knock(address: str | None) -> None:
    """Raise an OSError or ValueError if nobody listens there: Ray would wait for hours."""
    if address not in (None, "auto"):
        host, _, port = address.rpartition("//")[2].rpartition(":")
        socket.create_connection((host, int(port)), PATIENCE).close()


def side_by_side(plan: Plan, study: Study, stop: Callable[[], bool]) -> Iterator[Trial]:
    """Every further trial as it ends; `stop` is asked all the time."""
    told: SimpleQueue[Trial | Exception | None] = SimpleQueue()
    Thread(target=_work, args=(plan, study, stop, told), daemon=True).start()
    while (item := told.get()) is not None:
        if isinstance(item, Exception):
            raise item
        yield item


def _work(plan: Plan, study: Study, stop: Callable[[], bool], told: SimpleQueue) -> None:
    """The thread: whatever goes wrong is told as well, and None at the end."""
    try:
        ledger = Ledger(plan.space, plan.fit.spec.fit.steps, study, told.put)
        _tune(plan, study, _Watch(ledger, stop))
    except Exception as error:  # noqa: BLE001 -- raised where it is heard
        told.put(error)
    finally:
        told.put(None)


def _tune(plan: Plan, study: Study, watch: "_Watch") -> None:
    """All trials that are still to be done."""
    trial = tune.with_parameters(_trial, fit=plan.fit, space=plan.space)
    tune.Tuner(
        tune.with_resources(trial, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            search_alg=proposals(plan, study),
            num_samples=plan.trials - len(study.trials),
            max_concurrent_trials=plan.at_once,
            reuse_actors=True,  # what is compiled for one trial, others need as well
        ),
        run_config=tune.RunConfig(
            name="ray", storage_path=str(plan.scratch), stop=watch, callbacks=[watch], verbose=0
        ),
    ).fit()


def _trial(config: dict[str, Any], fit: Fit, space: Space) -> None:
    """One trial, in a process of its own; one that fails is worse than any other."""
    told: dict[str, Any] = {}
    try:
        for report in tried(fit, rounded(space, config)):
            told = {HELD_OUT: report.held_out_mev, TRAINING: report.training_mev}
            tune.report(told)
    except NnppError as error:
        told = {HELD_OUT: math.inf, WHY: str(error)}
    tune.report(told | {ENDED: True})


def proposals(plan: Plan, study: Study) -> OptunaSearch:
    """TPE, which knows every trial of the study; a new one begins with the fit itself."""
    seed = np.random.SeedSequence([plan.fit.spec.fit.seed, len(study.trials)])
    sampler = optuna.samplers.TPESampler(
        seed=int(seed.generate_state(1)[0]), constant_liar=True
    )
    space = {key: _distribution(dimension) for key, dimension in plan.space.items()}
    first = [] if study.trials else [dict(plan.first)]
    search = OptunaSearch(
        space, metric=HELD_OUT, mode="min", sampler=sampler, points_to_evaluate=first
    )
    for trial in study.ranked("finished", "pruned"):
        search.add_evaluated_point(trial.values, trial.course[-1])
    return search


def _distribution(dimension: Dimension) -> distributions.BaseDistribution:
    """A dimension as Optuna knows it."""
    if dimension.words:
        return distributions.CategoricalDistribution(dimension.words)
    if dimension.whole:
        return distributions.IntDistribution(
            int(dimension.low), int(dimension.high), log=dimension.log
        )
    return distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)


class _Watch(tune.Stopper, tune.Callback):
    """What Ray tells of trials, for the ledger, and is told: when to end one, or all."""

    def __init__(self, ledger: Ledger, stop: Callable[[], bool]):
        self.ledger, self.stop = ledger, stop

    def __getstate__(self) -> dict[str, Any]:
        """Ray pickles whom it asks; nothing of it is ever taken up again."""
        return {}

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether a trial is to end after one more step."""
        return self.ledger.is_hopeless(trial_id, result)

    def stop_all(self) -> bool:
        """Whether a signal has come."""
        return self.stop()

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial ended, or was broken off by a signal."""
        self.ledger.ended(trial.trial_id, trial.config, trial.last_result or {})

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A process came to an unforeseen end: the last line that Ray has of it."""
        said = Path(trial.error_file or os.devnull).read_text(encoding="utf-8").split("\n")
        why = next((line for line in said[::-1] if line.strip()), "unknown")
        self.ledger.failed(trial.trial_id, trial.config, trial.last_result or {}, why)
