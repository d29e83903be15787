"""`nnpp check`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console


def command(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="Fits, folders of fits, or runs [inputs/].")
    ] = None,
) -> None:
    """Show what was read, what it will cost, and what looks wrong; solve nothing."""
    from nnpp.workflows.check import run_check

    for report in run_check(inputs or [Path("inputs")]):
        console.rows(f"{report.name} ({report.source})", report.rows)
        for text in report.notes:
            console.note(text)
        for system in report.systems:
            typer.echo("")
            console.rows(system.name, system.rows)
            for text in system.notes:
                console.note(f"{system.name}: {text}")
        typer.echo("")
