"""`nnpp export`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console


def command(
    run: Annotated[
        Path, typer.Argument(help="A run that was fitted, or its potential.safetensors.")
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the files [RUN/export].")] = None,
) -> None:
    """Write a fitted potential for filter-diagonalisation codes of nanocrystals."""
    from nnpp.workflows.export import run_export

    console.wrote(run_export(run, out))
