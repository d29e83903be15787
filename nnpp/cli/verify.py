"""`nnpp verify`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console


def command(
    model: Annotated[
        Path, typer.Argument(help="A run that was fitted, or its potential.safetensors.")
    ],
) -> None:
    """Check a fitted potential: files, constraints, and the bands of its run."""
    from nnpp.workflows.verify import run_verify

    findings = list(run_verify(model))
    console.rows(f"{model}", [(f.what, f.found) for f in findings])
    wrong = [finding for finding in findings if finding.wrong]
    for finding in wrong:
        console.note(f"{finding.what}: {finding.wrong}")
    if wrong:
        raise typer.Exit(1)
    console.say("all is well")
