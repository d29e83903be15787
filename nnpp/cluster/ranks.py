"""Which of several processes this is, and where they meet: from NNPP_…, else from SLURM."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nnpp.errors import InputError

PROCESS, PROCESSES, COORDINATOR = "NNPP_PROCESS", "NNPP_PROCESSES", "NNPP_COORDINATOR"

OWN = f"set {PROCESS}, {PROCESSES} and {COORDINATOR}, or start with srun"

PORTS = range(20_000, 30_000)
"""Where a step of SLURM meets, by its number: below what systems give away by themselves."""

FIRST_HOST = re.compile(r"(?P<head>[^\[,]+)(\[(?P<first>\d+)[^\]]*\](?P<tail>[^,]*))?")
"""Of `node[001-004,007],other`: node001."""


@dataclass(frozen=True)
class Rank:
    """One of several processes.

    Attributes:
        process: its number, from 0.
        processes: how many there are.
        host: the machine of process 0.
        port: at which process 0 waits for the others.
        gpu: the one that it takes of those on its machine; None for all that it sees.
    """

    process: int
    processes: int
    host: str
    port: int
    gpu: int | None = None

    def __str__(self) -> str:
        return f"process {self.process} of {self.processes}"


def rank_in(environment: Mapping[str, str]) -> Rank:
    """The rank that an environment tells."""
    process, where = _number(environment, PROCESS, "SLURM_PROCID")
    processes, _ = _number(environment, PROCESSES, "SLURM_STEP_NUM_TASKS")
    if not process < processes:
        raise InputError(f"is {process}, of {processes} processes", "number them from 0", where)
    gpu = _gpu(environment) if where != PROCESS else None
    return Rank(process, processes, *_meeting_point(environment), gpu)


def _number(environment: Mapping[str, str], *names: str) -> tuple[int, str]:
    """The first of these that is set, and its name."""
    name = next((name for name in names if environment.get(name)), None)
    if name is None:
        raise InputError("is not set, and this is no step of SLURM", OWN, names[0])
    if not environment[name].isdecimal():
        raise InputError(f"is {environment[name]!r}, no number", "mend it", name)
    return int(environment[name]), name


def _meeting_point(environment: Mapping[str, str]) -> tuple[str, int]:
    """Host and port of process 0."""
    if told := environment.get(COORDINATOR):
        host, _, port = told.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise InputError(f"is {told!r}", "write it as HOST:PORT", COORDINATOR)
        return host, int(port)
    found = FIRST_HOST.match(environment.get("SLURM_STEP_NODELIST", ""))
    if found is None:
        raise InputError("is not set, and this is no step of SLURM", OWN, COORDINATOR)
    job, _ = _number(environment, "SLURM_JOB_ID")
    step, _ = _number(environment, "SLURM_STEP_ID")
    host = "".join(found[part] or "" for part in ("head", "first", "tail"))
    return host, PORTS[(job + 100 * step) % len(PORTS)]


def _gpu(environment: Mapping[str, str]) -> int | None:
    """By its number on the machine; where SLURM shows each process one GPU only, that one."""
    shown = environment.get("CUDA_VISIBLE_DEVICES", ",")
    return _number(environment, "SLURM_LOCALID")[0] if "," in shown else None
