"""Output: tables and colour in a terminal, plain lines without one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import typer


def rows(title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """A titled table of two columns."""
    from rich.table import Table

    table = Table(
        title=title, title_justify="left", show_header=False, box=None, pad_edge=False
    )
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, value)
    _print(table)


def grid(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> None:
    """A table with a header; all columns but the first stand to the right."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for i, name in enumerate(head):
        table.add_column(name, justify="left" if i == 0 else "right", overflow="fold")
    for line in lines:
        table.add_row(*line)
    _print(table)


def note(text: str) -> None:
    """A remark, on standard error."""
    typer.secho(f"note: {text}", fg=typer.colors.YELLOW, err=True)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A turning sign while something is computed; nothing without a terminal."""
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def _print(table) -> None:
    from rich.console import Console

    Console(highlight=False, soft_wrap=False).print(table)
