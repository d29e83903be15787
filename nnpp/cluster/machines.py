"""Machines that a job script can be written for: one entry each, read by name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """What a job script must know of a cluster run by Slurm; None and () leave it to the user.

    Attributes:
        gpus: GPUs of a node.
        cpus: processors of a node, as Slurm counts them.
        threads: of these in each core.
        constraints: kinds of nodes, the usual one first.
        qos: queues by their names, the usual one first.
        once: queues that are no place for jobs that queue themselves again.
        account: whether jobs must name a project.
        partition: whether jobs may name a partition.
        ready: lines of shell that make its software ready.
        scratch: where the shell finds room for a cache that all nodes see.
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
    # Neither production nor chains of jobs are allowed there (docs.nersc.gov/jobs/policy).
    once=("debug", "interactive", "shared_interactive"),
    account=True,
    partition=False,
    ready=(
        "module load python",
        "# No cudatoolkit: the wheels of jax[cuda13] bring CUDA along, and what modules",
        "# put on this path would be found before it.",
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
"""By the names of the command line; `generic` has GPUs, `cpu` has none."""
