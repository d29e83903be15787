"""Elk's blocks, in elk.in and GEOMETRY.OUT: a line with a name, then lines with values."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import read_text
from nnpp.formats.codes.format import crystal_in
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS

LARGEST = 1_000_000
"""Characters; ten thousand atoms fill as many."""

COMMENT = re.compile(r"[!#:].*")


@dataclass(frozen=True)
class Blocks:
    """The blocks of a file.

    Attributes:
        path: the file.
        lines: those that hold something beside a comment.
    """

    path: Path
    lines: tuple[Line, ...]

    def rows(self, name: str) -> list[Line] | None:
        """The lines after a block's name, None if it is not there; of two the later counts."""
        at = [i for i, line in enumerate(self.lines) if line.words == (name,)]
        return list(self.lines[at[-1] + 1 :]) if at else None

    def needed(self, name: str) -> list[Line]:
        """The lines after the name of a block that must be there."""
        rows = self.rows(name)
        if rows is None:
            raise InputError(f"has no {name}", "put the file of this run there", self.path)
        return rows

    def row(self, rows: list[Line], i: int, name: str, words: int = 1) -> Line:
        """One line of a block, of so many words at least."""
        if i >= len(rows):
            raise InputError(f"ends inside {name}", "give it whole", self.path)
        if len(rows[i].words) < words:
            raise rows[i].error(f"{name} asks for {words} numbers here", "mend the line")
        return rows[i]

    def vectors(self, rows: list[Line], first: int, count: int, name: str) -> np.ndarray:
        """Some lines of a block as vectors."""
        lines = (self.row(rows, first + i, name, 3) for i in range(count))
        vectors = [[line.real(word) for word in line.words[:3]] for line in lines]
        return np.array(vectors, float).reshape(-1, 3)

    def real(self, name: str, default: float) -> float:
        """A number."""
        rows = self.rows(name)
        if rows is None:
            return default
        line = self.row(rows, 0, name)
        return line.real(line.words[0])

    def flag(self, name: str) -> bool:
        """A logical value, false if it is not there."""
        rows = self.rows(name)
        if rows is None:
            return False
        line = self.row(rows, 0, name)
        word = line.words[0].lower().removeprefix(".")
        if not word.startswith(("t", "f")):
            raise line.error(f"{line.words[0]!r:.20} is no logical value", "write .true.")
        return word.startswith("t")


def read_blocks(path: Path) -> Blocks:
    """The blocks of a file; what follows !, # or : in a line is a comment."""
    text = read_text(path)
    if len(text) > LARGEST:
        raise InputError("is longer than a million characters", "name the right file", path)
    bare = (COMMENT.sub("", line).replace(",", " ") for line in text.split("\n"))
    lines = (Line(path, i, tuple(words.split())) for i, words in enumerate(bare, start=1))
    return Blocks(path, tuple(line for line in lines if line.words))


def crystal_of(blocks: Blocks) -> Crystal:
    """The crystal that the blocks avec [bohr] and atoms tell."""
    if blocks.flag("molecule"):
        raise InputError("is of a molecule", "give bands of a crystal", blocks.path)
    scale = [blocks.real("scale", 1.0) * blocks.real(f"scale{i}", 1.0) for i in (1, 2, 3)]
    cell = np.array(scale)[:, None] * blocks.vectors(blocks.needed("avec"), 0, 3, "avec")
    positions, elements = _atoms(blocks)
    return crystal_in(blocks.path, cell, positions, elements)


def _atoms(blocks: Blocks) -> tuple[np.ndarray, tuple[str, ...]]:
    """Where the atoms sit, in fractions of avec, and of which element they are."""
    rows = blocks.needed("atoms")
    first = blocks.row(rows, 0, "atoms")
    at, positions, elements = 1, [np.zeros((0, 3))], []
    for _ in range(first.whole(first.words[0])):
        file, count = (blocks.row(rows, at + i, "atoms") for i in (0, 1))
        here = blocks.vectors(rows, at + 2, count.whole(count.words[0]), "atoms")
        positions.append(here)
        elements += [_element(file)] * len(here)
        at += 2 + len(here)
    return np.concatenate(positions), tuple(elements)


def _element(line: Line) -> str:
    """The element that a species file is named after: 'Si.in', 'Si_lo.in'."""
    found = re.match(r"""['"]?([A-Z][a-z]?)(?![A-Za-z])""", line.words[0])
    if not found or found[1] not in SYMBOLS:
        raise line.error(
            f"{line.words[0]!r:.40} is named after no element",
            "name species files Si.in and so on",
        )
    return found[1]
