"""`nnpp train`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.header import begin
from nnpp.cli.level_errors import print_level_errors
from nnpp.cli.options import RESULTS, Distributed, Out, Runs, together
from nnpp.cluster.signals import EXIT_STOPPED, stop_on_signals

if TYPE_CHECKING:
    from nnpp.workflows.train.loop import Begun, Ensemble, Event, Trained
    from nnpp.workflows.train.train import Options

ERRORS, LOSS = {"fitted/meV": 10, "held out/meV": 12}, {"loss/eV²": 10}
"""Columns of RMS errors, or of the loss where no bands are fitted; widths in characters."""

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
        begin("train", fits)
        from nnpp.workflows.train.train import (
            Options,  # imports JAX: input errors come before
        )

        for trained in train(fits, Options(steps, fresh, movie, members, by)):
            if len(fits) > 1:
                console.say(trained.name, typer.colors.CYAN)
            print_level_errors({e.name: e.of_levels for e in trained.errors})


def train(fits: list, options: "Options") -> "list[Trained]":
    """Train runs and print every step; exit with code 75 if a signal stops them."""
    from nnpp.workflows.train.loop import Trained
    from nnpp.workflows.train.train import run_train

    done: list[Trained] = []

    def show(event: "Event", table: console.StepTable) -> bool:
        done.extend([event] if isinstance(event, Trained) else [])
        return _show(event, table)

    with stop_on_signals(console.note) as stop:
        stopped = console.print_steps(run_train(fits, options, stop), show)
    if stopped:
        raise typer.Exit(EXIT_STOPPED)
    return done


def _show(event: "Event", table: console.StepTable) -> bool:
    """Print one event; return True if training was stopped."""
    from nnpp.workflows.train.loop import (
        Begun,
        Ensemble,
        MembersStepped,
        Stepped,
        Stopped,
        Trained,
    )

    match event:
        case Begun():
            _print_header(event)
            table.begin(_columns(event.numbers), event.step, event.steps)
            if not event.step:
                table.step(0, _cells(0, event.numbers))
        case Stepped():
            table.step(event.step, _cells(event.step, event.numbers))
        case Trained():
            table.end()
            _print_summary(event)
        case MembersStepped():
            console.LINE.show("step of all members", event.step, event.steps)
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


def _columns(numbers: "Mapping[str, float | bool]") -> dict[str, int]:
    """Return the columns printed for each step and their widths, in characters."""
    errors = ERRORS if "rms_mev" in numbers else LOSS
    return {"step": 6} | errors | {"damping": 8, "s": 7}


def _cells(step: int, numbers: "Mapping[str, float | bool]") -> list[str]:
    """Return the numbers of one step, in the order of the columns."""
    found = {
        "step": ("step", "d"),
        "fitted/meV": ("rms_mev", ".4g"),
        "held out/meV": ("holdout_rms_mev", ".4g"),
        "loss/eV²": ("best_ev2", ".4g"),
        "damping": ("damping", ".1e"),
        "s": ("seconds", ".1f"),
    }
    known = {"step": step} | dict(numbers)
    columns = (found[name] for name in _columns(numbers))
    return [f"{known[key]:{form}}" if key in known else "—" for key, form in columns]


def _print_summary(trained: "Trained") -> None:
    """Print why training ended, and the files written."""
    console.remark(f"  ended after step {trained.step}: {trained.why}")
    if not trained.errors:
        console.remark(f"  weighted loss {trained.loss_ev2:.4g} eV²")
    for text in trained.notes:
        console.note(text)
    console.wrote(trained.paths)


def _print_ensemble(made: "Ensemble") -> None:
    """Print the mean and spread of the gaps of an ensemble."""
    size = f"{made.members} members by {made.by}, {made.steps} steps each"
    console.say(f"  ensemble: {size}, {made.seconds:.1f} s")
    for name, (gap, spread) in made.gaps_ev.items():
        console.say(f"    {name}: gap {gap:.3f} ± {spread:.3f} eV")
    console.say(f"    levels spread by at most {made.widest_mev:.2g} meV")
    console.wrote(made.paths)
