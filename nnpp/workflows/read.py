"""The fits that a command is given. No JAX, no ASE: a wrong fit.yaml is told at once."""

from pathlib import Path

from nnpp.errors import InputError
from nnpp.io.inputs import RUN_NAME, Fit, read_all
from nnpp.io.text import exists
from nnpp.workflows.choices import Choices, chosen

PREPARED = "start.safetensors"
"""What init-fit leaves in a run."""


def read_fits(inputs: list[Path], choices: Choices | None = None) -> list[Fit]:
    """Every fit at `inputs`, with what the command line changes in it."""
    fits = read_all(inputs)
    return fits if choices is None else [chosen(fit, choices) for fit in fits]


def read_runs(runs: list[Path] | None, out: Path) -> list[Fit]:
    """The fits of runs, from their run.yaml; without any, of all in `out` that are prepared."""
    found = runs or sorted(p.parent for p in Path(out).glob(f"*/{PREPARED}"))
    if not found:
        raise InputError("holds no run that was prepared", "use `nnpp init-fit` first", out)
    for run in found:
        if not exists(run / RUN_NAME):
            raise InputError("is no run", "name a folder that `nnpp init-fit` made", run)
    return read_all([run / RUN_NAME for run in found])
