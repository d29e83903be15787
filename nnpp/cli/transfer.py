"""`nnpp transfer`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console

if TYPE_CHECKING:
    from nnpp.workflows.transfer.transfer import Row

COLUMNS = {"case": 21, "quantity": 9, "nnpp/eV": 8, "±": 6, "expected": 8, "off": 7}
"""What is told of a case, and how many letters wide."""


def command(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Runs [all that init-fit prepared].")
    ] = None,
    cells: Annotated[
        int, typer.Option(min=4, max=12, help="Primitive cells of an alloy; divided by 4.")
    ] = 8,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Try a potential where no fit looked: strain, wurtzite, alloys, superlattices."""
    from nnpp.workflows.fits.read import read_runs

    fits = read_runs(runs, out)
    from nnpp.workflows.transfer.transfer import Begun, Done, Row, run_transfer

    for event in run_transfer(fits, out, cells - cells % 4):
        match event:
            case Begun():
                console.say(event.name, typer.colors.CYAN)
                for text in event.notes:
                    console.remark(f"  {text}")
                console.say(console.cells(COLUMNS, COLUMNS.values()))
            case Row():
                console.say(_line(event))
            case Done():
                if event.held:
                    console.remark(f"  {event.held}")
                console.wrote(event.paths)


def _line(row: "Row") -> str:
    """One quantity."""
    bar = "—" if row.bar is None else f"{row.bar:.3f}"
    told = ("—", "—")
    if row.expected is not None:
        told = (f"{row.expected:.3f}", f"{row.here - row.expected:+.3f}")
    texts = (row.case, row.quantity, f"{row.here:.3f}", bar, *told)
    return console.cells(texts, COLUMNS.values())
