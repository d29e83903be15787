"""Markdown: aligned tables, and escaped text that cannot leave its cell."""

import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def plain(words: object) -> str:
    """Return the words on one line with all Markdown characters escaped."""
    return SPECIAL.sub(r"\\\1", " ".join(str(words).split()))


def cells(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; numeric columns are right-aligned, except the first."""
    table = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(3, *map(len, column)) for column in zip(*table, strict=True)]
    right = [i > 0 and all(_number(row[i]) for row in table[1:]) for i in range(len(heads))]
    rule = ["-" * (w - r) + ":" * r for w, r in zip(widths, right, strict=True)]
    lines = [_row(table[0], widths, right), _row(rule, widths, right)]
    return "\n".join(lines + [_row(row, widths, right) for row in table[1:]])


def _row(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """Return one line of a table."""
    sides = zip(row, widths, right, strict=True)
    return "| " + " | ".join(f"{x:>{w}}" if r else f"{x:<{w}}" for x, w, r in sides) + " |"


def _number(text: str) -> bool:
    """Return whether a cell contains a number or is empty."""
    return text in ("", "—") or re.fullmatch(r"[-+−]?[\d.]+(e[-+]?\d+)?", text) is not None
