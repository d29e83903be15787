"""Tables of numbers in text files: reading with line numbers, and the one writer of CSV."""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import read_text

FORTRAN = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))[dD]([-+]?\d+)")


MOST_WORDS = 2_000_000
"""Largest number of words that `read_lines` returns; 0.4 GB with their lines."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text file in words.

    Attributes:
        path: the file.
        number: number of the line, from 1.
        words: the words of the line.
    """

    path: Path
    number: int
    words: tuple[str, ...]

    def error(self, what: str, remedy: str) -> InputError:
        """Return an error at this line."""
        return InputError(what, remedy, self.path, self.number)

    def real(self, word: str) -> float:
        """Return a word as a finite number; Fortran's exponents (1.0d0) are accepted."""
        try:
            value = float(FORTRAN.sub(r"\1e\2", word))
        except ValueError as error:
            raise self.error(f"{word!r:.40} is not a number", "write a number") from error
        if not math.isfinite(value):
            raise self.error(f"{word} is not finite", "write a finite number")
        return value

    def reals(self) -> list[float]:
        """Return all words as numbers."""
        return [self.real(word) for word in self.words]

    def integer(self, word: str) -> int:
        """Return a word as an integer; 16.0 is accepted."""
        value = self.real(word)
        if value != round(value) or abs(value) > 2**53:
            raise self.error(f"{word!r:.40} is not an integer", "write an integer")
        return round(value)


def read_lines(path: Path, separator: str | None = None) -> list[Line]:
    """Return the lines that are not empty, without # comments, split into words."""
    lines, left = [], MOST_WORDS
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        bare = line.split("#", 1)[0].strip()
        if bare:
            words = bare.split(separator, left)
            left -= len(words)
            if left < 0:
                what = f"has more than {MOST_WORDS:,} words"
                raise InputError(what, "name the right file", path, number)
            lines.append(Line(path, number, tuple(word.strip() for word in words)))
    return lines


def read_table(path: Path, columns: int | None = None) -> np.ndarray:
    """Return a rectangular table with `columns` columns, by default as many as in line 1."""
    lines = read_lines(path)
    if not lines:
        raise InputError("holds no numbers", "write one line of numbers for each entry", path)
    columns = columns or len(lines[0].words)
    for line in lines:
        if len(line.words) != columns:
            raise line.error(
                f"has {len(line.words)} columns, not {columns}", "correct the line"
            )
    return np.array([line.reals() for line in lines])


def require_count(path: Path, found: int, wanted: int, noun: str, other: str) -> None:
    """Raise an InputError if `path` has another number of entries than the file `other`."""
    if found != wanted:
        raise InputError(
            f"has {found} {noun}, but {other} needs {wanted}", "make the numbers equal", path
        )


def csv_text(
    header: Sequence[str],
    rows: Iterable[Iterable[Any]],
    number: str = "",
    quoted: Collection[str] = (),
) -> str:
    r"""Return a table as CSV with \n as line ends.

    Args:
        header: names of the columns.
        rows: cells; None gives an empty cell.
        number: format of floats, as ".6g"; "" gives all digits.
        quoted: columns that are always quoted; others are quoted if necessary.
    """
    lines = [",".join(_cell(name, number, False) for name in header)]
    for row in rows:
        cells = zip(header, row, strict=True)
        lines.append(",".join(_cell(x, number, name in quoted) for name, x in cells))
    return "\n".join(lines) + "\n"


def _cell(value: Any, number: str, quoted: bool) -> str:
    if value is None:
        return ""
    text = format(value, number) if isinstance(value, float) else str(value)
    if quoted or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
