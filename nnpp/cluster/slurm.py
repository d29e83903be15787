"""`nnpp slurm`: validate the options and the fits, then write the job script."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from nnpp.cluster.slurm_script import MACHINES, Job, Machine, script
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import write_atomic
from nnpp.files.text import exists
from nnpp.workflows.fits.read import read_fits

RESTARTS = 20
"""Default maximum number of restarts."""

CPUS = 8
"""Default number of processors per process."""

LONGEST_NOTICE = 65535
"""Maximum notice of Slurm [s] (man sbatch, --signal)."""

TIME = re.compile(r"(?:(\d{1,3})-)?(\d{1,3}):([0-5]\d):([0-5]\d)", re.ASCII)

NAME = re.compile(r"[A-Za-z0-9_.+-]+")
"""Characters allowed in the name of a job, which is also the name of its log."""

WORD = re.compile(r"[A-Za-z0-9_.,:@/+&|*()\[\]-]+")
"""Characters allowed in a line of sbatch, where nothing is quoted."""


@dataclass(frozen=True)
class SlurmOptions:
    """Options of `nnpp slurm`; None selects the default of the machine.

    Attributes:
        inputs: fits, or folders of fits.
        machine: name of the machine.
        nodes: number of nodes.
        gpus: GPUs per node.
        cpus: processors per process.
        time: time limit, as [D-]HH:MM:SS.
        notice: seconds before the limit at which the fit is asked to stop.
        restarts: maximum number of restarts.
        account: project that is charged.
        qos: queue.
        partition: partition.
        constraint: kind of nodes.
        name: name of the job.
        venv: Python environment with nnpp.
        out: folder of the results.
        file: path of the script.
        force: whether to replace an existing script.
        saved: exit code of a fit that was stopped and has saved everything.
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


def run_slurm(options: SlurmOptions) -> Path:
    """Validate everything, write the script, and return its path."""
    job = _job(options)
    read_fits(list(options.inputs))  # report an invalid fit now, not after hours in a queue
    if options.file.is_dir():
        raise InputError("is a folder", "name a file (--output-script)", options.file)
    if exists(options.file) and not options.force:
        raise InputError("is there already", "add --force, or another name", options.file)
    # File names are bytes, not always UTF-8, and the shell must find them.
    return write_atomic(options.file, os.fsencode(script(job)))


def _job(options: SlurmOptions) -> Job:
    """Return the validated options, with the defaults of the machine for open ones."""
    machine = _machine(options.machine)
    gpus = _gpus(options, machine)
    choices = _choices(options, machine)
    return Job(
        machine=machine,
        inputs=options.inputs,
        out=options.out,
        venv=options.venv,
        name=_word(options.name, "--name", NAME),
        nodes=_in_range("--nodes", options.nodes, 1),
        gpus=gpus,
        cpus=_cpus(options, machine, gpus),
        time=_time(options),
        notice=options.notice,
        restarts=_restarts(options, machine, choices.get("qos")),
        saved=options.saved,
        choices=choices,
    )


def _machine(name: str | None) -> Machine:
    """Return the machine of this name."""
    if name is None:
        raise InputError("is missing", f"name one of {', '.join(MACHINES)}", "--machine")
    if name not in MACHINES:
        raise InputError(f"unknown machine {name!r}", suggest(name, MACHINES), "--machine")
    return MACHINES[name]


def _in_range(option: str, value: int, least: int, most: int | None = None) -> int:
    """Return the number if it is within its limits, else raise an error."""
    if value < least or (most is not None and value > most):
        wanted = f"at least {least}" if most is None else f"{least} to {most}"
        raise InputError(f"{value} is out of range", f"choose {wanted}", option)
    return value


def _gpus(options: SlurmOptions, machine: Machine) -> int:
    """Return the GPUs per node, by default all of them."""
    if machine.gpus == 0:
        if options.gpus:
            raise InputError(f"{options.machine} has no GPU", "omit --gpus", "--gpus")
        return 0
    wanted = machine.gpus if options.gpus is None else options.gpus
    if wanted is None:
        raise InputError("is missing", "give the number of GPUs per node", "--gpus")
    return _in_range("--gpus", wanted, 1, machine.gpus)


def _cpus(options: SlurmOptions, machine: Machine, gpus: int) -> int:
    """Return the processors per process, by default the share of one GPU."""
    if machine.cpus is None or not machine.gpus:
        share, most = CPUS, None
    else:
        share, most = machine.cpus // machine.gpus, machine.cpus // gpus
    return _in_range("--cpus", share if options.cpus is None else options.cpus, 1, most)


def _time(options: SlurmOptions) -> str:
    """Return the time limit; raise an error if it does not exceed the notice."""
    found = TIME.fullmatch(options.time)
    if not found:
        raise InputError(
            f"{options.time!r} is no time", "write HH:MM:SS or D-HH:MM:SS", "--time"
        )
    days, hours, minutes, seconds = (int(x or 0) for x in found.groups())
    limit = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    _in_range("--notice", options.notice, 1, LONGEST_NOTICE)
    if limit <= options.notice:
        remedy = f"choose more than --notice, {options.notice} s"
        raise InputError(f"{options.time} leaves no time to fit", remedy, "--time")
    return options.time


def _restarts(options: SlurmOptions, machine: Machine, qos: str | None) -> int:
    """Return the maximum number of restarts."""
    usual = 0 if qos in machine.once else RESTARTS
    return usual if options.restarts is None else _in_range("--restarts", options.restarts, 0)


def _choices(options: SlurmOptions, machine: Machine) -> dict[str, str]:
    """Return account, queue and kind of nodes as options of sbatch."""
    if machine.account and options.account is None:
        what = f"{options.machine} needs an account"
        raise InputError(what, "name your project", "--account")
    if not machine.partition and options.partition is not None:
        remedy = "use --qos and --constraint"
        raise InputError(f"{options.machine} takes no partition", remedy, "--partition")
    found = {
        "account": options.account,
        "qos": _known(options.qos, machine.qos, "--qos"),
        "partition": options.partition,
        "constraint": _known(options.constraint, machine.constraints, "--constraint"),
    }
    return {k: _word(v, f"--{k}", WORD) for k, v in found.items() if v is not None}


def _known(value: str | None, known: tuple[str, ...], option: str) -> str | None:
    """Return a value that the machine has, by default its first; any value without a list."""
    if not known:
        return value
    if value is not None and value not in known:
        kind = option.removeprefix("--")
        raise InputError(f"unknown {kind} {value!r}", suggest(value, known), option)
    return value or known[0]


def _word(value: str, option: str, pattern: re.Pattern[str]) -> str:
    """Return the value if it is valid in a line of sbatch, where nothing is quoted."""
    if not pattern.fullmatch(value):
        raise InputError(
            f"{value!r} is not valid in a line of sbatch",
            "use only letters, digits and _ . + -",
            option,
        )
    return value
