"""`nnpp dot series`: the gap against the diameter."""

from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.dot_levels import Potentials, Run, Seed, progress
from nnpp.cli.options import RESULTS, Cutoff, Out

if TYPE_CHECKING:
    from nnpp.workflows.dot.series import SeriesFinished

COLUMNS = {"d/nm": 6, "atoms": 6, "sites": 6, "gap/eV": 8, "published/eV": 12, "probe": 8}
"""Columns of the table and their widths, in characters."""


def series(
    crystal: Annotated[str, typer.Argument(help="zb-CdSe, wz-CdSe, … or a structure file.")],
    diameters: Annotated[
        str, typer.Option(help="A range, '1.5-6 nm', or a list, '1.2, 1.6, 2 nm'.")
    ],
    count: Annotated[int | None, typer.Option(help="Number of dots of a range [6].")] = None,
    run: Run = None,
    potentials: Potentials = None,
    cutoff: Cutoff = None,
    seed: Seed = 0,
    out: Out = RESULTS,
    force: Annotated[bool, typer.Option("--force", help="Compute all dots again.")] = False,
) -> None:
    """Compute the gaps of spheres of several diameters, and fit E = E_bulk + a/dⁿ."""
    console.begin(f"dot series: {crystal}")
    from nnpp.workflows.dot import levels_options as options

    request = options.Request(
        run=run,
        potentials=potentials,
        cutoff=options.read_cutoff(cutoff),
        valence=1,
        conduction=1,
        seed=seed,
        out=out,
        force=force,
    )
    from nnpp.workflows.dot.levels import Finished, Started
    from nnpp.workflows.dot.series import SeriesFinished, read_diameters, run_series

    d = read_diameters(diameters, count)
    for event in run_series(crystal, d, request, progress):
        match event:
            case Started(name, rows, notes):
                console.rows(name, rows)
                for text in notes:
                    console.note(text)
            case Finished(name, _, summary):
                console.remark(f"{name}: gap {summary['gap_ev']:.4f} eV")
            case SeriesFinished():
                print_series(event)


def print_series(of: "SeriesFinished") -> None:
    """Print the table of a series, its fit, and the files."""
    from nnpp.workflows.dot.series import table_rows

    widths = list(COLUMNS.values())
    console.say(console.cells(COLUMNS, widths))
    for cells in table_rows(of):
        console.say(console.cells(cells, widths))
    for text in of.notes:
        console.remark(text)
    console.wrote(of.paths)
