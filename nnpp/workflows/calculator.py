"""`nnpp.calculator(path)`: a fitted potential as a calculator of ASE."""

from functools import partial
from pathlib import Path
from typing import Any

from nnpp.formats.ase_calculator import Calculator
from nnpp.workflows.load import load


def calculator(
    path: str | Path, kpts: Any = (4, 4, 4), cutoff: float | None = None, n: int | None = None
) -> Calculator:
    """Return a calculator of ASE that gives the levels of any atoms.

    Args:
        path: a run, or a file potential.safetensors.
        kpts: divisions of a mesh, or a list of fractional k-points.
        cutoff: kinetic energy cutoff [hartree]; by default that of the fit.
        n: number of levels; by default the occupied ones and a few more.
    """
    return Calculator(partial(load(path).bands, cutoff=cutoff, n=n), kpts)
