"""How many levels the electrons of a file fill: N/2, or N where a level holds one electron."""

from functools import partial
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.tables import Line

WHOLE = 1e-3
"""Electron counts are whole numbers to this; the programs print three digits or more."""


def full_levels(electrons: float, spinor: bool, levels: int, at: Line | Path) -> int:
    """The full levels at each k, from a number of electrons; where a file says it."""
    error = at.error if isinstance(at, Line) else partial(InputError, path=at)
    if electrons < 0 or abs(electrons - round(electrons)) > WHOLE:
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
            f"{electrons:g} electrons fill {full} levels, of which {levels} are written",
            "name the whole file, or repeat the run with more bands",
        )
    return full


def said_to_fill(said: Line, spinor: bool, levels: int) -> int:
    """The same, from the line that says the number."""
    return full_levels(said.real(said.words[0] if said.words else ""), spinor, levels, said)
