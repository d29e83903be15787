"""`nnpp init-fit`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console

if TYPE_CHECKING:
    from nnpp.workflows.train.init_fit import Prepared


def command(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="Fits, or folders of fits [inputs/].")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what was trained before.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Prepare runs: networks learn their Zunger forms before they are trained."""
    from nnpp.workflows.fits.read import read_fits

    fits = read_fits(inputs or [Path("inputs")])
    from nnpp.workflows.train.init_fit import (
        run_init_fit,  # imports JAX: a wrong fit is told before
    )

    events = run_init_fit(fits, out, fresh)
    tell(console.progress(events, "preparing", len(fits)))


def tell(prepared: "Iterable[Prepared]") -> None:
    """What became of each fit."""
    for run in prepared:
        console.say(f"{run.name} ({run.source})", typer.colors.CYAN)
        for text in run.notes:
            console.note(text)
        console.remark(f"  learned: {run.learned}")
        console.wrote(run.paths)
