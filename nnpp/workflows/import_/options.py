"""Import: the options, and how they are read from the command line."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from nnpp.config.kpoints import read_path_text
from nnpp.config.systems import is_name
from nnpp.config.values import cutoff_energy, energy
from nnpp.errors import InputError, suggest
from nnpp.formats.codes.format import Hints
from nnpp.formats.structures import read_structure
from nnpp.observables.gaps import Run
from nnpp.terms.term import Codes

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
CUTOFF = 7.0
"""Default cutoff of a fit of imported bands [hartree]."""

RUN = re.compile(r"(\d{1,6})(?:[-–](\d{1,6}))?")


@dataclass(frozen=True)
class Request:
    """The options of an import; None if the user gives no value.

    Attributes:
        hints: what the file may leave out.
        format: name of the format; by default it is recognised.
        spinor: whether a level holds one electron.
        occupied: number of full levels at each k in the file.
        electrons: number of valence electrons in the cell, for the potential.
        leave_out: ranges of bands in the file that are closed shells.
        bands: number of bands to keep.
        scissor: shift of the conduction bands [hartree].
        top: energy of the valence band top after the import [hartree].
        serves: the codes that the fit serves in addition to nnpp.
        cutoff: energy cutoff of the fit [hartree]; that of the folder, or `CUTOFF`.
        names: names of the systems; by default the formulas of the crystals.
        force: whether a folder that an import made is replaced.
    """

    hints: Hints
    format: str | None = None
    spinor: bool | None = None
    occupied: int | None = None
    electrons: int | None = None
    leave_out: tuple[Run, ...] | None = None
    bands: int | None = None
    scissor: float = 0.0
    top: float | None = None
    serves: Codes | None = None
    cutoff: float | None = None
    names: tuple[str, ...] = ()
    force: bool = False

    def __post_init__(self) -> None:
        """Raise an error that names the option if a number is below 1."""
        for name in ("occupied", "electrons", "bands"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{value} is too few", "give at least 1", f"--{name}")


def read_fit_name(fit: str | None) -> str | None:
    """Return the name of a fit folder; raise an error for one that is no name."""
    if fit is not None and not NAME.fullmatch(fit):
        what = f"{fit!r:.40} is not a name of a fit"
        raise InputError(what, "use letters, digits, . _ and -", "--fit")
    return fit


def read_hints(structure: Path | None, path: str | None, points: int) -> Hints:
    """Return what files may leave out: the crystal, and a path with its number of k-points."""
    crystal = None if structure is None else read_structure(structure)
    try:
        pieces = read_path_text(path or "auto", points).pieces
    except InputError as error:
        raise error.at("--path") from error
    return Hints(crystal, pieces, points)


def read_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the systems; raise an error for one that cannot be used."""
    for i, name in enumerate(names):
        if not is_name(name):
            what = f"{name!r:.40} cannot be the name of a system"
            remedy = "use letters, digits, . _ and -, and no name of a file of a run"
            raise InputError(what, remedy, "--system")
        if name.lower() in [other.lower() for other in names[:i]]:
            raise InputError(f"{name!r} is given twice", "name systems differently", "--system")
    return tuple(names)


def read_cutoff(text: str) -> float:
    """Return the cutoff of the fit [hartree]."""
    cutoff = read_energy("--cutoff", text, cutoff_energy)
    if cutoff <= 0:
        raise InputError("is not above zero", "write e.g. '7 hartree'", "--cutoff")
    return cutoff


def read_energy(option: str, text: str, read: Callable[[object], float] = energy) -> float:
    """Return an energy [hartree]."""
    try:
        return read(text)
    except InputError as error:
        raise error.at(option) from error


def read_codes(text: str) -> Codes:
    """Return the codes that the fit serves."""
    for codes in get_args(Codes):
        if text == codes:
            return codes
    raise InputError(f"unknown codes {text!r:.40}", suggest(text, get_args(Codes)), "--for")


def read_runs(text: str) -> tuple[Run, ...]:
    """Return ranges of bands from text such as "2-6" or "1-2,5-14", which counts from 1."""
    found = [RUN.fullmatch(part.strip()) for part in text.split(",")]
    runs = tuple((int(x[1]) - 1, int(x[2] or x[1])) if x else (-1, -1) for x in found)
    if any(not 0 <= first < last for first, last in runs):
        what = f"{text!r:.40} is not a range of bands"
        raise InputError(what, "write e.g. 2-6", "--leave-out")
    return runs
