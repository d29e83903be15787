"""Tables of numbers in plain text: columns, # comments, and the line of whatever is wrong."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import read_text

FORTRAN = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))[dD]([-+]?\d+)")


@dataclass(frozen=True)
class Line:
    """A line that holds something, counted from 1."""

    path: Path
    number: int
    words: tuple[str, ...]

    def error(self, what: str, remedy: str) -> InputError:
        """An error told of this line."""
        return InputError(what, remedy, self.path, self.number)

    def real(self, word: str) -> float:
        """A word as a finite number; Fortran's exponents 1.0d0 are numbers too."""
        try:
            value = float(FORTRAN.sub(r"\1e\2", word))
        except ValueError as error:
            raise self.error(f"{word!r:.40} is no number", "write a number") from error
        if not math.isfinite(value):
            raise self.error(f"{word} is not finite", "write a finite number")
        return value

    def reals(self) -> list[float]:
        """All its words as numbers."""
        return [self.real(word) for word in self.words]

    def whole(self, word: str) -> int:
        """A word as a whole number; 16.0 is one too."""
        value = self.real(word)
        if value != round(value) or abs(value) > 2**53:
            raise self.error(f"{word!r:.40} is no whole number", "write a whole number")
        return round(value)


def read_lines(path: Path, separator: str | None = None) -> list[Line]:
    """The lines that hold something beside a comment, split into words."""
    lines = enumerate(read_text(path).split("\n"), start=1)
    bare = ((number, line.split("#")[0].strip()) for number, line in lines)
    return [
        Line(path, number, tuple(word.strip() for word in line.split(separator)))
        for number, line in bare
        if line
    ]


def read_table(path: Path, columns: int | None = None) -> np.ndarray:
    """A rectangular table, with as many columns as said or as the first line has."""
    lines = read_lines(path)
    if not lines:
        raise InputError("holds no numbers", "write one line of numbers for each entry", path)
    columns = columns or len(lines[0].words)
    for line in lines:
        if len(line.words) != columns:
            raise line.error(f"has {len(line.words)} columns, not {columns}", "mend the line")
    return np.array([line.reals() for line in lines])


def same_count(path: Path, found: int, wanted: int, noun: str, whose: str) -> None:
    """Refuse a file with another number of entries than a second file asks for."""
    if found != wanted:
        raise InputError(
            f"has {found} {noun}, {whose} asks for {wanted}", "make them equally many", path
        )
