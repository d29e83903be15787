"""`nnpp fit`: init-fit, train, and the bands with plots, one after another."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import bands, console, init_fit, train
from nnpp.cli.train import By, Fresh, Members, Method, Movie, Steps


def command(
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="Fits, or folders of fits [inputs/].")
    ] = None,
    method: Method = None,
    steps: Steps = None,
    fresh: Fresh = False,
    movie: Movie = None,
    members: Members = 0,
    by: By = "kpoints",
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Prepare and train every fit, then compute and draw its bands."""
    from nnpp.workflows.choices import Choices
    from nnpp.workflows.read import by_method, read_fits, read_runs

    fits = by_method(read_fits(inputs or [Path("inputs")]), method)
    from nnpp.workflows.bands import run_bands  # imports JAX: a wrong fit is told before
    from nnpp.workflows.init_fit import run_init_fit
    from nnpp.workflows.train import Options

    options = Options(steps, fresh, movie, members, by)
    init_fit.tell(console.watched(run_init_fit(fits, out, fresh), "preparing", len(fits)))
    runs = read_runs([out / fit.name for fit in fits], out)
    train.train(runs, options)
    bands.tell(run_bands(runs, out, Choices(plot=True)), runs)
