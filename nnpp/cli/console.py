"""Output: aligned plain text; colours, line folding and a live line only in a terminal."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import TypeVar

import typer

from nnpp.cli.live import LINE

T = TypeVar("T")


def say(text: str = "", colour: str | None = None) -> None:
    """Print a line on standard output."""
    LINE.erase()
    typer.echo(_coloured(text, colour, sys.stdout.isatty()))


def fail(text: str) -> None:
    """Print an error as one line on standard error, however long it is."""
    LINE.erase()
    line = f"nnpp: {' '.join(text.split())}"
    typer.echo(_coloured(line, typer.colors.RED, sys.stderr.isatty()), err=True)


def note(text: str) -> None:
    """Print a note on standard error, folded in a terminal."""
    LINE.erase()
    terminal = sys.stderr.isatty()
    folded = _folded(f"note: {text}", 6, terminal)
    typer.echo(_coloured(folded, typer.colors.YELLOW, terminal), err=True)


def remark(text: str) -> None:
    """Print a sentence on standard output, folded in a terminal."""
    say(_folded(text, 2, sys.stdout.isatty()))


def rows(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Print a title, and below it a table of names and their values."""
    pairs = list(pairs)
    say(title, typer.colors.CYAN)
    if sys.stdout.isatty():
        _table(pairs)
        return
    width = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        say(f"  {name:<{width}}{value}")


def findings(
    title: str, pairs: Iterable[tuple[str, str]], problems: Iterable[tuple[str, str]]
) -> None:
    """Print what was found, then the problems as notes; exit with code 1 if there are any."""
    rows(title, pairs)
    problems = list(problems)
    for what, text in problems:
        note(f"{what}: {text}")
    if problems:
        raise typer.Exit(1)
    say("no problems found")


def _table(pairs: list[tuple[str, str]]) -> None:
    """Print names and values as a table that fits the width of the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=True, padding=(0, 0, 0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for pair in pairs:
        table.add_row(*pair)
    Console(file=sys.stdout, highlight=False, markup=False).print(table)


def cells(values: Iterable[str], widths: Iterable[int]) -> str:
    """Return one line of a table: first column left-aligned, the others right-aligned."""
    first, *others = zip(values, widths, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}", *(f"{text:>{n}}" for text, n in others)])


def wrote(paths: Iterable[Path]) -> None:
    """Print the files written: one line for each stem, its suffixes in braces."""
    suffixes: dict[Path, list[str]] = {}
    for path in paths:
        suffixes.setdefault(path.with_suffix(""), []).append(path.suffix.lstrip("."))
    for name, endings in suffixes.items():
        suffix = endings[0] if len(endings) == 1 else f"{{{','.join(endings)}}}"
        say(f"wrote {name}" + (f".{suffix}" if suffix else ""))


def begin(text: str) -> None:
    """Print in a terminal what is computed, before anything else; then show a live line."""
    if sys.stderr.isatty():
        LINE.erase()
        folded = _folded(text, 2, True)
        typer.echo(_coloured(folded, typer.colors.CYAN, True), err=True)
        LINE.show("starting")


def progress(
    events: Iterator[T], what: str, total: int = 0, counts: Callable[[T], bool] = bool
) -> Iterator[T]:
    """Yield the events; in a terminal, show a live line while the next one is computed.

    Args:
        events: what is computed.
        what: the text of the line.
        total: the number of events that count; 0 if it is not known.
        counts: whether an event counts.
    """
    done = 0
    LINE.show(what, done, total)
    for event in events:
        done += counts(event)
        LINE.show(what, done, total)
        yield event


def _folded(text: str, indent: int, terminal: bool) -> str:
    """Return the text folded to the width of the terminal, if there is one."""
    if not terminal:
        return text
    lead = text[: len(text) - len(text.lstrip())]
    lines = wrap(
        text,
        shutil.get_terminal_size().columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join(lines) or lead


def _coloured(text: str, colour: str | None, terminal: bool) -> str:
    """Return the text in colour, in a terminal and without NO_COLOR (no-color.org)."""
    if colour is None or not terminal or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=colour)


class StepTable:
    """Prints a table line by line; in a terminal some lines, and a live line with the last."""

    def __init__(self) -> None:
        self.names, self.widths, self.total = [], [], 0
        self.last: list[str] | None = None

    def begin(self, columns: dict[str, int], done: int, total: int) -> None:
        """Start before the first line.

        Args:
            columns: the names of the columns and their widths, in characters.
            done: the number of steps already finished.
            total: the number of all steps.
        """
        self.names, self.widths, self.total = list(columns), list(columns.values()), total
        say(cells(self.names, self.widths))
        LINE.show(self.names[0], done, total)

    def step(self, done: int, values: list[str]) -> None:
        """Show the numbers of one more step; in a terminal print 1, 2, 5, 10, 20, …"""
        self.last = values
        if not sys.stderr.isatty() or str(done).rstrip("0") in ("", "1", "2", "5"):
            say(cells(values, self.widths))
            self.last = None
        pairs = zip(self.names[1:-1], values[1:-1], strict=True)
        quantities = ((*name.partition("/"), value) for name, value in pairs if value != "—")
        text = "  ".join(f"{name} {value} {unit}" for name, _, unit, value in quantities)
        if done < self.total:
            LINE.show(self.names[0], done, self.total, text.rstrip())
        else:
            LINE.show("writing")

    def end(self) -> None:
        """Print the last line, if it is not printed yet."""
        if self.last is not None:
            say(cells(self.last, self.widths))
            self.last = None
        LINE.show("writing")


def print_steps(events: Iterable[T], show: Callable[[T, StepTable], bool]) -> bool:
    """Show every event; return True as soon as `show` returns True, else False."""
    table = StepTable()
    try:
        return any(show(event, table) for event in events)
    finally:
        table.end()
