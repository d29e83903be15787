"""`nnpp slurm`: read the fits → find the wishes right → write the job script."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from nnpp.cluster.machines import MACHINES, Machine
from nnpp.cluster.slurm_script import Job, script
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import write_atomic
from nnpp.files.text import exists
from nnpp.workflows.fits.read import read_fits

RESTARTS = 20
"""How often a job may be queued again, if nobody says."""

CPUS = 8
"""Processors of a process where neither the machine nor the user says."""

LONGEST_NOTICE = 65535
"""Seconds; the most that Slurm takes (man sbatch, --signal)."""

TIME = re.compile(r"(?:(\d{1,3})-)?(\d{1,3}):([0-5]\d):([0-5]\d)", re.ASCII)

NAME = re.compile(r"[A-Za-z0-9_.+-]+")
"""What a name of a job may hold, which is that of its log as well."""

WORD = re.compile(r"[A-Za-z0-9_.,:@/+&|*()\[\]-]+")
"""What a line of sbatch may hold without quotes."""


@dataclass(frozen=True)
class Wishes:
    """Options of `nnpp slurm`; None leaves what the machine has.

    Attributes:
        inputs: fits, or folders of fits.
        machine: its name.
        nodes: how many.
        gpus: of each node.
        cpus: processors of each process.
        time: limit, as [D-]HH:MM:SS.
        notice: seconds before it at which the fit is told to stop.
        restarts: how often the job may be queued again.
        account: whom it is charged to.
        qos: its queue.
        partition: its partition.
        constraint: its kind of nodes.
        name: of the job.
        venv: environment that holds nnpp.
        out: folder of results.
        file: where the script is written.
        force: whether in place of one that is there.
        saved: exit code of a fit that was stopped and has saved all.
    """

    inputs: tuple[Path, ...]
    machine: str | None
    nodes: int
    gpus: int | None
    cpus: int | None
    time: str
    notice: int
    restarts: int | None
    account: str | None
    qos: str | None
    partition: str | None
    constraint: str | None
    name: str
    venv: Path
    out: Path
    file: Path
    force: bool
    saved: int


def run_slurm(wishes: Wishes) -> Path:
    """Write the script; its path. Whatever is wrong is told before."""
    job = _job(wishes)
    read_fits(list(wishes.inputs))  # a wrong fit is told now, and not after hours in a queue
    if wishes.file.is_dir():
        raise InputError("is a folder", "name a file (--output-script)", wishes.file)
    if exists(wishes.file) and not wishes.force:
        raise InputError("is there already", "add --force, or another name", wishes.file)
    # Names of files are bytes, not always UTF-8, and the shell must find them again.
    return write_atomic(wishes.file, os.fsencode(script(job)))


def _job(wishes: Wishes) -> Job:
    """The wishes, found right, with the machine's own for those that were left open."""
    machine = _machine(wishes.machine)
    gpus = _gpus(wishes, machine)
    choices = _choices(wishes, machine)
    return Job(
        machine=machine,
        inputs=wishes.inputs,
        out=wishes.out,
        venv=wishes.venv,
        name=_word(wishes.name, "--name", NAME),
        nodes=_whole("--nodes", wishes.nodes, 1),
        gpus=gpus,
        cpus=_cpus(wishes, machine, gpus),
        time=_time(wishes),
        notice=wishes.notice,
        restarts=_restarts(wishes, machine, choices.get("qos")),
        saved=wishes.saved,
        choices=choices,
    )


def _machine(name: str | None) -> Machine:
    """The machine of this name."""
    if name is None:
        raise InputError("is missing", f"name one of {', '.join(MACHINES)}", "--machine")
    if name not in MACHINES:
        raise InputError(f"unknown machine {name!r}", suggest(name, MACHINES), "--machine")
    return MACHINES[name]


def _whole(option: str, value: int, least: int, most: int | None = None) -> int:
    """A number that is neither too small nor too large."""
    if value < least or (most is not None and value > most):
        wanted = f"at least {least}" if most is None else f"{least} to {most}"
        raise InputError(f"{value} is out of range", f"ask for {wanted}", option)
    return value


def _gpus(wishes: Wishes, machine: Machine) -> int:
    """GPUs of a node: as many as the machine has, if nobody says."""
    if machine.gpus == 0:
        if wishes.gpus:
            raise InputError(f"{wishes.machine} has no GPU", "leave --gpus out", "--gpus")
        return 0
    wanted = machine.gpus if wishes.gpus is None else wishes.gpus
    if wanted is None:
        raise InputError("is missing", "say how many GPUs a node has", "--gpus")
    return _whole("--gpus", wanted, 1, machine.gpus)


def _cpus(wishes: Wishes, machine: Machine, gpus: int) -> int:
    """Processors of a process: the share of a GPU in its node, if nobody says."""
    if machine.cpus is None or not machine.gpus:
        share, most = CPUS, None
    else:
        share, most = machine.cpus // machine.gpus, machine.cpus // gpus
    return _whole("--cpus", share if wishes.cpus is None else wishes.cpus, 1, most)


def _time(wishes: Wishes) -> str:
    """A limit that leaves time before the notice."""
    found = TIME.fullmatch(wishes.time)
    if not found:
        raise InputError(
            f"{wishes.time!r} is no time", "write HH:MM:SS or D-HH:MM:SS", "--time"
        )
    days, hours, minutes, seconds = (int(x or 0) for x in found.groups())
    limit = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    _whole("--notice", wishes.notice, 1, LONGEST_NOTICE)
    if limit <= wishes.notice:
        remedy = f"ask for more than --notice, {wishes.notice} s"
        raise InputError(f"{wishes.time} leaves no time to fit", remedy, "--time")
    return wishes.time


def _restarts(wishes: Wishes, machine: Machine, qos: str | None) -> int:
    """How often the job may be queued again."""
    usual = 0 if qos in machine.once else RESTARTS
    return usual if wishes.restarts is None else _whole("--restarts", wishes.restarts, 0)


def _choices(wishes: Wishes, machine: Machine) -> dict[str, str]:
    """Account, queue and kind of nodes, in the words of sbatch."""
    if machine.account and wishes.account is None:
        raise InputError(f"{wishes.machine} wants an account", "name your project", "--account")
    if not machine.partition and wishes.partition is not None:
        remedy = "choose by --qos and --constraint"
        raise InputError(f"{wishes.machine} takes no partition", remedy, "--partition")
    found = {
        "account": wishes.account,
        "qos": _known(wishes.qos, machine.qos, "--qos"),
        "partition": wishes.partition,
        "constraint": _known(wishes.constraint, machine.constraints, "--constraint"),
    }
    return {k: _word(v, f"--{k}", WORD) for k, v in found.items() if v is not None}


def _known(value: str | None, known: tuple[str, ...], option: str) -> str | None:
    """One of what a machine has, the first if nobody says; anything where it has no list."""
    if not known:
        return value
    if value is not None and value not in known:
        kind = option.removeprefix("--")
        raise InputError(f"unknown {kind} {value!r}", suggest(value, known), option)
    return value or known[0]


def _word(value: str, option: str, pattern: re.Pattern[str]) -> str:
    """What can stand in a line of sbatch, where nothing is quoted."""
    if not pattern.fullmatch(value):
        raise InputError(
            f"{value!r} cannot stand in a line of sbatch",
            "use letters, digits and _ . + - alone",
            option,
        )
    return value
