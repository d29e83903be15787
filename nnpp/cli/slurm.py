"""`nnpp slurm`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.options import INPUTS, RESULTS, Fits, Out
from nnpp.cluster.signals import EXIT_STOPPED


def command(
    inputs: Fits = None,
    machine: Annotated[
        str | None, typer.Option(help="perlmutter, generic (with GPUs) or cpu (without).")
    ] = None,
    nodes: Annotated[int, typer.Option(help="Number of nodes.")] = 1,
    gpus: Annotated[
        int | None, typer.Option(help="GPUs per node, one process each [all].")
    ] = None,
    cpus: Annotated[
        int | None, typer.Option(help="CPUs per process [its share of the node, or 8].")
    ] = None,
    time: Annotated[str, typer.Option(help="Time limit, [D-]HH:MM:SS.")] = "01:00:00",
    notice: Annotated[
        int, typer.Option(help="Seconds before the limit to save and requeue.")
    ] = 300,
    restarts: Annotated[
        int | None, typer.Option(help="Maximum number of restarts [20; 0 in debug].")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Project to charge.")] = None,
    qos: Annotated[str | None, typer.Option(help="Queue [perlmutter: regular].")] = None,
    partition: Annotated[str | None, typer.Option(help="Partition; not on perlmutter.")] = None,
    constraint: Annotated[
        str | None, typer.Option(help="Kind of nodes, e.g. 'gpu&hbm80g' [perlmutter: gpu].")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the job and its log file.")] = "nnpp",
    venv: Annotated[
        Path, typer.Option(help="Virtual environment in which nnpp is installed.")
    ] = Path(".venv"),
    out: Out = RESULTS,
    output_script: Annotated[Path, typer.Option(help="File name of the job script.")] = Path(
        "nnpp.slurm"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace an existing script.")] = False,
) -> None:
    """Write a Slurm job script that runs `nnpp fit` on many GPUs.

    At its time limit the job is saved and requeued, and the fit continues.
    """
    from nnpp.cluster.slurm import SlurmOptions, run_slurm

    path = run_slurm(SlurmOptions(
        inputs=tuple(inputs or [INPUTS]), machine=machine, nodes=nodes, gpus=gpus,
        cpus=cpus, time=time, notice=notice, restarts=restarts, account=account, qos=qos,
        partition=partition, constraint=constraint, name=name, venv=venv, out=out,
        file=output_script, force=force, saved=EXIT_STOPPED,
    ))  # fmt: skip
    console.say(f"wrote {path}")
    console.say(f"submit it with: sbatch {shlex.quote(str(path))}")
