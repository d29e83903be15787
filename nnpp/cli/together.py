"""One command in several processes: all compute, process 0 speaks and writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli.watch import watched
from nnpp.errors import NnppError
from nnpp.io.ranks import Rank, rank_in
from nnpp.io.rendezvous import meet

Distributed = Annotated[
    bool,
    typer.Option(
        "--distributed",
        help="One of several processes of one fit: started by srun, or by hand with "
        "NNPP_COORDINATOR=HOST:PORT, NNPP_PROCESSES and NNPP_PROCESS set.",
    ),
]


@contextmanager
def together(distributed: bool) -> Iterator[None]:
    """Work with the other processes for the time of a block, and end with them."""
    if not distributed:
        yield
        return
    rank = rank_in(os.environ)
    met = meet(rank)
    leave = watched(rank, met.peers)
    try:
        with _silent() if rank.process else nullcontext():
            _join(rank, met.coordinator)
            yield
    except NnppError as error:
        leave()
        if rank.process:
            raise NnppError(f"{rank}: {error}") from error
        raise
    except (typer.Exit, KeyboardInterrupt):
        leave()
        raise
    leave()


def _join(rank: Rank, coordinator: str) -> None:
    """Let JAX of all processes connect."""
    from nnpp.parallel import join

    join(coordinator, rank.process, rank.processes, rank.gpu)


@contextmanager
def _silent() -> Iterator[None]:
    """Say nothing; only what ends the block is told."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- closed below
    with nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
