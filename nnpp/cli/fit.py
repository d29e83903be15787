"""`nnpp fit`: init-fit, train, and the bands with plots, one after another."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nnpp.cli import bands, console, init_fit, train
from nnpp.cli.header import begin
from nnpp.cli.options import RESULTS, Distributed, Fits, Html, Out, together
from nnpp.cli.train import By, Fresh, Members, Method, Movie, Steps

if TYPE_CHECKING:
    from nnpp.config.inputs import Fit


def command(
    inputs: Fits = None,
    method: Method = None,
    steps: Steps = None,
    fresh: Fresh = False,
    movie: Movie = None,
    members: Members = 0,
    by: By = "kpoints",
    html: Html = False,
    distributed: Distributed = False,
    out: Out = RESULTS,
) -> None:
    """Prepare, train and plot every fit; report.html shows the result."""
    from nnpp.workflows.fits.read import by_method, read_fits

    with together(distributed) as all_of:
        fits = all_of(lambda: by_method(read_fits(inputs or [Path("inputs")]), method))
        begin("fit", fits)
        _fit(fits, (steps, fresh, movie, members, by), out, all_of, html)


def _fit(fits: "list[Fit]", wanted: tuple, out: Path, all_of: Callable, html: bool) -> None:
    """Run the three verbs one after another; process 0 alone prepares the runs."""
    from nnpp.devices.processes import on_process_zero  # imports JAX: input errors come before
    from nnpp.runs.shared import await_runs
    from nnpp.workflows.bands.bands import run_bands
    from nnpp.workflows.bands.options import Choices
    from nnpp.workflows.fits.read import read_runs
    from nnpp.workflows.train.init_fit import run_init_fit
    from nnpp.workflows.train.train import Options

    options = Options(*wanted)
    prepared = run_init_fit(fits, out, options.fresh, options.ensemble)
    watched = console.progress(prepared, "preparing", len(fits))
    on_process_zero(lambda: init_fit.print_prepared(watched))
    folders = [out / fit.name for fit in fits]
    await_runs(folders)
    runs = all_of(lambda: read_runs(folders, out))
    console.LINE.show("reading the run")
    train.train(runs, options)
    console.LINE.show("computing bands")
    await_runs(folders)
    bands.print_bands(run_bands(runs, out, Choices(plot=True, html=html)), runs)
    for folder in folders:
        console.say(f"open {folder / 'report.html'}", typer.colors.GREEN)
