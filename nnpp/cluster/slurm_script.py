"""A job script for Slurm: `nnpp fit` in one process a GPU, queued again when it is stopped."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from nnpp import MAX_DEVICES, __version__
from nnpp.cluster.machines import Machine

TEXT = """\
#!/bin/bash
# Written by nnpp {version}. Paths are relative to where sbatch is called.
{directives}
# --signal: so many seconds before the time is over, Slurm sends SIGTERM to the
# steps, which are the nnpp processes of srun, and not to this shell (as by B:).
# They end the step at hand, save it, and exit with {saved}. Preemption sends them
# SIGTERM as well, when its grace time begins. This shell gets SIGTERM only when
# Slurm ends the job: cancelled, out of time, or preempted and queued again by
# Slurm. It has no trap and dies of it: what was cancelled stays cancelled.

set -e
restarts=${{SLURM_RESTART_COUNT:-0}} # also those after preemption and lost nodes
echo "nnpp: $(date), restarts so far: $restarts"

{environment}

# One process for {share}
# The first one to end must not end the others, which may still be saving.
code=0
srun --cpus-per-task={cpus} --cpu-bind=cores --kill-on-bad-exit=0 --wait=0 \\
    nnpp fit --distributed --out={out} -- {inputs} || code=$?

if [ "$code" -ne {saved} ]; then
    exit "$code"
fi
left="all is saved: submit the script again to go on"
if [ "$restarts" -ge {most} ]; then
    echo "nnpp: stopped; {most} restarts are the most of this script; $left" >&2
    exit {saved}
fi
echo "nnpp: stopped and saved; the job is queued again"
if ! scontrol requeue "$SLURM_JOB_ID"; then
    echo "nnpp: the job could not be queued again; $left" >&2
    exit {saved}
fi
"""

GPU_SHARE = """\
each GPU. It sees all of its node (--gpu-bind=none) and takes
# the one with the number of its SLURM_LOCALID."""

CPU_SHARE = "each node, which makes devices of its cores."

CACHE = """\
# A restart reads what the first start has compiled.
export JAX_COMPILATION_CACHE_DIR="{scratch}/nnpp/compiled"
"""


@dataclass(frozen=True)
class Job:
    """What one script asks for, found right.

    Attributes:
        machine: where it runs.
        inputs: fits, or folders of fits.
        out: folder of results.
        venv: environment that holds nnpp.
        name: of the job, and of its log.
        nodes: how many.
        gpus: of each node; 0 for one process a node on its cores.
        cpus: processors of each process.
        time: limit, as Slurm reads it.
        notice: seconds before it at which the fit is told to stop.
        restarts: how often it may be queued again.
        saved: exit code of a fit that was stopped and has saved all.
        choices: account, qos, partition, constraint, where there is one.
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
    """The text of the script."""
    return TEXT.format(
        version=__version__,
        directives="\n".join(f"#SBATCH --{line}" for line in _directives(job)),
        environment=_environment(job),
        share=GPU_SHARE if job.gpus else CPU_SHARE,
        cpus=job.cpus,
        out=_quoted(job.out),
        inputs=" ".join(map(_quoted, job.inputs)),
        saved=job.saved,
        most=job.restarts,
    )


def _directives(job: Job) -> list[str]:
    """What sbatch is asked for."""
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


def _environment(job: Job) -> str:
    """What must stand before the fit begins."""
    threads = _threads(job)
    activate = _quoted(job.venv / "bin" / "activate")
    scratch = job.machine.scratch
    lines = [
        *job.machine.ready,
        f"source -- {activate}",
        f"export OMP_NUM_THREADS={threads} OPENBLAS_NUM_THREADS={threads}",
        *([] if scratch is None else [CACHE.format(scratch=scratch).rstrip()]),
    ]
    return "\n".join(lines)


def _threads(job: Job) -> int:
    """Of LAPACK: all cores of a process that has a GPU; else each device takes its share."""
    cores = max(1, job.cpus // job.machine.threads)
    return cores if job.gpus else -(-cores // MAX_DEVICES)


def _quoted(path: Path) -> str:
    """A path as a shell reads it."""
    return shlex.quote(str(path))
