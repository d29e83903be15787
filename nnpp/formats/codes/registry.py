"""Every format of bands that other programs write, and which of them a file is of."""

from pathlib import Path

from nnpp.errors import InputError, suggest
from nnpp.files.text import read_head
from nnpp.formats.codes import (
    abinit,
    berkeleygw,
    elk,
    espresso,
    gpaw,
    nnpp_bands,
    vasp,
    wannier90,
)
from nnpp.formats.codes.format import Beside, Format
from nnpp.formats.reference_bands import ReferenceBands

PROGRAMS = (vasp, espresso, gpaw, abinit, elk, wannier90, berkeleygw, nnpp_bands)

FORMATS: dict[str, Format] = {f.name: f for code in PROGRAMS for f in code.FORMATS}
"""By name; the first that knows a file reads it."""

HEAD = 4096
"""Characters of a file that tell its format."""


def read_codes(path: Path, beside: Beside, name: str | None = None) -> ReferenceBands:
    """The bands in a file of any known format, or of the one named."""
    return _format_of(path, name).read(path, beside)


def _format_of(path: Path, name: str | None) -> Format:
    """The format that is named, or that knows the file."""
    if name is not None:
        if name not in FORMATS:
            raise InputError(f"unknown format {name!r:.40}", suggest(name, FORMATS), "--format")
        return FORMATS[name]
    head = read_head(path, HEAD)
    for known in FORMATS.values():
        if known.knows(path.name, head):
            return known
    programs = ", ".join(f.program for f in FORMATS.values())
    raise InputError("is of no format that is known", f"give a file of {programs}", path)
