"""`nnpp verify`, `export`, `card`, `package`: commands on one fitted potential."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.options import Author, Licence

if TYPE_CHECKING:
    from nnpp.workflows.export.export import Comparison

Model = Annotated[Path, typer.Argument(help="A fitted run, or its potential.safetensors.")]


def verify(model: Model) -> None:
    """Check files, constraints and bands of a fitted potential."""
    console.begin(f"verify: files, constraints and bands of {model}")
    from nnpp.workflows.verify.verify import run_verify

    findings = list(run_verify(model))
    problems = [(f.what, f.wrong) for f in findings if f.wrong]
    console.findings(f"{model}", [(f.what, f.found) for f in findings], problems)


def export(
    model: Model,
    out: Annotated[Path | None, typer.Option(help="Folder of the files [RUN/export].")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write files that give other levels than the run.")
    ] = False,
) -> None:
    """Write files for filter-diagonalization codes of nanocrystals.

    The files are read again, and their band edges are compared with those of the run.
    """
    console.begin(f"export: files of {model} for filter-diagonalization codes")
    from nnpp.workflows.export.export import AGREES_MEV, Comparison, run_export

    for event in run_export(model, out, math.inf if force else AGREES_MEV):
        if isinstance(event, Comparison):
            _print_comparison(event)
        else:
            console.wrote(event.paths)


def _print_comparison(comparison: "Comparison") -> None:
    """Print the band edges of the run and of the files."""
    from nnpp.workflows.export.levels import HEADS

    if not comparison.edges:
        console.note(
            "levels are not compared: there is no bands.h5; `nnpp bands RUN` writes it"
        )
        return
    table = [HEADS, *(edge.row for edge in comparison.edges)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        console.say(console.cells(row, widths))


def card(
    runs: Annotated[list[Path], typer.Argument(help="Fitted runs.")],
    author: Author = None,
    licence: Licence = None,
) -> None:
    """Write a model card (README.md): accuracy, data and limits."""
    console.begin(f"card: accuracy and data of {', '.join(map(str, runs))}")
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
    console.begin(f"package: {run}")
    from nnpp.formats.card import Attribution
    from nnpp.workflows.card.card import run_package

    console.wrote(run_package(run, out, Attribution(author, licence), not without_inputs))
