"""Job scripts for Slurm: `nnpp fit` in one process per GPU, requeued when it is stopped."""

from dataclasses import dataclass
from pathlib import Path

from nnpp import MAX_DEVICES, __version__
from nnpp.files.templates import render


@dataclass(frozen=True)
class Machine:
    """Properties of a cluster with Slurm; the user supplies what is None or ().

    Attributes:
        gpus: GPUs per node.
        cpus: processors per node, as Slurm counts them.
        threads: processors per core.
        constraints: kinds of nodes, the default first.
        qos: names of the queues, the default first.
        once: queues in which jobs must not requeue themselves.
        account: whether jobs must name a project.
        partition: whether jobs may name a partition.
        ready: shell lines that load the software.
        scratch: shell expression of a folder that all nodes share, for the compilation cache.
    """

    gpus: int | None
    cpus: int | None = None
    threads: int = 1
    constraints: tuple[str, ...] = ()
    qos: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    account: bool = False
    partition: bool = True
    ready: tuple[str, ...] = ()
    scratch: str | None = None


PERLMUTTER = Machine(
    gpus=4,
    cpus=128,
    threads=2,
    constraints=("gpu", "gpu&hbm40g", "gpu&hbm80g"),
    qos=(
        *("regular", "premium", "preempt", "shared", "debug", "debug_preempt"),
        *("interactive", "shared_interactive"),
    ),
    # No production runs and no job chains in these queues (docs.nersc.gov/jobs/policy).
    once=("debug", "interactive", "shared_interactive"),
    account=True,
    partition=False,
    ready=(
        "module load python",
        "# No cudatoolkit: the wheels of jax[cuda13] include CUDA, and libraries that",
        "# modules put on this path would be loaded instead.",
        "unset LD_LIBRARY_PATH",
    ),
    scratch="$SCRATCH",
)
"""The GPU nodes of NERSC (docs.nersc.gov/systems/perlmutter): an EPYC 7763, four A100 each."""

MACHINES = {
    "perlmutter": PERLMUTTER,
    "generic": Machine(gpus=None),
    "cpu": Machine(gpus=0),
}
"""Machines by their names on the command line; `generic` has GPUs, `cpu` has none."""


@dataclass(frozen=True)
class Job:
    """Validated options of one job script.

    Attributes:
        machine: the cluster.
        inputs: fits, or folders of fits.
        out: folder of the results.
        venv: Python environment with nnpp.
        name: name of the job and of its log.
        nodes: number of nodes.
        gpus: GPUs per node; 0 for one process per node on its cores.
        cpus: processors per process.
        time: time limit in the format of Slurm.
        notice: seconds before the limit at which the fit is asked to stop.
        restarts: maximum number of restarts.
        saved: exit code of a fit that was stopped and has saved everything.
        choices: account, qos, partition and constraint, as far as they are given.
    """

    machine: Machine
    inputs: tuple[Path, ...]
    out: Path
    venv: Path
    name: str
    nodes: int
    gpus: int
    cpus: int
    time: str
    notice: int
    restarts: int
    saved: int
    choices: dict[str, str]


def script(job: Job) -> str:
    """Return the text of the job script."""
    return render(
        "job.slurm",
        version=__version__,
        activate=job.venv / "bin" / "activate",
        directives=_directives(job),
        threads=_threads(job),
        **vars(job),
    )


def _directives(job: Job) -> list[str]:
    """Return the options of sbatch."""
    gpus = [f"gpus-per-node={job.gpus}", "gpu-bind=none"] if job.gpus else []
    return [
        f"job-name={job.name}",
        *(f"{option}={value}" for option, value in job.choices.items()),
        f"time={job.time}",
        f"nodes={job.nodes}",
        f"ntasks-per-node={job.gpus or 1}",
        f"cpus-per-task={job.cpus}",
        *gpus,
        f"signal=TERM@{job.notice}",
        "requeue",
        "open-mode=append",
        "output=%x-%j.out",
    ]


def _threads(job: Job) -> int:
    """Return the number of LAPACK threads: all cores with a GPU, else the share of a device."""
    cores = max(1, job.cpus // job.machine.threads)
    return cores if job.gpus else -(-cores // MAX_DEVICES)
