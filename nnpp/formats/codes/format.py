"""A format of bands: how a file of it is known, and how it is read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.paths import Pieces


def crystal_in(
    path: Path, cell: np.ndarray, fractional: np.ndarray, symbols: Iterable[str]
) -> Crystal:
    """The crystal that a file tells of, cell in bohr; what is wrong is told of the file."""
    try:
        return crystal(cell, fractional, tuple(symbols))
    except InputError as error:
        raise error.at(path) from error


@dataclass(frozen=True)
class Beside:
    """What a user says beside a file, for files that leave it out.

    Attributes:
        crystal: whose bands they are.
        pieces: the path along which bands are wanted, where a file gives them at any k.
        points: k-points on that path.
    """

    crystal: Crystal | None = None
    pieces: Pieces | None = None
    points: int = 60


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: what `--format` calls it.
        program: the program and its file, for whoever reads.
        knows: whether a file is of it, from its name and its first 4096 characters.
        read: what it holds; a file that is damaged or doubtful is an InputError.
    """

    name: str
    program: str
    knows: Callable[[str, str], bool]
    read: Callable[[Path, Beside], ReferenceBands]
