"""`nnpp package`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.card import Author, Licence


def command(
    run: Annotated[Path, typer.Argument(help="A run that was fitted.")],
    out: Annotated[
        Path | None, typer.Option(help="A .zip, or a folder to be made [RUN.zip].")
    ] = None,
    without_inputs: Annotated[
        bool, typer.Option("--without-inputs", help="Leave out structures and references.")
    ] = False,
    author: Author = None,
    licence: Licence = None,
) -> None:
    """Bundle a potential with its card, bands, figures, inputs and SHA256SUMS."""
    from nnpp.formats.card import Wishes
    from nnpp.workflows.card.package import run_package

    console.wrote(run_package(run, out, Wishes(author, licence), not without_inputs))
