"""The interface of a reader of bands, and the search for the reader of a file.

To add a reader, add one module to this folder with a tuple `FORMATS` of `Format` objects.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np

from nnpp.errors import InputError, suggest
from nnpp.files.tables import Line
from nnpp.files.text import read_head
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.paths import Pieces

HEAD = 4096
"""Number of bytes at the start of a file from which its format is recognised."""

INTEGER = 1e-3
"""Electron counts are integers to this accuracy; programs print three digits or more."""


@dataclass(frozen=True)
class Hints:
    """What the user adds to a file that does not say everything.

    Attributes:
        crystal: the crystal of the bands.
        pieces: the requested path, for files that give bands at any k-point.
        points: number of k-points on that path.
    """

    crystal: Crystal | None = None
    pieces: Pieces | None = None
    points: int = 60


@dataclass(frozen=True)
class Format:
    """One file format of bands.

    Attributes:
        name: the value of `--format` that selects it.
        program: the program and its file, as printed in messages.
        matches: returns whether a file has this format, from its name and its first `HEAD`
            bytes (decoded as latin-1). At most one format may match a file.
        read: returns the bands; raises an InputError if the file is damaged or ambiguous.
        code: the program in whose folders the file is searched for, "" for none. If a folder
            has files of several formats of a code, the first in `FORMATS` is taken.
        traces: patterns of other files of the program, which show that a folder is its run.
    """

    name: str
    program: str
    matches: Callable[[str, str], bool]
    read: Callable[[Path, Hints], ReferenceBands]
    code: str = ""
    traces: tuple[str, ...] = ()


def formats() -> dict[str, Format]:
    """Return all formats by name, from every module of this package in alphabetical order."""
    package = import_module(__package__ or "")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    declared = {module.__name__: getattr(module, "FORMATS", ()) for module in modules}
    for name, forms in declared.items():
        if not isinstance(forms, tuple):
            raise TypeError(f"{name}: FORMATS is no tuple; write FORMATS = (Format(...),)")
    found = [form for forms in declared.values() for form in forms]
    by_name = {form.name: form for form in found}
    if len(by_name) != len(found):
        raise ValueError(f"two formats have the same name: {[form.name for form in found]}")
    return by_name


def read_codes(path: Path, hints: Hints, name: str | None = None) -> ReferenceBands:
    """Return the bands in a file.

    Args:
        path: the file.
        hints: what the file may leave out.
        name: name of its format; None to recognise it.
    """
    return _named_or_matching(path, name).read(path, hints)


def _named_or_matching(path: Path, name: str | None) -> Format:
    """Return the named format, or the first that matches the file."""
    known = formats()
    if name is not None:
        if name not in known:
            raise InputError(f"unknown format {name!r:.40}", suggest(name, known), "--format")
        return known[name]
    form = format_of(path)
    if form is not None:
        return form
    programs = ", ".join(form.program for form in known.values())
    raise InputError("has no known format", f"give one of these files: {programs}", path)


def format_of(path: Path) -> Format | None:
    """Return the format that matches a file; None if there is none."""
    head = read_head(path, HEAD)
    return next((f for f in formats().values() if f.matches(path.name, head)), None)


def crystal_in(
    path: Path, cell: np.ndarray, fractional: np.ndarray, symbols: Iterable[str]
) -> Crystal:
    """Return the crystal that a file describes (cell in bohr); errors name the file."""
    try:
        return crystal(cell, fractional, tuple(symbols))
    except InputError as error:
        raise error.at(path) from error


def full_levels(electrons: float | Line, spinor: bool, levels: int, at: Path) -> int:
    """Return how many levels are full at each k-point.

    Args:
        electrons: number of electrons in the cell, or the line that gives it.
        spinor: whether a level holds one electron, not two.
        levels: number of levels in the file.
        at: the file, for errors.
    """
    error = partial(InputError, path=at)
    if isinstance(electrons, Line):
        error = electrons.error
        electrons = electrons.real(electrons.words[0] if electrons.words else "")
    if electrons < 0 or abs(electrons - round(electrons)) > INTEGER:
        raise error(
            f"the number of electrons is {electrons:g}", "repeat the run with an uncharged cell"
        )
    if not spinor and round(electrons) % 2:
        raise error(
            f"{electrons:g} electrons leave a level of two half full",
            "repeat the run with spin-orbit coupling, or with another cell",
        )
    full = round(electrons) // (1 if spinor else 2)
    if full > levels:
        raise error(
            f"{electrons:g} electrons fill {full} levels, but the file has {levels}",
            "give the complete file, or repeat the run with more bands",
        )
    return full
