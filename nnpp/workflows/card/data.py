"""Where the data of a card come from: what references say of themselves, files and hashes."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from nnpp.config.systems import System
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.card import Table
from nnpp.units import HARTREE_EV

SOMEWHERE = re.compile(r"(?<![\w.])~?(?:/[^\s/,;:'\"]+){2,}/?")
"""A file by its place on a machine, which is nobody's concern."""

LONGEST = 300
"""Letters of one thing that a reference says of itself."""

NOT_SAID = ("inputs_sha256",)
"""What a reference says of itself that a reader has no use for."""


def origin_of(system: System) -> tuple[str, ...]:
    """What is told of the data of a system: its reference, how they weigh, other targets."""
    aims = (f"aimed at a {t.kind} of {t.text}" for t in system.targets)
    return (*_of_reference(system), *_weights(system), *aims)


def _of_reference(system: System) -> Iterator[str]:
    """What a reference says of its making."""
    if system.reference is None:
        yield "no reference bands"
        return
    file, said = system.reference.file, {}
    if system.reference.format == "h5":
        said = dict(_told(read_bands_h5(file).provenance))
    yield file.name if said else f"{file.name}: how it was made is not told"
    yield from (f"{key} {value}" for key, value in said.items())


def _weights(system: System) -> Iterator[str]:
    """Weights that are not all one."""
    weights = system.weights
    if weights.bands is not None:
        yield f"bands weigh {' '.join(f'{w:g}' for w in weights.bands)}"
    if weights.kpoints is not None:
        yield "k-points weigh as the fit lists"
    for window in weights.windows:
        low, high = window.low * HARTREE_EV, window.high * HARTREE_EV
        yield f"levels from {low:g} to {high:g} eV weigh {window.weight:g} times as much"


def inputs_of(read: Mapping[str, str]) -> Table:
    """Files and SHA-256."""
    rows = ((f"`{short(name)}`", f"`{digest}`") for name, digest in sorted(read.items()))
    return Table(("file", "SHA-256"), tuple(rows))


def short(name: str) -> str:
    """A file as seen from its fit; one outside by its name and its folder."""
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        return "/".join(part for part in path.parts[-2:] if part not in ("/", ".."))
    return path.as_posix()


def anywhere(text: str) -> str:
    """The text, with files of a machine named without their place."""
    return SOMEWHERE.sub(lambda found: Path(found[0]).name, text)


def _told(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything in it, names in words."""
    for key, value in provenance.items():
        if key not in NOT_SAID and value not in (None, "", [], {}):
            yield key.replace("_", " "), anywhere(_spelt(value))[:LONGEST]


def _spelt(value: Any) -> str:
    """A value in words."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case Mapping():
            return ", ".join(f"{k.replace('_', ' ')} {_spelt(v)}" for k, v in value.items())
        case list() | tuple():
            return " ".join(_spelt(v) for v in value)
    return str(value)
