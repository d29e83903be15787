"""The table of RMS errors per level that `nnpp train`, `fit` and `bands` print."""

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from nnpp.cli import console
from nnpp.observables.reports import LEVEL_GROUPS

if TYPE_CHECKING:
    from nnpp.observables.comparison import LevelErrors

TITLE = "RMS error per level [meV]"

COLUMNS = dict(zip(("k-points", *LEVEL_GROUPS), (8, 11, 17, 10), strict=True))
"""Columns and their widths, in characters."""

ALL = "all systems"


def print_level_errors(errors: "Mapping[str, Mapping[str, LevelErrors]]") -> None:
    """Print a line for each system and set of k-points, then for all systems together.

    Args:
        errors: by the name of the system and that of the set of k-points.
    """
    known = {name: sets for name, sets in errors.items() if sets}
    if not known:
        return
    rows = [(name, label, e) for name, sets in known.items() for label, e in sets.items()]
    if len(known) > 1:
        for label in dict.fromkeys(label for _, label, _ in rows):
            same = [e for _, other, e in rows if other == label]
            rows.append((ALL, label, reduce(add, same)))
    system = max(len(name) for name, _, _ in rows)
    width = max(len(TITLE), *(system + 2 + len(label) for _, label, _ in rows))
    console.say(console.cells((TITLE, *COLUMNS), (width, *COLUMNS.values())))
    for name, label, e in rows:
        texts = (f"{name:<{system}}  {label}", str(e.kpoints), *map(_mev, e.rms))
        console.say(console.cells(texts, (width, *COLUMNS.values())))


def _mev(error: float) -> str:
    """Return an error as text [meV]; a dash without levels."""
    from nnpp.units import HARTREE_EV

    return "—" if error != error else f"{error * HARTREE_EV * 1e3:.1f}"
