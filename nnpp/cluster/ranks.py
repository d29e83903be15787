"""The rank of this process and the address of process 0, from NNPP_… or SLURM_… variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nnpp.errors import InputError

PROCESS, PROCESSES, COORDINATOR = "NNPP_PROCESS", "NNPP_PROCESSES", "NNPP_COORDINATOR"

REMEDY = f"set {PROCESS}, {PROCESSES} and {COORDINATOR}, or use srun"

PORTS = range(20_000, 30_000)
"""Ports for job steps of Slurm, below the range that systems assign automatically."""

FIRST_HOST = re.compile(r"(?P<head>[^\[,]+)(\[(?P<first>\d+)[^\]]*\](?P<tail>[^,]*))?")
"""Matches node001 in `node[001-004,007],other`."""


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
