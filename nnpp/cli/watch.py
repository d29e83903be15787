"""`nnpp watch`: the errors of a run while another process trains it."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnpp.cli import console
from nnpp.cli.live import can_redraw, clock, unicode_terminal

if TYPE_CHECKING:
    from nnpp.workflows.watch import Seen

ROWS, FEWEST, OTHERS = 14, 4, 8
"""Largest and smallest height of the plot, and the number of other lines."""

NARROW = 24
"""Smallest width in characters."""

LINES = {True: "—┄", False: "*o"}
"""How the two curves are drawn, with and without Unicode."""


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a run, as results/NAME.")],
    once: Annotated[bool, typer.Option("--once", help="Print once and exit.")] = False,
) -> None:
    """Show the errors of a run in the terminal while it is trained.

    It ends with the training, or with Ctrl-C, which does not disturb the training.
    """
    from nnpp.workflows.watch import run_watch

    drawn, moves = 0, sys.stdout.isatty() and can_redraw()
    lines: list[str] = []
    try:
        for seen in run_watch(run):
            lines = _lines(seen, shutil.get_terminal_size())
            if moves:
                drawn = _draw(lines, drawn)
            if once:
                break
    except KeyboardInterrupt:
        if moves:
            return
    if not moves:
        console.say("\n".join(lines))


def _draw(lines: list[str], drawn: int) -> int:
    """Draw the lines in place of the last `drawn` ones; return their number."""
    back = f"\x1b[{drawn}F\x1b[J" if drawn else ""
    sys.stdout.write(back + "\n".join(lines) + "\n")
    sys.stdout.flush()
    return len(lines)


def _lines(seen: "Seen", size: os.terminal_size) -> list[str]:
    """Return all lines of a run, none wider than the terminal."""
    from nnpp.plotting.text_plot import log_plot

    width, unicode = max(size.columns - 1, NARROW), unicode_terminal()
    if not seen.records:
        return [_cut(f"{seen.name}: no step yet; {_state(seen)}", width)]
    step = seen.records[-1]["step"]
    of = f" of {seen.steps}" if seen.steps and seen.steps >= step else ""
    what = "RMS error per level" if seen.unit == "meV" else "loss"
    key = ", ".join(f"{n} {line}" for n, line in zip(seen.curves, LINES[unicode], strict=False))
    title = f"{seen.name}: step {step}{of}, {what} [{seen.unit}]: {key}"
    plot = log_plot(seen.curves, width, min(ROWS, max(size.lines - OTHERS, FEWEST)), unicode)
    return [_cut(text, width) for text in (title, *plot, *_figures(seen))]


def _figures(seen: "Seen") -> list[str]:
    """Return the last numbers, the pace and the state of the training."""
    curves = seen.curves.items()
    last = [f"{name} {values[-1]:.4g} {seen.unit}" for name, (_, values) in curves]
    lowest = [
        f"lowest {name} {values.min():.4g} {seen.unit} at step {steps[values.argmin()]:.0f}"
        for name, (steps, values) in curves
    ]
    pace = [] if seen.pace is None else [f"{seen.pace:.2g} s a step"]
    left = [] if seen.left is None else [f"{clock(seen.left)} left"]
    members = [f"ensemble of {seen.ensemble} members"] if seen.ensemble else []
    return [", ".join(last), *lowest[-1:], ", ".join([*pace, *left, *members]), _state(seen)]


def _state(seen: "Seen") -> str:
    """Return who uses the run."""
    return f"in use by {seen.user}" if seen.user else "no process uses it"


def _cut(text: str, width: int) -> str:
    """Return a line in at most this number of characters."""
    return text if len(text) <= width else text[: width - 1] + "…"
