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
    from nnpp.workflows.fits.read import read_fits

    fits = read_fits(inputs or [Path("inputs")])
    from nnpp.workflows.check import run_check  # imports JAX: a wrong fit is told before

    for report in console.watched(run_check(fits), "reading", len(fits)):
        console.rows(f"{report.name} ({report.source})", report.rows)
        for text in report.notes:
            console.note(text)
        for system in report.systems:
            console.rows(f"{report.name}/{system.name}", system.rows)
            for text in system.notes:
                console.note(f"{system.name}: {text}")
