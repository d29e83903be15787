"""How many levels the electrons of a file fill: N/2, or N where a level holds one electron."""

from nnpp.io.tables import Line

WHOLE = 1e-3
"""Electron counts are whole numbers to this; the programs print three digits or more."""


def full_levels(said: Line, spinor: bool, levels: int) -> int:
    """The full levels at each k, from where a file says its number of electrons."""
    electrons = said.real(said.words[0] if said.words else "")
    if electrons < 0 or abs(electrons - round(electrons)) > WHOLE:
        raise said.error(
            f"the number of electrons is {electrons:g}", "repeat the run with an uncharged cell"
        )
    if not spinor and round(electrons) % 2:
        raise said.error(
            f"{electrons:g} electrons leave a level of two half full",
            "repeat the run with spin-orbit coupling, or with another cell",
        )
    full = round(electrons) // (1 if spinor else 2)
    if full > levels:
        raise said.error(
            f"{electrons:g} electrons fill {full} levels, of which {levels} are written",
            "name the whole file, or repeat the run with more bands",
        )
    return full
