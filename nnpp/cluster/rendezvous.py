"""Processes that are to work together find each other, before JAX would end them for less.

Process 0 waits until all have come and tells each the port at which JAX then listens. The
connections stay open: one that closes tells that a process has ended.
"""

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from nnpp.cluster.ranks import COORDINATOR, Rank
from nnpp.errors import InputError

PATIENCE = 120.0
"""Seconds within which all have to come."""

BETWEEN, ANSWER = 0.2, 5.0
"""Seconds between two tries, and for a line that is on its way."""

LONGEST = 4096
"""Bytes of a line."""

ALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""A machine that is lost does not close connections: its silence is noticed after 20 s. The
systems ask each other; a process that is starved or stopped does not count as lost."""

START_ALL = "start all, numbered from 0, with the same coordinator and number of processes"


@dataclass(frozen=True)
class Met:
    """All have come.

    Attributes:
        coordinator: where JAX of process 0 will listen.
        peers: the open connections by number; those of process 0, or the one to it.
    """

    coordinator: str
    peers: dict[int, socket.socket]


def meet(rank: Rank, patience: float = PATIENCE) -> Met:
    """Wait until all processes have come, for so many seconds."""
    return (_visit if rank.process else _host)(rank, patience)


def _host(rank: Rank, patience: float) -> Met:
    """As process 0: let all others come, or send all away."""
    peers: dict[int, socket.socket] = {}
    deadline = time.monotonic() + patience
    with _listening(rank.port) as server:
        try:
            while len(peers) < rank.processes - 1:
                server.settimeout(max(0.01, deadline - time.monotonic()))
                _welcome(rank, server, peers)
        except TimeoutError as error:
            raise _sent_away(peers, _absent(rank, peers, patience)) from error
        except InputError as error:
            raise _sent_away(peers, error) from error
    with _listening(0) as free:
        port = free.getsockname()[1]
    for peer in peers.values():
        _say(peer, port=port)
    return Met(f"{rank.host}:{port}", peers)


def _listening(port: int) -> socket.socket:
    """A socket at this port of all addresses; 0 for any that is free."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        what = f"port {port} cannot be listened at: {reason}"
        raise InputError(what, "choose another one (HOST:PORT)", COORDINATOR) from error


def _welcome(rank: Rank, server: socket.socket, peers: dict[int, socket.socket]) -> None:
    """Let one more come; whoever speaks another language is passed over."""
    peer, _ = server.accept()
    told = _hear(peer, ANSWER)
    number, count = told.get("process"), told.get("processes")
    if not isinstance(number, int) or not isinstance(count, int):
        peer.close()
        return
    what = ""
    if count != rank.processes:
        what = f"process {number} was told of {count} processes, process 0 of {rank.processes}"
    elif number in peers or number == 0:
        what = f"two processes are number {number}"
    if what:
        _say(peer, refusal=what)
        raise InputError(what, START_ALL)
    peers[number] = _watchful(peer)


def _absent(rank: Rank, peers: dict[int, socket.socket], patience: float) -> InputError:
    """Some have not come."""
    absent = sorted(set(range(1, rank.processes)) - set(peers))
    names = ", ".join(str(number) for number in absent)
    what = f"of {rank.processes} processes these did not come within {patience:.0f} s: {names}"
    return InputError(what, START_ALL)


def _sent_away(peers: dict[int, socket.socket], error: InputError) -> InputError:
    """The same error, once all who came are told of it."""
    for peer in peers.values():
        _say(peer, refusal=error.what)
    return error


def _visit(rank: Rank, patience: float) -> Met:
    """As any other: come to process 0."""
    deadline = time.monotonic() + patience
    peer = _connected(rank, deadline, patience)
    _say(peer, process=rank.process, processes=rank.processes)
    told = _hear(peer, max(0.0, deadline - time.monotonic()) + ANSWER)
    if "port" in told:
        return Met(f"{rank.host}:{told['port']}", {0: _watchful(peer)})
    what = told.get("refusal", "process 0 has ended, or did not answer in time")
    raise InputError(str(what), START_ALL)


def _connected(rank: Rank, deadline: float, patience: float) -> socket.socket:
    """A connection to process 0, as soon as that listens."""
    place = f"{rank.host}:{rank.port}"
    while True:
        try:
            left = max(0.01, deadline - time.monotonic())
            return socket.create_connection((rank.host.strip("[]"), rank.port), timeout=left)
        except socket.gaierror as error:
            what = f"host {rank.host} is not found: {error.strerror}"
            raise InputError(what, "mend its name", COORDINATOR) from error
        except OSError as error:
            if time.monotonic() + BETWEEN > deadline:
                reason = (error.strerror or str(error)).lower()
                what = f"process 0 was not at {place} within {patience:.0f} s: {reason}"
                raise InputError(what, START_ALL, COORDINATOR) from error
        time.sleep(BETWEEN)


def _watchful(peer: socket.socket) -> socket.socket:
    """The same connection; it ends once the other machine is silent."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in ALIVE.items():
        if hasattr(socket, name):  # not on every system
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return peer


def _say(peer: socket.socket, **words: object) -> None:
    """Send a line; one who has gone is missed later."""
    with suppress(OSError):
        peer.sendall(json.dumps(words).encode() + b"\n")


def _hear(peer: socket.socket, seconds: float) -> dict:
    """The line that comes within so many seconds; nothing if none does."""
    peer.settimeout(seconds)
    line = b""
    try:
        while not line.endswith(b"\n") and len(line) < LONGEST:
            piece = peer.recv(1)  # what follows the line is not ours to read
            if not piece:
                return {}
            line += piece
        told = json.loads(line)
    except (OSError, ValueError):
        return {}
    peer.settimeout(None)
    return told if isinstance(told, dict) else {}
