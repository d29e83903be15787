"""`nnpp report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.bands import Inputs

if TYPE_CHECKING:
    from nnpp.observables.reports import Report

WIDTHS = (14, 3, 10, 10, 12)
"""Letters of each column."""


def command(
    inputs: Inputs = None,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Tell gaps, masses and deformation potentials beside reference and experiment."""
    from nnpp.workflows.fits.read import read_fits

    fits = read_fits(inputs or [Path("inputs")])
    from nnpp.workflows.report import run_report  # imports JAX: a wrong fit is told before

    for told in run_report(fits, out):
        for report in told.reports:
            _tell(report)
        console.wrote(told.paths)


def _tell(report: "Report") -> None:
    """One crystal."""
    console.say(report.name, typer.colors.CYAN)
    console.say(console.cells(("", "", "nnpp", "reference", "experiment"), WIDTHS))
    for row in report.rows:
        console.say(console.cells((row.name, row.unit, *row.words), WIDTHS))
    if report.source:
        console.remark(f"  experiment: {report.source}")
    for note in report.notes:
        console.remark(f"  {note}")
