"""The real command, life after life: forked from a process that has imported it already.

Each life is a process of its own, with its own JAX; only the imports are done beforehand. What
XLA compiled in one life is read from a cache in the next.
"""

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from nnpp.runs.metrics import read_metrics

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
"""XLA keeps its remarks on what it read from the cache to itself, in every life."""

POTENTIAL = "potential.safetensors"
SLOW = [
    "nnpp.workflows.train.init_fit",
    "nnpp.workflows.train.train",
    "nnpp.cli.app",
    "tests.faults.lives",
]
PATIENCE = 120
"""Seconds after which a life is taken for hung."""


def nursery():
    """Where lives come from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SLOW)
    return context


def live(
    words: list[str], folder: str, cache: str, log: str, environment: dict[str, str]
) -> None:
    """What a life does: `nnpp words`, with both outputs in a file."""
    import jax
    from matplotlib.figure import Figure

    from nnpp.cli.app import main
    from tests.plotting.undrawn import leave_undrawn

    os.chdir(folder)
    os.environ.pop("XLA_FLAGS", None)  # one device a core, as anywhere else
    os.environ.update(environment)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(out, stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for option, value in {"dir": cache, "max_size": -1}.items():
        jax.config.update(f"jax_compilation_cache_{option}", value)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    Figure.savefig = leave_undrawn
    sys.argv = ["nnpp", *words]
    main()


@dataclass
class Life:
    """One process."""

    process: multiprocessing.process.BaseProcess
    log: Path

    def output(self) -> str:
        """All that it said so far."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, f"hangs: {self.output()}"
        return self.process.exitcode

    def strike(self, number: int) -> None:
        """Send a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)


@dataclass(frozen=True)
class Place:
    """A folder with a fit, and where its runs go.

    Attributes:
        folder: to stand in; the run is results/fit below it.
        cache: of what XLA compiled.
    """

    folder: Path
    cache: Path

    @property
    def run(self) -> Path:
        return self.folder / "results/fit"

    def begin(self, *words: str, **environment: str) -> Life:
        """A life that runs `nnpp words`."""
        log = self.folder / f"{time.monotonic_ns()}.log"
        there = [str(self.folder), str(self.cache), str(log)]
        process = nursery().Process(target=live, args=(list(words), *there, environment))
        process.start()
        return Life(process, log)

    def whole(self, *words: str) -> str:
        """What a life said that must end well."""
        life = self.begin(*words)
        assert life.ended() == 0, life.output()
        return life.output()

    def steps(self) -> list[int]:
        """The step of every line of metrics.jsonl."""
        path = self.run / "metrics.jsonl"
        return [line["step"] for line in read_metrics(path)] if path.exists() else []

    def checkpoints(self) -> list[Path]:
        """By step."""
        return sorted((self.run / "checkpoints").glob("step-*.ckpt"))

    def hash(self) -> str:
        """Of the trained potential."""
        return sha256((self.run / POTENTIAL).read_bytes()).hexdigest()

    def in_progress(self, life: Life, more: int = 1) -> None:
        """Wait until a life has done some steps."""
        last, deadline = max(self.steps(), default=0) + more, time.monotonic() + PATIENCE
        while max(self.steps(), default=0) < last:
            assert life.process.is_alive(), life.output()
            assert time.monotonic() < deadline, life.output()
            time.sleep(0.003)
