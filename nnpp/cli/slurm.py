"""`nnpp slurm`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.signals import EXIT_STOPPED


def command(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="Fits, or folders of fits [inputs/].")
    ] = None,
    machine: Annotated[
        str | None, typer.Option(help="perlmutter, generic (with GPUs) or cpu (without).")
    ] = None,
    nodes: Annotated[int, typer.Option(help="Nodes.")] = 1,
    gpus: Annotated[
        int | None, typer.Option(help="GPUs, and processes, of a node [all].")
    ] = None,
    cpus: Annotated[
        int | None, typer.Option(help="Processors of each process [its share, or 8].")
    ] = None,
    time: Annotated[str, typer.Option(help="Limit, as [D-]HH:MM:SS.")] = "01:00:00",
    notice: Annotated[
        int, typer.Option(help="Seconds before it: end the step, save, queue again.")
    ] = 300,
    restarts: Annotated[
        int | None, typer.Option(help="Most times in the queue again [20; 0 in debug].")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Project to charge.")] = None,
    qos: Annotated[str | None, typer.Option(help="Queue [perlmutter: regular].")] = None,
    partition: Annotated[str | None, typer.Option(help="Partition, but on perlmutter.")] = None,
    constraint: Annotated[
        str | None, typer.Option(help="Kind of nodes, as 'gpu&hbm80g' [perlmutter: gpu].")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the job and its log.")] = "nnpp",
    venv: Annotated[Path, typer.Option(help="Environment that holds nnpp.")] = Path(".venv"),
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
    output_script: Annotated[Path, typer.Option(help="The script.")] = Path("nnpp.slurm"),
    force: Annotated[bool, typer.Option("--force", help="Replace a script.")] = False,
) -> None:
    """Write a job script that runs `nnpp fit` under Slurm, on many GPUs.

    When its time is over the job is queued again, and the fit goes on where it was.
    """
    from nnpp.cluster.slurm import Wishes, run_slurm

    path = run_slurm(Wishes(
        inputs=tuple(inputs or [Path("inputs")]), machine=machine, nodes=nodes, gpus=gpus,
        cpus=cpus, time=time, notice=notice, restarts=restarts, account=account, qos=qos,
        partition=partition, constraint=constraint, name=name, venv=venv, out=out,
        file=output_script, force=force, saved=EXIT_STOPPED,
    ))  # fmt: skip
    console.say(f"wrote {path}")
    console.say(f"submit it with: sbatch {shlex.quote(str(path))}")
