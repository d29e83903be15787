"""One command in several processes: all compute, process 0 prints and writes.

Each process starts a small watcher process, which outlives it and reports why it ended. JAX
aborts a process as soon as the coordinator is lost, and on a GPU waits for processes that have
died; neither prints a clear message. The watchers hold the connections of the rendezvous and
close them when their process ends, for whatever reason.
"""

import math
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TypeVar

from nnpp.cluster.rendezvous import Rank, meet, rank_in
from nnpp.cluster.signals import SIGNALS
from nnpp.errors import NnppError

GRACE = 5.0
"""Seconds a process may take to end by itself after another one has ended normally."""

REMEDY = "start all again, without --fresh: the fit continues after the last saved step"

Peers = dict[int, socket.socket]
"""Open connections by process number."""

T = TypeVar("T")


def _call(f: Callable[[], T]) -> T:
    """Return f(), where there is one process only."""
    return f()


@contextmanager
def together(
    distributed: bool,
    report: Callable[[str], None],
    normal: tuple[type[Exception], ...] = (),
) -> Iterator[Callable[[Callable[[], T]], T]]:
    """Join the other processes for the duration of a block.

    Args:
        distributed: whether there are other processes; if not, the block runs alone.
        report: prints one line on standard error when a process is lost.
        normal: exceptions that end the block normally, such as an exit code.

    Yields:
        A function that calls another one on all processes, and fails on all if any fails.
    """
    if not distributed:
        yield _call
        return
    rank = rank_in(os.environ)
    met = meet(rank)
    leave = start_watcher(rank, met.peers, report)
    try:
        with _silent() if rank.process else nullcontext():
            yield _joined(rank, met.coordinator)
    except NnppError as error:
        leave()
        if rank.process:
            raise NnppError(f"{rank}: {error}") from error
        raise
    except (*normal, KeyboardInterrupt, OSError):
        leave()
        raise
    except Exception:
        time.sleep(2 * GRACE)  # if another process was lost, the watcher reports it meanwhile
        raise
    leave()


def _joined(rank: Rank, coordinator: str) -> Callable[[Callable[[], T]], T]:
    """Connect JAX to all processes, and return the function that acts on all of them."""
    from nnpp.devices.processes import join, on_all_processes

    join(coordinator, rank.process, rank.processes, rank.gpu)
    return on_all_processes


@contextmanager
def _silent() -> Iterator[None]:
    """Discard standard output and standard error inside a block."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- closed below
    with nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def start_watcher(
    rank: Rank, peers: Peers, report: Callable[[str], None]
) -> Callable[[], None]:
    """Fork a watcher, and return the function to call before this process ends normally."""
    watched, watching = os.pipe()
    own = os.getpid()
    if os.fork():
        os.close(watched)
        for peer in peers.values():
            peer.close()
        return lambda: _leave(watching)
    os.close(watching)
    for number in (*SIGNALS, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        _watch(rank, own, watched, peers, report)
    finally:
        os._exit(0)


def _leave(pipe: int) -> None:
    """Signal the watcher, if it still runs, that this process ends normally."""
    with suppress(BrokenPipeError):
        os.write(pipe, b".")


def _watch(
    rank: Rank, own: int, pipe: int, peers: Peers, report: Callable[[str], None]
) -> None:
    """Wait until this process or another one ends; if another one died, kill this one."""
    lost, deadline = None, math.inf
    while time.monotonic() < deadline:
        left = None if lost is None else deadline - time.monotonic()
        ready, _, _ = select.select([pipe, *peers.values()], [], [], left)
        for number in [n for n, peer in peers.items() if peer in ready]:
            named = _receive_lost(peers.pop(number))
            lost = number if named is None else named
            deadline = min(deadline, time.monotonic() + (GRACE if named is None else 0.0))
        if pipe in ready and os.read(pipe, 1):
            return
        if pipe in ready:
            break
    _send_lost(rank.process if lost is None else lost, peers)
    report(_message(rank, lost))
    if os.getppid() == own:
        os.kill(own, signal.SIGKILL)


def _receive_lost(peer: socket.socket) -> int | None:
    """Return the process that a peer reports as dead; None where the peer ended normally."""
    with suppress(OSError):
        named = peer.recv(16)
        return int(named) if named.isdigit() else None
    return None


def _send_lost(lost: int, peers: Peers) -> None:
    """Send the number of the dead process to all others."""
    for peer in peers.values():
        with suppress(OSError):
            peer.sendall(str(lost).encode())


def _message(rank: Rank, lost: int | None) -> str:
    """Return the line printed before this process ends."""
    if lost is None:
        return (
            f"{rank} ended before the fit did; see its last output or the system log; {REMEDY}"
        )
    return f"{rank} ends, as process {lost} has ended; {REMEDY}"
