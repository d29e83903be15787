"""Elk: structure, settings and convergence, from elk.in, GEOMETRY.OUT, INFO.OUT, EFERMI.OUT.

elk.in and GEOMETRY.OUT consist of blocks: a line with a name, then lines with values.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line, read_table
from nnpp.files.text import exists, read_text
from nnpp.formats.codes.format import crystal_in
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS

LARGEST = 1_000_000
"""Largest number of characters; enough for ten thousand atoms."""

COMMENT = re.compile(r"[!#:].*")


@dataclass(frozen=True)
class Blocks:
    """The blocks of a file.

    Attributes:
        path: the file.
        lines: the lines that are not empty, without comments.
    """

    path: Path
    lines: tuple[Line, ...]

    def rows(self, name: str) -> list[Line] | None:
        """Return the lines after the last block name `name`, None without it."""
        at = [i for i, line in enumerate(self.lines) if line.words == (name,)]
        return list(self.lines[at[-1] + 1 :]) if at else None

    def needed(self, name: str) -> list[Line]:
        """Return the lines after the name of a block; raise an error without it."""
        rows = self.rows(name)
        if rows is None:
            raise InputError(f"has no {name}", "copy the file of this run there", self.path)
        return rows

    def row(self, rows: list[Line], i: int, name: str, words: int = 1) -> Line:
        """Return line `i` of a block, with at least `words` words."""
        if i >= len(rows):
            raise InputError(f"ends inside {name}", "give the complete file", self.path)
        if len(rows[i].words) < words:
            raise rows[i].error(f"{name} needs {words} numbers here", "correct the line")
        return rows[i]

    def vectors(self, rows: list[Line], first: int, count: int, name: str) -> np.ndarray:
        """Return `count` lines of a block as vectors."""
        lines = (self.row(rows, first + i, name, 3) for i in range(count))
        vectors = [[line.real(word) for word in line.words[:3]] for line in lines]
        return np.array(vectors, float).reshape(-1, 3)

    def real(self, name: str, default: float) -> float:
        """Return the number in a block, or the default without it."""
        rows = self.rows(name)
        if rows is None:
            return default
        line = self.row(rows, 0, name)
        return line.real(line.words[0])

    def flag(self, name: str) -> bool:
        """Return the logical value in a block; False without it."""
        rows = self.rows(name)
        if rows is None:
            return False
        line = self.row(rows, 0, name)
        word = line.words[0].lower().removeprefix(".")
        if not word.startswith(("t", "f")):
            raise line.error(f"{line.words[0]!r:.20} is not a logical value", "write .true.")
        return word.startswith("t")


def read_blocks(path: Path) -> Blocks:
    """Return the blocks of a file; text after !, # or : in a line is a comment."""
    text = read_text(path)
    if len(text) > LARGEST:
        raise InputError("is longer than a million characters", "give the right file", path)
    bare = (COMMENT.sub("", line).replace(",", " ") for line in text.split("\n"))
    lines = (Line(path, i, tuple(words.split())) for i, words in enumerate(bare, start=1))
    return Blocks(path, tuple(line for line in lines if line.words))


def crystal_of(blocks: Blocks) -> Crystal:
    """Return the crystal given by the blocks avec [bohr] and atoms."""
    if blocks.flag("molecule"):
        raise InputError("describes a molecule", "give bands of a crystal", blocks.path)
    scale = [blocks.real("scale", 1.0) * blocks.real(f"scale{i}", 1.0) for i in (1, 2, 3)]
    cell = np.array(scale)[:, None] * blocks.vectors(blocks.needed("avec"), 0, 3, "avec")
    positions, elements = _atoms(blocks)
    return crystal_in(blocks.path, cell, positions, elements)


def _atoms(blocks: Blocks) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the fractional positions and the elements of the atoms."""
    rows = blocks.needed("atoms")
    first = blocks.row(rows, 0, "atoms")
    at, positions, elements = 1, [np.zeros((0, 3))], []
    for _ in range(first.integer(first.words[0])):
        file, count = (blocks.row(rows, at + i, "atoms") for i in (0, 1))
        here = blocks.vectors(rows, at + 2, count.integer(count.words[0]), "atoms")
        positions.append(here)
        elements += [_element(file)] * len(here)
        at += 2 + len(here)
    return np.concatenate(positions), tuple(elements)


def _element(line: Line) -> str:
    """Return the element from the name of a species file: 'Si.in', 'Si_lo.in'."""
    found = re.match(r"""['"]?([A-Z][a-z]?)(?![A-Za-z])""", line.words[0])
    if not found or found[1] not in SYMBOLS:
        raise line.error(
            f"{line.words[0]!r:.40} is not named after an element",
            "name species files as Si.in",
        )
    return found[1]


REACHED = re.compile(r"^(Convergence targets|Energy convergence target) achieved", re.MULTILINE)
MISSED = re.compile(r"^Reached self-consistent loops maximum", re.MULTILINE)


@dataclass(frozen=True)
class Info:
    """INFO.OUT.

    Attributes:
        path: the file.
        text: its text, "" if it does not exist.
    """

    path: Path
    text: str

    def has_line(self, words: str) -> bool:
        """Return whether a line consists of these words."""
        return re.search(rf"^ *{words} *$", self.text, re.MULTILINE) is not None

    def value(self, name: str) -> Line | None:
        """Return the value of the line `name : value`, or None without such a line."""
        found = re.search(rf"^{name} *: +(\S+) *$", self.text, re.MULTILINE)
        if not found:
            return None
        return Line(self.path, self.text.count("\n", 0, found.start()) + 1, (found[1],))

    @property
    def provenance(self) -> dict[str, str]:
        """The program, its version and the functional."""
        version = re.search(r"^\| Elk version (\S+) started", self.text, re.MULTILINE)
        functional = re.search(
            r"^Exchange-correlation functional : .*\n (\S.*)$", self.text, re.MULTILINE
        )
        about = {"program": "Elk"}
        about |= {"version": version[1]} if version else {}
        return about | ({"functional": functional[1].strip()} if functional else {})


@dataclass(frozen=True)
class Run:
    """An Elk run.

    Attributes:
        settings: the blocks of elk.in.
        crystal: the crystal.
        spinor: whether a level holds one electron, not two.
        info: INFO.OUT.
        notes: warnings about what could not be checked.
    """

    settings: Blocks
    crystal: Crystal
    spinor: bool
    info: Info
    notes: tuple[str, ...]


def read_run(path: Path) -> Run:
    """Return the run that wrote a file of levels, from the files in its folder."""
    settings = read_blocks(_neighbour(path, "elk.in"))
    geometry = settings
    if exists(path.with_name("GEOMETRY.OUT")) or settings.flag("primcell"):
        geometry = read_blocks(_neighbour(path, "GEOMETRY.OUT"))
    info, notes = Info(path, ""), (f"{path.name}: no INFO.OUT shows that the run converged",)
    if exists(path.with_name("INFO.OUT")):
        info, notes = _finished(path.with_name("INFO.OUT")), ()
    return Run(settings, crystal_of(geometry), _spinor(settings, info), info, notes)


def read_fermi(path: Path) -> float | None:
    """Return the Fermi energy in EFERMI.OUT [hartree], or None without that file."""
    file = path.with_name("EFERMI.OUT")
    return float(read_table(file, columns=1)[-1, 0]) if exists(file) else None


def _neighbour(path: Path, name: str) -> Path:
    """Return the file `name` in the folder of `path`; raise an error if it does not exist."""
    if not exists(path.with_name(name)):
        raise InputError(f"needs {name} in the same folder", "copy it from the run", path)
    return path.with_name(name)


def _finished(path: Path) -> Info:
    """Return INFO.OUT; raise an error if the run did not converge."""
    text = read_text(path)
    reached = [found.start() for found in REACHED.finditer(text)]
    missed = [found.start() for found in MISSED.finditer(text)]
    if missed and missed[-1] > max(reached, default=-1):
        raise InputError("is of a run that did not converge", "increase maxscl", path)
    if not reached:
        raise InputError("is of a run that did not finish", "finish the run", path)
    return Info(path, text)


def _spinor(settings: Blocks, info: Info) -> bool:
    """Return whether a level holds one electron; raise an error for collinear spins."""
    orbit = settings.flag("spinorb")
    if info.text and orbit != info.has_line("spin-orbit coupling"):
        raise InputError(
            "disagrees with INFO.OUT about spinorb",
            "copy the elk.in of this run there",
            settings.path,
        )
    polarised = settings.flag("spinpol") or info.has_line("spin-polarised")
    if polarised and not orbit:
        raise InputError(
            "is of a run with two spins", "remove spinpol, or add spinorb", settings.path
        )
    return orbit
