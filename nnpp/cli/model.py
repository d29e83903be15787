"""`nnpp verify`, `export`, `card`, `package`: commands on one fitted potential."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.options import Author, Licence

Model = Annotated[Path, typer.Argument(help="A fitted run, or its potential.safetensors.")]


def verify(model: Model) -> None:
    """Check files, constraints and bands of a fitted potential."""
    from nnpp.workflows.verify import run_verify

    findings = list(run_verify(model))
    problems = [(f.what, f.wrong) for f in findings if f.wrong]
    console.findings(f"{model}", [(f.what, f.found) for f in findings], problems)


def export(
    model: Model,
    out: Annotated[Path | None, typer.Option(help="Folder of the files [RUN/export].")] = None,
) -> None:
    """Write files for filter-diagonalization codes of nanocrystals."""
    from nnpp.workflows.export import run_export

    console.wrote(run_export(model, out))


def card(
    runs: Annotated[list[Path], typer.Argument(help="Fitted runs.")],
    author: Author = None,
    licence: Licence = None,
) -> None:
    """Write a model card (README.md): accuracy, data and limits."""
    from nnpp.formats.card import Attribution
    from nnpp.workflows.card.card import run_card

    console.wrote(list(run_card(runs, Attribution(author, licence))))


def package(
    run: Annotated[Path, typer.Argument(help="A fitted run.")],
    out: Annotated[
        Path | None, typer.Option(help="A .zip file or a new folder [RUN.zip].")
    ] = None,
    without_inputs: Annotated[
        bool, typer.Option("--without-inputs", help="Leave out structures and references.")
    ] = False,
    author: Author = None,
    licence: Licence = None,
) -> None:
    """Bundle a potential with its card, bands, figures and inputs.

    SHA256SUMS lists the checksum of every file.
    """
    from nnpp.formats.card import Attribution
    from nnpp.workflows.card.card import run_package

    console.wrote(run_package(run, out, Attribution(author, licence), not without_inputs))
