"""Sources of the data of a card: provenance of the references, files and hashes."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from nnpp.config.systems import System
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.card import Table
from nnpp.units import HARTREE_EV

PATH_ON_DISK = re.compile(r"(?<![\w.])~?(?:/[^\s/,;:'\"]+){2,}/?")
"""A path on the machine of the author, which does not belong in a card."""

LONGEST = 300
"""Maximum length of one provenance entry [characters]."""

OMITTED = ("inputs_sha256",)
"""Provenance entries that are not printed."""


def origin_of(system: System) -> tuple[str, ...]:
    """Return the provenance of a system's reference, its weights and its other targets."""
    targets = (f"target: {t.kind} of {t.text}" for t in system.targets)
    return (*_of_reference(system), *_weights(system), *targets)


def _of_reference(system: System) -> Iterator[str]:
    """Yield the file of the reference and what it states about its origin."""
    if system.reference is None:
        yield "no reference bands"
        return
    file, stated = system.reference.file, {}
    if system.reference.format == "h5":
        stated = dict(_entries(read_bands_h5(file).provenance))
    yield file.name if stated else f"{file.name}: origin not stated"
    yield from (f"{key} {value}" for key, value in stated.items())


def _weights(system: System) -> Iterator[str]:
    """Yield the weights that differ from one."""
    weights = system.weights
    if weights.bands is not None:
        yield f"band weights {' '.join(f'{w:g}' for w in weights.bands)}"
    if weights.kpoints is not None:
        yield "k-point weights as listed in the fit"
    for window in weights.windows:
        low, high = window.low * HARTREE_EV, window.high * HARTREE_EV
        yield f"levels from {low:g} to {high:g} eV have {window.weight:g} times the weight"


def inputs_of(read: Mapping[str, str]) -> Table:
    """Return a table of files and their SHA-256."""
    rows = ((f"`{short(name)}`", f"`{digest}`") for name, digest in sorted(read.items()))
    return Table(("file", "SHA-256"), tuple(rows))


def short(name: str) -> str:
    """Return a path relative to its fit; for a file outside, its name and its folder."""
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        return "/".join(part for part in path.parts[-2:] if part not in ("/", ".."))
    return path.as_posix()


def without_paths(text: str) -> str:
    """Return the text with absolute paths replaced by file names."""
    return PATH_ON_DISK.sub(lambda found: Path(found[0]).name, text)


def _entries(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the entries of a provenance with readable names and values."""
    for key, value in provenance.items():
        if key not in OMITTED and value not in (None, "", [], {}):
            yield key.replace("_", " "), without_paths(_words(value))[:LONGEST]


def _words(value: Any) -> str:
    """Return a value as text."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case Mapping():
            return ", ".join(f"{k.replace('_', ' ')} {_words(v)}" for k, v in value.items())
        case list() | tuple():
            return " ".join(_words(v) for v in value)
    return str(value)
