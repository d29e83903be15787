"""`nnpp tune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cluster.signals import EXIT_STOPPED, stop_on_signals

if TYPE_CHECKING:
    from nnpp.runs.study import Study, Trial
    from nnpp.workflows.tune.tune import Begun, Event, Tuned

COLUMNS = {"trial": 6, "held out/meV": 12, "best/meV": 9, "steps": 6, "state": 9, "s": 7}
"""What is told of a trial, and how many letters wide."""

BEST, NAME, CELL = 5, 18, 8
"""Trials told in the end; widths of the first column and of the others."""


def command(
    fit: Annotated[Path, typer.Argument(help="The fit whose numbers are varied.")],
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials in all [as the fit says, or 40].")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Most steps of a trial [as the fit says].")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over; the default goes on.")
    ] = False,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster that runs, as auto or HOST:6379.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
) -> None:
    """Search for settings that lower the error of what is held out.

    SIGTERM, SIGINT and SIGUSR1 end it with exit code 75; trials that ended are kept.
    """
    from nnpp.workflows.fits.read import read_one

    found = read_one(fit)
    from nnpp.workflows.tune.tune import (  # imports JAX: a wrong fit is told before
        Options,
        run_tune,
    )

    with stop_on_signals(console.note, "stopping; trials that run are given up") as stop:
        stopped = console.print_steps(
            run_tune(found, out, Options(trials, steps, fresh, address), stop), COLUMNS, _told
        )
    if stopped:
        raise typer.Exit(EXIT_STOPPED)


def _told(event: "Event", line: console.StepTable) -> bool:
    """Tell one event; True for the one that a signal brought about."""
    from nnpp.workflows.tune.tune import Begun, Tried, Tuned

    match event:
        case Begun():
            _head(event)
            line.begin(event.done, event.search.trials)
        case Tried():
            line.step(len(event.study.trials), _cells(event.study))
        case Tuned():
            line.end()
            _summary(event)
            return event.stopped
    return False


def _head(begun: "Begun") -> None:
    """What is about to be searched."""
    from nnpp.workflows.tune.tuned import short

    search = begun.search
    console.say(f"{search.fit.name} ({search.folder})", typer.colors.CYAN)
    for text in search.fit.notes:
        console.note(text)
    done = f"goes on after {begun.done}" if begun.done else "new"
    at_once = f", {begun.at_once} at a time" if begun.at_once else ""
    console.remark(f"  {search.trials} trials of {search.steps} steps{at_once}, {done}")
    for key, dimension in search.space.items():
        console.say(f"    {short(key):{NAME}}  {dimension}")


def _cells(study: "Study") -> list[str]:
    """The numbers of the last trial."""
    trial = study.trials[-1]
    return [
        str(trial.number),
        _mev(trial.held_out_mev),
        _mev(study.best and study.best.held_out_mev),
        str(trial.steps),
        trial.state,
        f"{trial.seconds:.1f}",
    ]


def _summary(tuned: "Tuned") -> None:
    """The best trials side by side, how much each number mattered, what was written."""
    best = tuned.study.ranked("finished")[:BEST]
    if best:
        _table(best, tuned)
        _remarks(best, tuned)
    console.wrote(tuned.paths)
    if tuned.stopped:
        saved = f"{len(tuned.study.trials)} trials are saved"
        console.note(f"{tuned.search.fit.name}: stopped; {saved}, start it again to go on")


def _table(best: "list[Trial]", tuned: "Tuned") -> None:
    """A column for each trial, a line for each number."""
    from nnpp.workflows.tune.tuned import short

    _row("trial", [f"{t.number}{'*' * (t.values == tuned.own)}" for t in best], "matters")
    _row("held out/meV", [_mev(trial.held_out_mev) for trial in best])
    _row("training/meV", [_mev(trial.training_mev) for trial in best])
    _row("steps", [str(trial.steps) for trial in best])
    _row("seconds", [f"{trial.seconds:.0f}" for trial in best])
    for key, found in tuned.importance.items():
        values = [_value(trial.values[key]) for trial in best]
        _row(short(key), values, "—" if found is None else f"{found:.2f}")


def _remarks(best: "list[Trial]", tuned: "Tuned") -> None:
    """What the star and the last column mean."""
    from nnpp.workflows.tune.tuned import MEASURE, by_chance

    if any(trial.values == tuned.own for trial in best):
        console.remark("  *: the fit as it stands, as far as the ranges hold it")
    console.remark(f"  matters: {MEASURE}")
    chance = by_chance(tuned.study)
    if chance is not None:
        console.remark(f"  chance alone gives {chance:.2f} once in twenty times")


def _row(name: str, values: list[str], matters: str = "") -> None:
    """A line of the table."""
    cells = [name, *values, matters]
    line = console.cells(cells, [NAME, *[CELL] * (len(values) + 1)])
    console.say(f"  {line}".rstrip())


def _mev(error: float | None) -> str:
    """An error [meV]."""
    return "—" if error is None else f"{error:.4g}"


def _value(value: int | float | str) -> str:
    """A number to three figures, or a word."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
