"""A small process beside each of several: it outlives its own and says why that ended.

JAX aborts a process as soon as it misses the coordinator, and on a GPU waits for others that
are gone; neither leaves room for a clear word. Watchers hold the connections of the rendezvous
and close them when their process ends, however that was.
"""

import math
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from nnpp.cli import console
from nnpp.cli.signals import SIGNALS
from nnpp.cluster.ranks import Rank

GRACE = 5.0
"""Seconds in which a process may end by itself once another one has ended as it should."""

REMEDY = "start all again, without --fresh: the fit goes on after the last step saved"

Peers = dict[int, socket.socket]


def watched(rank: Rank, peers: Peers) -> Callable[[], None]:
    """Have this process watched; what is returned is called before it ends as it should."""
    ended, going = os.pipe()
    own = os.getpid()
    if os.fork():
        os.close(ended)
        for peer in peers.values():
            peer.close()
        return lambda: _leave(going)
    os.close(going)
    for number in (*SIGNALS, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        _watch(rank, own, ended, peers)
    finally:
        os._exit(0)


def _leave(going: int) -> None:
    """Tell the watcher that all is well, if it still is there."""
    with suppress(BrokenPipeError):
        os.write(going, b".")


def _watch(rank: Rank, own: int, ended: int, peers: Peers) -> None:
    """Until this process or another ends; where another did, this one has to follow."""
    lost, deadline = None, math.inf
    while time.monotonic() < deadline:
        left = None if lost is None else deadline - time.monotonic()
        ready, _, _ = select.select([ended, *peers.values()], [], [], left)
        for number in [n for n, peer in peers.items() if peer in ready]:
            named = _named(peers.pop(number))
            lost = number if named is None else named
            deadline = min(deadline, time.monotonic() + (GRACE if named is None else 0.0))
        if ended in ready and os.read(ended, 1):
            return
        if ended in ready:
            break
    _pass_on(rank.process if lost is None else lost, peers)
    console.fail(_word(rank, lost))
    if os.getppid() == own:
        os.kill(own, signal.SIGKILL)


def _named(peer: socket.socket) -> int | None:
    """The process that a peer says has died; None where the peer ended as it should."""
    with suppress(OSError):
        named = peer.recv(16)
        return int(named) if named.isdigit() else None
    return None


def _pass_on(lost: int, peers: Peers) -> None:
    """Name to all others the process that has died."""
    for peer in peers.values():
        with suppress(OSError):
            peer.sendall(str(lost).encode())


def _word(rank: Rank, lost: int | None) -> str:
    """What the user is told."""
    if lost is None:
        return (
            f"{rank} ended before the fit did; its last words or the system tell why; {REMEDY}"
        )
    return f"{rank} ends, as process {lost} has ended; {REMEDY}"
