"""`nnpp train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.options import Distributed, together
from nnpp.cluster.signals import EXIT_STOPPED, stop_on_signals

if TYPE_CHECKING:
    from nnpp.workflows.train.events import Begun, Ensemble, Event, Stepped, Trained
    from nnpp.workflows.train.train import Options

COLUMNS = {"step": 6, "loss/eV²": 10, "held out": 10, "damping": 8, "s": 7}
"""What is told of a step, and how many letters wide."""

Method = Annotated[str | None, typer.Option(help="lm, lbfgs, adam, … in place of the fit's.")]
Steps = Annotated[int | None, typer.Option(min=0, help="Most steps [as the fit says].")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over; the default goes on.")]
Movie = Annotated[str | None, typer.Option(help="Also draw a film of the fit: gif or mp4.")]
Members = Annotated[int, typer.Option(min=0, help="Also train an ensemble of so many.")]
By = Annotated[str, typer.Option(help="Members differ by kpoints (bootstrap) or seeds.")]


def command(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="Runs [all that init-fit prepared].")
    ] = None,
    method: Method = None,
    steps: Steps = None,
    fresh: Fresh = False,
    movie: Movie = None,
    members: Members = 0,
    by: By = "kpoints",
    distributed: Distributed = False,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Fit the reference bands; a run that was stopped goes on where it was.

    SIGTERM, SIGINT and SIGUSR1 save and stop with exit code 75.
    """
    from nnpp.workflows.fits.read import by_method, read_runs

    with together(distributed) as all_of:
        fits = all_of(lambda: by_method(read_runs(runs, out), method))
        from nnpp.workflows.train.train import (
            Options,  # imports JAX: a wrong run is told before
        )

        train(fits, Options(steps, fresh, movie, members, by))


def train(fits: list, options: "Options") -> None:
    """Train runs and tell of it; a signal ends it with its exit code."""
    from nnpp.workflows.train.train import run_train

    with stop_on_signals(console.note) as stop:
        stopped = console.print_steps(run_train(fits, options, stop), COLUMNS, _told)
    if stopped:
        raise typer.Exit(EXIT_STOPPED)


def _told(event: "Event", line: console.StepTable) -> bool:
    """Tell one event; True for the one that ends it all."""
    from nnpp.workflows.train.events import Begun, Ensemble, Stepped, Stopped, Trained

    match event:
        case Begun():
            _head(event)
            line.begin(event.step, event.steps)
        case Stepped():
            line.step(event.step, _cells(event))
        case Trained():
            line.end()
            _summary(event)
        case Ensemble():
            _ensemble(event)
        case Stopped():
            line.end()
            console.note(f"{event.name}: stopped and saved after step {event.step}")
            return True
    return False


def _head(begun: "Begun") -> None:
    """What is about to be trained."""
    console.say(f"{begun.name} ({begun.folder})", typer.colors.CYAN)
    for text in begun.notes:
        console.note(text)
    counts = f"{begun.parameters} parameters, {begun.residuals} residuals"
    console.remark(
        f"  {counts}, " + (f"goes on after step {begun.step}" if begun.step else "new")
    )


def _cells(stepped: "Stepped") -> list[str]:
    """The numbers of one step."""
    n = stepped.numbers
    held, damping = n.get("holdout_ev2"), n.get("damping")
    return [
        str(stepped.step),
        f"{n['best_ev2']:.4g}",
        "—" if held is None else f"{held:.4g}",
        "—" if damping is None else f"{damping:.1e}",
        f"{n['seconds']:.1f}",
    ]


def _summary(trained: "Trained") -> None:
    """Why it ended, and the error of every band."""
    console.remark(f"  ended after step {trained.step}: {trained.why}")
    console.remark(f"  weighted loss {trained.loss_ev2:.4g} eV²")
    if trained.errors:
        console.say("  RMSE by band [meV]; held out in a second line")
    for e in trained.errors:
        console.remark(f"    {e.name}: " + " ".join(f"{x:.1f}" for x in e.fitted_mev))
        if e.held_mev is not None:
            console.remark("      held out: " + " ".join(f"{x:.1f}" for x in e.held_mev))
    console.wrote(trained.paths)


def _ensemble(made: "Ensemble") -> None:
    """What the members tell: mean ± spread."""
    size = f"{made.members} members by {made.by}, {made.steps} steps each"
    console.say(f"  ensemble: {size}, {made.seconds:.1f} s")
    for name, (gap, spread) in made.gaps_ev.items():
        console.say(f"    {name}: gap {gap:.3f} ± {spread:.3f} eV")
    console.say(f"    levels spread by at most {made.widest_mev:.2g} meV")
    console.wrote(made.paths)
