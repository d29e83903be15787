"""Import: the options of the command line, parsed and checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnpp.config.kpoints import read_path_text
from nnpp.config.quantity import cutoff_energy, energy
from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from nnpp.formats.structures import read_structure
from nnpp.observables.gaps import Run
from nnpp.workflows.import_.occupation import Request

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
RUN = re.compile(r"(\d{1,6})(?:[-–](\d{1,6}))?")


@dataclass(frozen=True)
class Options:
    """The options as typed; None if not given."""

    fit: str
    into: Path
    format: str | None
    structure: Path | None
    path: str | None
    points: int
    spin_orbit: bool | None
    occupied: int | None
    electrons: int | None
    leave_out: str | None
    bands: int | None
    scissor: str | None
    vbm: str | None
    cutoff: str


@dataclass(frozen=True)
class Choices:
    """The request for the files, and the folder and the cutoff [hartree] of the fit."""

    folder: Path
    cutoff: float
    request: Request


def read_choices(options: Options) -> Choices:
    """Return the parsed options; an error names the invalid option."""
    if not NAME.fullmatch(options.fit):
        what = f"{options.fit!r:.40} is not a name of a fit"
        raise InputError(what, "use letters, digits, . _ and -", "--fit")
    for name in ("occupied", "electrons", "bands"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"{value} is too few", "give at least 1", f"--{name}")
    cutoff = _energy("--cutoff", options.cutoff, cutoff_energy)
    if cutoff <= 0:
        raise InputError("is not above zero", "write e.g. '7 hartree'", "--cutoff")
    request = Request(
        hints=_hints(options),
        format=options.format,
        spinor=options.spin_orbit,
        occupied=options.occupied,
        electrons=options.electrons,
        leave_out=None if options.leave_out is None else _runs(options.leave_out),
        bands=options.bands,
        scissor=0.0 if options.scissor is None else _energy("--scissor", options.scissor),
        top=None if options.vbm is None else _energy("--vbm", options.vbm),
    )
    return Choices(options.into / options.fit, cutoff, request)


def _hints(options: Options) -> Hints:
    """Return what files may leave out."""
    crystal = None if options.structure is None else read_structure(options.structure)
    try:
        wanted = read_path_text(options.path or "auto", options.points)
    except InputError as error:
        raise error.at("--path") from error
    return Hints(crystal, wanted.pieces, options.points)


def _energy(option: str, text: str, read: Callable[[object], float] = energy) -> float:
    """Return an energy [hartree]."""
    try:
        return read(text)
    except InputError as error:
        raise error.at(option) from error


def _runs(text: str) -> tuple[Run, ...]:
    """Return ranges of bands from text as "2-6" or "1-2,5-14", which count from 1."""
    found = [RUN.fullmatch(part.strip()) for part in text.split(",")]
    runs = tuple((int(x[1]) - 1, int(x[2] or x[1])) if x else (-1, -1) for x in found)
    if any(not 0 <= first < last for first, last in runs):
        raise InputError(
            f"{text!r:.40} is not a range of bands", "write e.g. 2-6", "--leave-out"
        )
    return runs
