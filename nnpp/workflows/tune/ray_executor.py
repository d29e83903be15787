"""Parallel trials: Ray Tune runs them, Optuna's TPE proposes their hyperparameters.

The only file that imports Ray and Optuna. Ray forks at its start, so it is started before JAX.
Tune runs in a thread of its own, because it would replace the signal handlers of the main one.
"""

# Ray and Optuna come with the extra `nnpp[tune]`:
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
from nnpp.workflows.tune.space import Space, rounded
from nnpp.workflows.tune.trials import ENDED, HELD_OUT, TRAINING, WHY, Ledger, run_trial

ALONE = {"JAX_NUM_CPU_DEVICES": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
"""Environment of a trial, which uses one core of any machine."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no usage reports
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",  # the other output cannot be silenced
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
}
"""Settings of Ray, unless the user has set them."""

SHORT = "/tmp" if Path("/tmp").is_dir() else None
"""Folder of Ray's sockets, whose names may have at most 107 characters."""

OBJECTS = 100_000_000
"""Shared memory of Ray on this machine [bytes]; trials send little data."""

OPTION, PATIENCE = "--address", 10.0
"""The option that names the cluster, and the time in which it must answer [s]."""


@dataclass(frozen=True)
class Plan:
    """The trials of a study.

    Attributes:
        fit: the original fit.
        space: the hyperparameters and their ranges.
        first: values of the first trial.
        trials: total number of trials.
        at_once: number of parallel trials.
        scratch: folder for Ray's files, visible to every machine of a cluster.
    """

    fit: Fit
    space: Space
    first: Mapping[str, Value]
    trials: int
    at_once: int
    scratch: Path


@contextmanager
def started(address: str | None) -> Iterator[int]:
    """Start Ray on a cluster or on this machine; the context gives the number of cores."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory("", "nnpp-", SHORT, ignore_cleanup_errors=True) as folder:
        _start(address, Path(folder))
        try:
            yield max(1, int(ray.cluster_resources().get("CPU", 1)))
        except KeyboardInterrupt:  # Tune still runs and would restart Ray: it ends with us
            raise
        except BaseException:
            ray.shutdown()
            raise
        ray.shutdown()


def _start(address: str | None, folder: Path) -> None:
    """Join a cluster, or start one with its files in `folder`; keep the signal handlers."""
    options: dict[str, Any] = {"runtime_env": {"env_vars": ALONE}, "log_to_driver": False}
    if address is None:
        options |= {"num_cpus": cores(), "num_gpus": 0, "include_dashboard": False}
        options |= {"object_store_memory": OBJECTS, "_temp_dir": str(folder)}
    before = signal.getsignal(signal.SIGTERM)
    try:
        _check_address(address)
        ray.init(address or "local", logging_level=logging.CRITICAL, **options)
    except (OSError, ValueError) as error:
        if address is None:
            raise
        what = f"the Ray cluster at {address} cannot be joined"
        remedy = "write HOST:PORT, or auto on one of its machines, and give Ray its token"
        raise InputError(what, remedy, OPTION) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_address(address: str | None) -> None:
    """Raise an OSError or ValueError if nothing answers: Ray would wait for hours."""
    if address not in (None, "auto"):
        host, _, port = address.rpartition("//")[2].rpartition(":")
        socket.create_connection((host, int(port)), PATIENCE).close()


def run_parallel(plan: Plan, study: Study, stop: Callable[[], bool]) -> Iterator[Trial]:
    """Yield every further trial when it ends; `stop` is called repeatedly."""
    queue: SimpleQueue[Trial | Exception | None] = SimpleQueue()
    Thread(target=_work, args=(plan, study, stop, queue), daemon=True).start()
    while (item := queue.get()) is not None:
        if isinstance(item, Exception):
            raise item
        yield item


def _work(plan: Plan, study: Study, stop: Callable[[], bool], queue: SimpleQueue) -> None:
    """Run all trials in the thread; put exceptions, and None at the end, into the queue."""
    try:
        ledger = Ledger(plan.space, plan.fit.spec.fit.steps, study, queue.put)
        _tune(plan, study, _Watch(ledger, stop))
    except Exception as error:  # noqa: BLE001 -- raised again by run_parallel
        queue.put(error)
    finally:
        queue.put(None)


def _tune(plan: Plan, study: Study, watch: "_Watch") -> None:
    """Run all missing trials."""
    trial = tune.with_parameters(_trial, fit=plan.fit, space=plan.space)
    tune.Tuner(
        tune.with_resources(trial, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            search_alg=proposals(plan, study),
            num_samples=plan.trials - len(study.trials),
            max_concurrent_trials=plan.at_once,
            reuse_actors=True,  # trials share compiled programs
        ),
        run_config=tune.RunConfig(
            name="ray", storage_path=str(plan.scratch), stop=watch, callbacks=[watch], verbose=0
        ),
    ).fit()


def _trial(config: dict[str, Any], fit: Fit, space: Space) -> None:
    """Run one trial in a process of its own; a failed one has an infinite error."""
    last: dict[str, Any] = {}
    try:
        for errors in run_trial(fit, rounded(space, config)):
            last = {HELD_OUT: errors.held_out_mev, TRAINING: errors.training_mev}
            tune.report(last)
    except NnppError as error:
        last = {HELD_OUT: math.inf, WHY: str(error)}
    tune.report(last | {ENDED: True})


def proposals(plan: Plan, study: Study) -> OptunaSearch:
    """Return the TPE search with every trial of the study; a new study starts at `first`."""
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
    """Return a dimension as a distribution of Optuna."""
    if dimension.words:
        return distributions.CategoricalDistribution(dimension.words)
    if dimension.integer:
        return distributions.IntDistribution(
            int(dimension.low), int(dimension.high), log=dimension.log
        )
    return distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)


class _Watch(tune.Stopper, tune.Callback):
    """Callbacks of Ray Tune: pass reports to the ledger, and stop trials."""

    def __init__(self, ledger: Ledger, stop: Callable[[], bool]):
        self.ledger, self.stop = ledger, stop

    def __getstate__(self) -> dict[str, Any]:
        """Return nothing: Ray pickles its callbacks, but the copy is never used."""
        return {}

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Return whether a trial is to be stopped."""
        return self.ledger.should_prune(trial_id, result)

    def stop_all(self) -> bool:
        """Return whether all trials are to be stopped."""
        return self.stop()

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """Pass on a trial that ended or was interrupted by a signal."""
        self.ledger.ended(trial.trial_id, trial.config, trial.last_result or {})

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """Pass on a trial whose process died, with the last line of Ray's error file."""
        lines = Path(trial.error_file or os.devnull).read_text(encoding="utf-8").split("\n")
        why = next((line for line in lines[::-1] if line.strip()), "unknown")
        self.ledger.failed(trial.trial_id, trial.config, trial.last_result or {}, why)
