"""`nnpp train`."""

from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.options import RESULTS, Distributed, Out, Runs, together
from nnpp.cluster.signals import EXIT_STOPPED, stop_on_signals

if TYPE_CHECKING:
    from nnpp.workflows.train.loop import Begun, Ensemble, Event, Stepped, Trained
    from nnpp.workflows.train.train import Options

COLUMNS = {"step": 6, "loss/eV²": 10, "held out": 10, "damping": 8, "s": 7}
"""Columns printed for each step and their widths, in characters."""

Method = Annotated[str | None, typer.Option(help="lm, lbfgs, adam, … [as in the fit].")]
Steps = Annotated[int | None, typer.Option(min=0, help="Maximum steps [as in the fit].")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start again instead of continuing.")]
Movie = Annotated[str | None, typer.Option(help="Make an animation of the fit: gif or mp4.")]
Members = Annotated[int, typer.Option(min=0, help="Also train an ensemble of this size.")]
By = Annotated[str, typer.Option(help="How members differ: kpoints (bootstrap) or seeds.")]


def command(
    runs: Runs = None,
    method: Method = None,
    steps: Steps = None,
    fresh: Fresh = False,
    movie: Movie = None,
    members: Members = 0,
    by: By = "kpoints",
    distributed: Distributed = False,
    out: Out = RESULTS,
) -> None:
    """Fit the reference bands; a stopped run continues.

    SIGTERM, SIGINT and SIGUSR1 save the current step and stop with exit code 75.
    """
    from nnpp.workflows.fits.read import by_method, read_runs

    with together(distributed) as all_of:
        fits = all_of(lambda: by_method(read_runs(runs, out), method))
        from nnpp.workflows.train.train import (
            Options,  # imports JAX: input errors come before
        )

        train(fits, Options(steps, fresh, movie, members, by))


def train(fits: list, options: "Options") -> None:
    """Train runs and print every step; exit with code 75 if a signal stops them."""
    from nnpp.workflows.train.train import run_train

    with stop_on_signals(console.note) as stop:
        stopped = console.print_steps(run_train(fits, options, stop), COLUMNS, _show)
    if stopped:
        raise typer.Exit(EXIT_STOPPED)


def _show(event: "Event", table: console.StepTable) -> bool:
    """Print one event; return True if training was stopped."""
    from nnpp.workflows.train.loop import Begun, Ensemble, Stepped, Stopped, Trained

    match event:
        case Begun():
            _print_header(event)
            table.begin(event.step, event.steps)
        case Stepped():
            table.step(event.step, _cells(event))
        case Trained():
            table.end()
            _print_summary(event)
        case Ensemble():
            _print_ensemble(event)
        case Stopped():
            table.end()
            console.note(f"{event.name}: stopped and saved after step {event.step}")
            return True
    return False


def _print_header(begun: "Begun") -> None:
    """Print the name, notes and size of what is trained."""
    console.say(f"{begun.name} ({begun.folder})", typer.colors.CYAN)
    for text in begun.notes:
        console.note(text)
    counts = f"{begun.parameters} parameters, {begun.residuals} residuals"
    console.remark(
        f"  {counts}, " + (f"continues after step {begun.step}" if begun.step else "new")
    )


def _cells(stepped: "Stepped") -> list[str]:
    """Return the numbers of one step."""
    n = stepped.numbers
    held, damping = n.get("holdout_ev2"), n.get("damping")
    return [
        str(stepped.step),
        f"{n['best_ev2']:.4g}",
        "—" if held is None else f"{held:.4g}",
        "—" if damping is None else f"{damping:.1e}",
        f"{n['seconds']:.1f}",
    ]


def _print_summary(trained: "Trained") -> None:
    """Print why training ended, and the error of every band."""
    console.remark(f"  ended after step {trained.step}: {trained.why}")
    console.remark(f"  weighted loss {trained.loss_ev2:.4g} eV²")
    if trained.errors:
        console.say("  RMSE by band [meV]; held out in a second line")
    for e in trained.errors:
        console.remark(f"    {e.name}: " + " ".join(f"{x:.1f}" for x in e.fitted_mev))
        if e.held_mev is not None:
            console.remark("      held out: " + " ".join(f"{x:.1f}" for x in e.held_mev))
    console.wrote(trained.paths)


def _print_ensemble(made: "Ensemble") -> None:
    """Print the mean and spread of the gaps of an ensemble."""
    size = f"{made.members} members by {made.by}, {made.steps} steps each"
    console.say(f"  ensemble: {size}, {made.seconds:.1f} s")
    for name, (gap, spread) in made.gaps_ev.items():
        console.say(f"    {name}: gap {gap:.3f} ± {spread:.3f} eV")
    console.say(f"    levels spread by at most {made.widest_mev:.2g} meV")
    console.wrote(made.paths)
