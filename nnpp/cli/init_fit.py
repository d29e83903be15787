"""`nnpp init-fit`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.header import begin
from nnpp.cli.options import INPUTS, RESULTS, Fits, Out

if TYPE_CHECKING:
    from nnpp.workflows.train.init_fit import Prepared


def command(
    inputs: Fits = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Discard earlier training.")] = False,
    out: Out = RESULTS,
) -> None:
    """Prepare runs: networks are first fitted to their Zunger form."""
    from nnpp.workflows.fits.read import read_fits

    fits = read_fits(inputs or [INPUTS])
    begin("prepare", fits)
    from nnpp.workflows.train.init_fit import (
        run_init_fit,  # imports JAX: input errors come before
    )

    events = run_init_fit(fits, out, fresh)
    print_prepared(console.progress(events, "preparing", len(fits)))


def print_prepared(prepared: "Iterable[Prepared]") -> None:
    """Print the result for each fit."""
    for run in prepared:
        console.say(f"{run.name} ({run.source})", typer.colors.CYAN)
        for text in run.notes:
            console.note(text)
        console.remark(f"  learned: {run.learned}")
        console.wrote(run.paths)
