"""The fits that a command is given. No JAX, no ASE: a wrong fit.yaml is told at once."""

from pathlib import Path

from nnpp.io.inputs import Fit, read_all
from nnpp.workflows.choices import Choices, chosen


def read_fits(inputs: list[Path], choices: Choices | None = None) -> list[Fit]:
    """Every fit at `inputs`, with what the command line changes in it."""
    fits = read_all(inputs)
    return fits if choices is None else [chosen(fit, choices) for fit in fits]
