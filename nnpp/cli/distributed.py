"""One command in several processes: all compute, process 0 speaks and writes."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from nnpp.cli.watchdog import GRACE, watched
from nnpp.cluster.ranks import Rank, rank_in
from nnpp.cluster.rendezvous import meet
from nnpp.errors import NnppError

Distributed = Annotated[
    bool,
    typer.Option(
        "--distributed",
        help="One of several processes of one fit: started by srun, or by hand with "
        "NNPP_COORDINATOR=HOST:PORT, NNPP_PROCESSES and NNPP_PROCESS set.",
    ),
]


T = TypeVar("T")


def _by_one(f: Callable[[], T]) -> T:
    """f(), where there is one process only."""
    return f()


@contextmanager
def together(distributed: bool) -> Iterator[Callable[[Callable[[], T]], T]]:
    """Work with the other processes for the time of a block, and end with them.

    Lends a function that calls another on all processes, and fails on all if any fails.
    """
    if not distributed:
        yield _by_one
        return
    rank = rank_in(os.environ)
    met = meet(rank)
    leave = watched(rank, met.peers)
    try:
        with _silent() if rank.process else nullcontext():
            yield _joined(rank, met.coordinator)
    except NnppError as error:
        leave()
        if rank.process:
            raise NnppError(f"{rank}: {error}") from error
        raise
    except (typer.Exit, KeyboardInterrupt, OSError):
        leave()
        raise
    except Exception:
        time.sleep(2 * GRACE)  # if another one was lost, the watcher now says so and ends this
        raise
    leave()


def _joined(rank: Rank, coordinator: str) -> Callable[[Callable[[], T]], T]:
    """How all act alike, once JAX of all processes has connected."""
    from nnpp.devices.processes import join, on_all_processes

    join(coordinator, rank.process, rank.processes, rank.gpu)
    return on_all_processes


@contextmanager
def _silent() -> Iterator[None]:
    """Say nothing; only what ends the block is told."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- closed below
    with nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
