"""What an Elk run says beside its levels: in elk.in, GEOMETRY.OUT, INFO.OUT and EFERMI.OUT."""

import re
from dataclasses import dataclass
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.tables import Line, read_table
from nnpp.files.text import exists, read_text
from nnpp.formats.codes.elk_blocks import Blocks, crystal_of, read_blocks
from nnpp.structures.crystal import Crystal

REACHED = re.compile(r"^(Convergence targets|Energy convergence target) achieved", re.MULTILINE)
MISSED = re.compile(r"^Reached self-consistent loops maximum", re.MULTILINE)


@dataclass(frozen=True)
class Info:
    """INFO.OUT, or an empty text where there is none.

    Attributes:
        path: the file.
        text: all of it.
    """

    path: Path
    text: str

    def says(self, words: str) -> bool:
        """Whether a line consists of these words."""
        return re.search(rf"^ *{words} *$", self.text, re.MULTILINE) is not None

    def value(self, name: str) -> Line | None:
        """The line `name : value`, as the value alone; None if it says none."""
        found = re.search(rf"^{name} *: +(\S+) *$", self.text, re.MULTILINE)
        if not found:
            return None
        return Line(self.path, self.text.count("\n", 0, found.start()) + 1, (found[1],))

    @property
    def provenance(self) -> dict[str, str]:
        """The program, its version, the functional."""
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
        settings: its elk.in.
        crystal: what was calculated.
        spinor: whether a level holds one electron, not two.
        info: what INFO.OUT adds.
        notes: what could not be checked.
    """

    settings: Blocks
    crystal: Crystal
    spinor: bool
    info: Info
    notes: tuple[str, ...]


def read_run(path: Path) -> Run:
    """The run that wrote a file of levels, from the files beside it."""
    settings = read_blocks(_beside(path, "elk.in"))
    geometry = settings
    if exists(path.with_name("GEOMETRY.OUT")) or settings.flag("primcell"):
        geometry = read_blocks(_beside(path, "GEOMETRY.OUT"))
    info, notes = Info(path, ""), (f"{path.name}: no INFO.OUT says whether its run converged",)
    if exists(path.with_name("INFO.OUT")):
        info, notes = _finished(path.with_name("INFO.OUT")), ()
    return Run(settings, crystal_of(geometry), _spinor(settings, info), info, notes)


def read_fermi(path: Path) -> float | None:
    """The Fermi energy in EFERMI.OUT [hartree], None if there is no such file beside."""
    file = path.with_name("EFERMI.OUT")
    return float(read_table(file, columns=1)[-1, 0]) if exists(file) else None


def _beside(path: Path, name: str) -> Path:
    """A file beside another one, which must be there."""
    if not exists(path.with_name(name)):
        raise InputError(f"has no {name} beside it", "put that of its run there", path)
    return path.with_name(name)


def _finished(path: Path) -> Info:
    """INFO.OUT of a run that has converged."""
    text = read_text(path)
    reached = [found.start() for found in REACHED.finditer(text)]
    missed = [found.start() for found in MISSED.finditer(text)]
    if missed and missed[-1] > max(reached, default=-1):
        raise InputError("tells of a run that has not converged", "raise maxscl", path)
    if not reached:
        raise InputError("tells of a run that has not ended", "let it converge", path)
    return Info(path, text)


def _spinor(settings: Blocks, info: Info) -> bool:
    """Whether a level holds one electron; two spins without spin-orbit coupling are refused."""
    orbit = settings.flag("spinorb")
    if info.text and orbit != info.says("spin-orbit coupling"):
        raise InputError(
            "disagrees with INFO.OUT about spinorb", "put that of this run there", settings.path
        )
    polarised = settings.flag("spinpol") or info.says("spin-polarised")
    if polarised and not orbit:
        raise InputError(
            "is of a run with two spins", "leave spinpol away, or add spinorb", settings.path
        )
    return orbit
