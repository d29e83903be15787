"""Processes that are to work together find each other, before JAX would end them for less.

Process 0 waits until all have come and tells each the port at which JAX then listens. The
connections stay open: one that closes tells that a process has ended.
"""

import json
import socket
import time
from dataclasses import dataclass

from nnpp.errors import InputError
from nnpp.io.ranks import COORDINATOR, Rank

PATIENCE = 120.0
"""Seconds within which all have to come."""

BETWEEN, ANSWER = 0.2, 5.0
"""Seconds between two tries, and for a line that is on its way."""

LONGEST = 4096
"""Bytes of a line."""

START_ALL = "start all processes, with the same coordinator and number of processes"


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
    deadline = time.monotonic() + patience
    return _host(rank, deadline) if rank.process == 0 else _visit(rank, deadline)


def _host(rank: Rank, deadline: float) -> Met:
    """As process 0: let all others come, or send all away."""
    peers: dict[int, socket.socket] = {}
    with _listening(rank.port) as server:
        try:
            while len(peers) < rank.processes - 1:
                _welcome(rank, server, peers, deadline)
        except InputError as error:
            for peer in peers.values():
                _say(peer, refusal=error.what)
            raise
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
        reason = (error.strerror or str(error)).lower()
        what = f"port {port} cannot be listened at: {reason}"
        raise InputError(what, "choose another one (HOST:PORT)", COORDINATOR) from error


def _welcome(
    rank: Rank, server: socket.socket, peers: dict[int, socket.socket], deadline: float
) -> None:
    """Let one more come; whoever speaks another language is passed over."""
    server.settimeout(max(0.01, deadline - time.monotonic()))
    try:
        peer, _ = server.accept()
    except TimeoutError as error:
        absent = sorted(set(range(1, rank.processes)) - set(peers))
        names = ", ".join(str(number) for number in absent)
        what = f"of {rank.processes} processes these did not come in time: {names}"
        raise InputError(what, START_ALL) from error
    told = _hear(peer, ANSWER)
    number, count = told.get("process"), told.get("processes")
    if not isinstance(number, int) or not isinstance(count, int):
        peer.close()
        return
    twice = number in peers or number == 0
    peers[-1 - len(peers) if twice else number] = peer
    if count != rank.processes:
        what = f"process {number} was told of {count} processes, process 0 of {rank.processes}"
        raise InputError(what, START_ALL)
    if twice:
        raise InputError(f"two processes are number {number}", "number them from 0")


def _visit(rank: Rank, deadline: float) -> Met:
    """As any other: come to process 0."""
    peer = _connected(rank, deadline)
    _say(peer, process=rank.process, processes=rank.processes)
    told = _hear(peer, max(0.0, deadline - time.monotonic()) + ANSWER)
    if "port" in told:
        return Met(f"{rank.host}:{told['port']}", {0: peer})
    what = told.get("refusal", "process 0 has ended, or did not answer in time")
    raise InputError(str(what), START_ALL)


def _connected(rank: Rank, deadline: float) -> socket.socket:
    """A connection to process 0, as soon as that listens."""
    host = rank.host.strip("[]")
    while True:
        try:
            left = max(0.01, deadline - time.monotonic())
            return socket.create_connection((host, rank.port), timeout=left)
        except OSError as error:
            if time.monotonic() + BETWEEN > deadline or isinstance(error, socket.gaierror):
                reason = (error.strerror or str(error)).lower()
                what = f"process 0 is not at {rank.host}:{rank.port}: {reason}"
                raise InputError(what, START_ALL, COORDINATOR) from error
        time.sleep(BETWEEN)


def _say(peer: socket.socket, **words: object) -> None:
    """Send a line; one who has gone is found missing later."""
    try:
        peer.sendall(json.dumps(words).encode() + b"\n")
    except OSError:
        peer.close()


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
