"""`nnpp tune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.options import RESULTS, Out
from nnpp.cluster.signals import EXIT_STOPPED, stop_on_signals

if TYPE_CHECKING:
    from nnpp.runs.study import Study, Trial
    from nnpp.workflows.tune.tune import Begun, Event, Tuned

COLUMNS = {"trial": 6, "held out/meV": 12, "best/meV": 9, "steps": 6, "state": 9, "s": 7}
"""Columns printed for each trial and their widths, in characters."""

BEST, NAME, CELL = 5, 18, 8
"""Trials in the final table; widths of its first column and of the others."""


def command(
    fit: Annotated[Path, typer.Argument(help="The fit to tune.")],
    trials: Annotated[
        int | None, typer.Option(min=1, help="Total number of trials [as in the fit, or 40].")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Maximum steps of a trial [as in the fit].")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start again instead of continuing.")
    ] = False,
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster: auto or HOST:6379.")
    ] = None,
    out: Out = RESULTS,
) -> None:
    """Search for settings with a lower held-out error.

    SIGTERM, SIGINT and SIGUSR1 stop with exit code 75; finished trials are saved.
    """
    from nnpp.config.inputs import read_inputs

    found = read_inputs(fit)
    from nnpp.workflows.tune.tune import (  # imports JAX: input errors come before
        Options,
        run_tune,
    )

    with stop_on_signals(console.note, "stopping; running trials are discarded") as stop:
        stopped = console.print_steps(
            run_tune(found, out, Options(trials, steps, fresh, address), stop), _show
        )
    if stopped:
        raise typer.Exit(EXIT_STOPPED)


def _show(event: "Event", table: console.StepTable) -> bool:
    """Print one event; return True if a signal stopped the search."""
    from nnpp.workflows.tune.tune import Begun, Tried, Tuned

    match event:
        case Begun():
            _print_header(event)
            table.begin(COLUMNS, event.done, event.search.trials)
        case Tried():
            table.step(len(event.study.trials), _cells(event.study))
        case Tuned():
            table.end()
            _print_summary(event)
            return event.stopped
    return False


def _print_header(begun: "Begun") -> None:
    """Print the name, notes and search space."""
    from nnpp.workflows.tune.results import short

    search = begun.search
    console.say(f"{search.fit.name} ({search.folder})", typer.colors.CYAN)
    for text in search.fit.notes:
        console.note(text)
    done = f"continues after {begun.done}" if begun.done else "new"
    at_once = f", {begun.at_once} at a time" if begun.at_once else ""
    console.remark(f"  {search.trials} trials of {search.steps} steps{at_once}, {done}")
    for key, dimension in search.space.items():
        console.say(f"    {short(key):{NAME}}  {dimension}")


def _cells(study: "Study") -> list[str]:
    """Return the numbers of the last trial."""
    trial = study.trials[-1]
    return [
        str(trial.number),
        _mev(trial.held_out_mev),
        _mev(study.best and study.best.held_out_mev),
        str(trial.steps),
        trial.state,
        f"{trial.seconds:.1f}",
    ]


def _print_summary(tuned: "Tuned") -> None:
    """Print the best trials, the importance of each setting, and the files written."""
    best = tuned.study.ranked("finished")[:BEST]
    if best:
        _print_table(best, tuned)
        _print_remarks(best, tuned)
    console.wrote(tuned.paths)
    if tuned.stopped:
        saved = f"{len(tuned.study.trials)} trials are saved"
        console.note(f"{tuned.search.fit.name}: stopped; {saved}, start it again to continue")


def _print_table(best: "list[Trial]", tuned: "Tuned") -> None:
    """Print a column for each trial, a line for each setting."""
    from nnpp.workflows.tune.results import short

    _row("trial", [f"{t.number}{'*' * (t.values == tuned.own)}" for t in best], "effect")
    _row("held out/meV", [_mev(trial.held_out_mev) for trial in best])
    _row("training/meV", [_mev(trial.training_mev) for trial in best])
    _row("steps", [str(trial.steps) for trial in best])
    _row("seconds", [f"{trial.seconds:.0f}" for trial in best])
    for key, found in tuned.importance.items():
        values = [_value(trial.values[key]) for trial in best]
        _row(short(key), values, "—" if found is None else f"{found:.2f}")


def _print_remarks(best: "list[Trial]", tuned: "Tuned") -> None:
    """Print what the star and the last column mean."""
    from nnpp.workflows.tune.results import MEASURE, by_chance

    if any(trial.values == tuned.own for trial in best):
        console.remark("  *: the fit itself, within the ranges")
    console.remark(f"  effect: {MEASURE}")
    chance = by_chance(tuned.study)
    if chance is not None:
        console.remark(f"  chance alone gives {chance:.2f} once in twenty times")


def _row(name: str, values: list[str], effect: str = "") -> None:
    """Print a line of the table."""
    cells = [name, *values, effect]
    line = console.cells(cells, [NAME, *[CELL] * (len(values) + 1)])
    console.say(f"  {line}".rstrip())


def _mev(error: float | None) -> str:
    """Return an error as text [meV]."""
    return "—" if error is None else f"{error:.4g}"


def _value(value: int | float | str) -> str:
    """Return a number with three digits, or a word."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
