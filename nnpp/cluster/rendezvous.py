"""The rank of this process, and its connection to process 0 before JAX starts.

Rank and address come from NNPP_… or SLURM_… variables. Process 0 waits until all have
connected, and sends each the port of JAX's coordinator: errors so have a clear message. The
connections stay open: a closed one means that a process has ended.
"""

import json
import os
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from nnpp.errors import InputError

PROCESS, PROCESSES, COORDINATOR = "NNPP_PROCESS", "NNPP_PROCESSES", "NNPP_COORDINATOR"

REMEDY = f"set {PROCESS}, {PROCESSES} and {COORDINATOR}, or use srun"

PORTS = range(20_000, 30_000)
"""Ports for job steps of Slurm, below the range that systems assign automatically."""

FIRST_HOST = re.compile(r"(?P<head>[^\[,]+)(\[(?P<first>\d+)[^\]]*\](?P<tail>[^,]*))?")
"""Matches node001 in `node[001-004,007],other`."""

PATIENCE = 120.0
"""Seconds within which all processes must connect."""

INTERVAL, ANSWER = 0.2, 5.0
"""Seconds between two attempts, and to wait for an answer."""

MAX_LINE = 4096
"""Maximum bytes of a line."""

KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""A lost machine does not close its connections; keepalive detects it after 20 s. The operating
systems exchange these probes, so a slow or stopped process does not count as lost."""

START_ALL = "start all, numbered from 0, with the same coordinator and number of processes"


@dataclass(frozen=True)
class Rank:
    """One of several processes.

    Attributes:
        process: its number, from 0.
        processes: the number of processes.
        host: the machine of process 0.
        port: where process 0 waits for the others.
        gpu: index of its GPU on its machine; None for all visible ones.
    """

    process: int
    processes: int
    host: str
    port: int
    gpu: int | None = None

    def __str__(self) -> str:
        return f"process {self.process} of {self.processes}"


def rank_in(environment: Mapping[str, str]) -> Rank:
    """Return the rank defined by environment variables."""
    process, where = _number(environment, PROCESS, "SLURM_PROCID")
    processes, _ = _number(environment, PROCESSES, "SLURM_STEP_NUM_TASKS")
    if not process < processes:
        raise InputError(f"is {process}, of {processes} processes", "number them from 0", where)
    gpu = _gpu(environment) if where != PROCESS else None
    return Rank(process, processes, *_meeting_point(environment), gpu)


def _number(environment: Mapping[str, str], *names: str) -> tuple[int, str]:
    """Return the first of these variables that is set, and its name."""
    name = next((name for name in names if environment.get(name)), None)
    if name is None:
        raise InputError("is not set, and this is not a Slurm job step", REMEDY, names[0])
    if not environment[name].isdecimal():
        raise InputError(f"is {environment[name]!r}, not a number", "correct it", name)
    return int(environment[name]), name


def _meeting_point(environment: Mapping[str, str]) -> tuple[str, int]:
    """Return host and port of process 0."""
    if address := environment.get(COORDINATOR):
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise InputError(f"is {address!r}", "write it as HOST:PORT", COORDINATOR)
        return host, int(port)
    found = FIRST_HOST.match(environment.get("SLURM_STEP_NODELIST", ""))
    if found is None:
        raise InputError("is not set, and this is not a Slurm job step", REMEDY, COORDINATOR)
    job, _ = _number(environment, "SLURM_JOB_ID")
    step, _ = _number(environment, "SLURM_STEP_ID")
    host = "".join(found[part] or "" for part in ("head", "first", "tail"))
    return host, PORTS[(job + 100 * step) % len(PORTS)]


def _gpu(environment: Mapping[str, str]) -> int | None:
    """Return the local index; None where Slurm shows each process only its own GPU."""
    visible = environment.get("CUDA_VISIBLE_DEVICES", ",")
    return _number(environment, "SLURM_LOCALID")[0] if "," in visible else None


@dataclass(frozen=True)
class Connections:
    """All processes are connected.

    Attributes:
        coordinator: address of JAX's coordinator in process 0.
        peers: open connections by process number: all on process 0, else the one to it.
    """

    coordinator: str
    peers: dict[int, socket.socket]


def meet(rank: Rank, patience: float = PATIENCE) -> Connections:
    """Wait until all processes have connected, for at most `patience` seconds."""
    return (_connect if rank.process else _host)(rank, patience)


def _host(rank: Rank, patience: float) -> Connections:
    """Accept all others as process 0, or send all an error."""
    peers: dict[int, socket.socket] = {}
    deadline = time.monotonic() + patience
    with _listening(rank.port) as server:
        try:
            while len(peers) < rank.processes - 1:
                server.settimeout(max(0.01, deadline - time.monotonic()))
                _accept(rank, server, peers)
        except TimeoutError as error:
            raise _send_error(peers, _missing(rank, peers, patience)) from error
        except InputError as error:
            raise _send_error(peers, error) from error
    with _listening(0) as free:
        port = free.getsockname()[1]
    for peer in peers.values():
        _send(peer, port=port)
    return Connections(f"{rank.host}:{port}", peers)


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on this port at all addresses; 0 for any free port."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        what = f"cannot listen on port {port}: {reason}"
        raise InputError(what, "choose another port (HOST:PORT)", COORDINATOR) from error


def _accept(rank: Rank, server: socket.socket, peers: dict[int, socket.socket]) -> None:
    """Accept one more process; ignore connections of other programs."""
    peer, _ = server.accept()
    line = _receive(peer, ANSWER)
    number, count = line.get("process"), line.get("processes")
    if not isinstance(number, int) or not isinstance(count, int):
        peer.close()
        return
    what = ""
    if count != rank.processes:
        what = f"process {number} expects {count} processes, process 0 {rank.processes}"
    elif number in peers or number == 0:
        what = f"two processes have number {number}"
    if what:
        _send(peer, refusal=what)
        raise InputError(what, START_ALL)
    peers[number] = _with_keepalive(peer)


def _missing(rank: Rank, peers: dict[int, socket.socket], patience: float) -> InputError:
    """Return the error for processes that did not connect."""
    missing = sorted(set(range(1, rank.processes)) - set(peers))
    names = ", ".join(str(number) for number in missing)
    what = (
        f"of {rank.processes} processes these did not connect within {patience:.0f} s: {names}"
    )
    return InputError(what, START_ALL)


def _send_error(peers: dict[int, socket.socket], error: InputError) -> InputError:
    """Send the error to all connected processes, and return it."""
    for peer in peers.values():
        _send(peer, refusal=error.what)
    return error


def _connect(rank: Rank, patience: float) -> Connections:
    """Connect to process 0 as any other process."""
    deadline = time.monotonic() + patience
    peer = _connected(rank, deadline, patience)
    _send(peer, process=rank.process, processes=rank.processes)
    answer = _receive(peer, max(0.0, deadline - time.monotonic()) + ANSWER)
    if "port" in answer:
        return Connections(f"{rank.host}:{answer['port']}", {0: _with_keepalive(peer)})
    what = answer.get("refusal", "process 0 has ended, or did not answer in time")
    raise InputError(str(what), START_ALL)


def _connected(rank: Rank, deadline: float, patience: float) -> socket.socket:
    """Return a connection to process 0, as soon as it listens."""
    place = f"{rank.host}:{rank.port}"
    while True:
        try:
            left = max(0.01, deadline - time.monotonic())
            return socket.create_connection((rank.host.strip("[]"), rank.port), timeout=left)
        except socket.gaierror as error:
            what = f"host {rank.host} was not found: {error.strerror}"
            raise InputError(what, "correct its name", COORDINATOR) from error
        except OSError as error:
            if time.monotonic() + INTERVAL > deadline:
                reason = (error.strerror or str(error)).lower()
                what = f"process 0 was not at {place} within {patience:.0f} s: {reason}"
                raise InputError(what, START_ALL, COORDINATOR) from error
        time.sleep(INTERVAL)


def _with_keepalive(peer: socket.socket) -> socket.socket:
    """Return the connection with keepalive on, so that it ends if the other machine is lost."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # not on all systems
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return peer


def _send(peer: socket.socket, **words: object) -> None:
    """Send a line; a lost process is detected later."""
    with suppress(OSError):
        peer.sendall(json.dumps(words).encode() + b"\n")


def _receive(peer: socket.socket, seconds: float) -> dict:
    """Return the line received within so many seconds; {} if there is none."""
    peer.settimeout(seconds)
    line = b""
    try:
        while not line.endswith(b"\n") and len(line) < MAX_LINE:
            piece = peer.recv(1)  # later bytes are not part of this protocol step
            if not piece:
                return {}
            line += piece
        words = json.loads(line)
    except (OSError, ValueError):
        return {}
    peer.settimeout(None)
    return words if isinstance(words, dict) else {}
