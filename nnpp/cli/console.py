"""Output: aligned plain text; colour, folding and a turning sign only in a terminal."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import TypeVar

import typer

T = TypeVar("T")


def say(text: str = "", colour: str | None = None) -> None:
    """A line on standard output."""
    typer.echo(_coloured(text, colour, sys.stdout.isatty()))


def fail(text: str) -> None:
    """What went wrong: one line on standard error, however long."""
    line = f"nnpp: {' '.join(text.split())}"
    typer.echo(_coloured(line, typer.colors.RED, sys.stderr.isatty()), err=True)


def note(text: str) -> None:
    """A remark on standard error, folded in a terminal."""
    terminal = sys.stderr.isatty()
    folded = _folded(f"note: {text}", 6, terminal)
    typer.echo(_coloured(folded, typer.colors.YELLOW, terminal), err=True)


def remark(text: str) -> None:
    """A sentence on standard output, folded in a terminal."""
    say(_folded(text, 2, sys.stdout.isatty()))


def rows(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """A title, and below it a table of names and their values."""
    pairs = list(pairs)
    say(title, typer.colors.CYAN)
    if sys.stdout.isatty():
        _table(pairs)
        return
    width = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        say(f"  {name:<{width}}{value}")


def _table(pairs: list[tuple[str, str]]) -> None:
    """Names and values as a table that folds with the terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=True, padding=(0, 0, 0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for pair in pairs:
        table.add_row(*pair)
    Console(file=sys.stdout, highlight=False, markup=False).print(table)


def cells(values: Iterable[str], widths: Iterable[int]) -> str:
    """One line of a table: the first column stands to the left, all others to the right."""
    first, *others = zip(values, widths, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}", *(f"{text:>{n}}" for text, n in others)])


def wrote(paths: Iterable[Path]) -> None:
    """The files that were written, those of one name in one line, as a shell reads them."""
    suffixes: dict[Path, list[str]] = {}
    for path in paths:
        suffixes.setdefault(path.with_suffix(""), []).append(path.suffix.lstrip("."))
    for name, endings in suffixes.items():
        together = endings[0] if len(endings) == 1 else f"{{{','.join(endings)}}}"
        say(f"wrote {name}" + (f".{together}" if together else ""))


def watched(
    events: Iterator[T], what: str, total: int, counts: Callable[[T], bool] = bool
) -> Iterator[T]:
    """The same events; in a terminal, a bar of those that count while the next is computed."""
    if not sys.stderr.isatty():
        yield from events
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn

    done, console = 0, Console(stderr=True)
    columns = (SpinnerColumn(), what, BarColumn(), MofNCompleteColumn())
    while True:
        with Progress(*columns, console=console, transient=True) as bar:
            bar.add_task(what, total=total, completed=done)
            event = next(events, None)
        if event is None:
            return
        done += counts(event)
        yield event


def _folded(text: str, indent: int, terminal: bool) -> str:
    """The text in lines of a terminal's width, all but the first indented; else as it is."""
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
    """Coloured in a terminal, unless the user wants none (no-color.org)."""
    if colour is None or not terminal or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=colour)


class Live:
    """Lines of a table as numbers come in; in a terminal a bar with the latest ones instead."""

    def __init__(self, names: list[str], widths: list[int]):
        self.names, self.widths, self.bar = names, widths, None

    def begin(self, done: int, total: int) -> None:
        """Before the first line, with `done` of `total` steps behind."""
        if not sys.stderr.isatty():
            say(cells(self.names, self.widths))
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Left

        text = TextColumn("{task.description}")
        columns = (BarColumn(bar_width=12), MofNCompleteColumn(), text, Left(compact=True))
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.bar.start()
        self.task = self.bar.add_task("compiling", total=total, completed=done)

    def step(self, done: int, values: list[str]) -> None:
        """After one more step."""
        if self.bar is None:
            say(cells(values, self.widths))
            return
        pairs = zip(self.names[1:-1], values[1:-1], strict=True)
        text = "  ".join(f"{name} {value}" for name, value in pairs if value != "—")
        self.bar.update(self.task, completed=done, description=text)

    def end(self) -> None:
        """After the last line."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def told(events: Iterable[T], columns: dict[str, int], tell: Callable[[T, Live], bool]) -> bool:
    """A line for each step in a file, a bar in a terminal; True if `tell` ended it."""
    line = Live(list(columns), list(columns.values()))
    try:
        return any(tell(event, line) for event in events)
    finally:
        line.end()
