"""Arguments and options that several commands share, each declared once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from nnpp.cli import console

T = TypeVar("T")

Inputs = Annotated[
    list[Path] | None, typer.Argument(help="Fits, folders of fits, or runs [inputs/].")
]
Fits = Annotated[list[Path] | None, typer.Argument(help="Fits, or folders of fits [inputs/].")]
Runs = Annotated[
    list[Path] | None, typer.Argument(help="Runs [all runs prepared by init-fit].")
]
Out = Annotated[Path, typer.Option(help="Folder of results.")]
Structure = Annotated[
    Path | None,
    typer.Option(help="Structure file to compute with one fitted potential."),
]
Cutoff = Annotated[
    str | None, typer.Option(help="Kinetic energy cutoff of the basis, e.g. '10 hartree'.")
]
Html = Annotated[
    bool, typer.Option("--html", help="Write an interactive HTML page for each system.")
]
Author = Annotated[
    str | None, typer.Option(help="Author of the potential [as in its model card].")
]
Licence = Annotated[
    str | None, typer.Option(help="Licence of the potential [as in its model card].")
]
Distributed = Annotated[
    bool,
    typer.Option(
        "--distributed",
        help="Run as one of several processes: start them with srun, or set "
        "NNPP_COORDINATOR=HOST:PORT, NNPP_PROCESSES and NNPP_PROCESS for each.",
    ),
]

INPUTS, RESULTS = Path("inputs"), Path("results")
"""Folders that commands read and write by default."""


def together(
    distributed: bool,
) -> AbstractContextManager[Callable[[Callable[[], T]], T]]:
    """Return a block in which this command works with the other processes, if there are any."""
    from nnpp.cluster import distributed as processes

    return processes.together(distributed, console.fail, (typer.Exit,))
