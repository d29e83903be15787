"""The first line of a command in a terminal: what is computed, and how large it is."""

from typing import TYPE_CHECKING

from nnpp.cli import console

if TYPE_CHECKING:
    from nnpp.config.inputs import Fit

MOST = 3
"""Most names in a header."""


def begin(what: str, fits: "list[Fit]") -> None:
    """Print the header of a command on fits, before JAX is imported and anything computed."""
    systems = [system for fit in fits for system in fit.spec.systems]
    cutoffs = sorted({system.cutoff for system in systems})
    wide = "–".join(f"{x:.3g}" for x in dict.fromkeys((cutoffs[0], cutoffs[-1])))
    count = f"{len(systems)} system{'s' if len(systems) > 1 else ''}"
    console.begin(
        f"{what}: {named([fit.name for fit in fits])}, {count} "
        f"({named([system.name for system in systems])}), cutoff {wide} hartree"
    )


def systems_of(fits: "list[Fit]") -> int:
    """Return the number of systems of all fits."""
    return sum(len(fit.spec.systems) for fit in fits)


def named(names: list[str]) -> str:
    """Return the first names of a list."""
    return ", ".join(names[:MOST]) + (", …" if len(names) > MOST else "")
