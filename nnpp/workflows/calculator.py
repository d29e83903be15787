"""`nnpp.calculator(path)`: a fitted potential as a calculator of ASE."""

from functools import partial
from pathlib import Path
from typing import Any

from nnpp.formats.ase_calculator import Calculator
from nnpp.workflows.load import load


def calculator(
    path: str | Path, kpts: Any = (4, 4, 4), cutoff: float | None = None, n: int | None = None
) -> Calculator:
    """Levels of whatever atoms it is given, by the potential of a run.

    `kpts` are the divisions of a mesh, or a list; `cutoff` [hartree] and the number `n` of
    levels are as of `Fitted.bands`.
    """
    return Calculator(partial(load(path).bands, cutoff=cutoff, n=n), kpts)
