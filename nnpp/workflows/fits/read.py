"""The fits that a command is given. No JAX, no ASE: a wrong fit.yaml is told at once."""

from dataclasses import replace
from pathlib import Path

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import RUN_NAME, Fit, read_all, read_inputs
from nnpp.config.quantity import cutoff_energy
from nnpp.config.spec import FitSettings, FitSpec, method_name
from nnpp.config.validation import validated
from nnpp.errors import InputError
from nnpp.files.origin import Place
from nnpp.files.text import exists
from nnpp.workflows.bands.options import Choices, chosen

PREPARED = "start.safetensors"
"""What init-fit leaves in a run."""


def read_fits(inputs: list[Path], choices: Choices | None = None) -> list[Fit]:
    """Every fit at `inputs`, with what the command line changes in it."""
    fits = read_all(inputs)
    return fits if choices is None else [chosen(fit, choices) for fit in fits]


def read_one(path: Path) -> Fit:
    """The one fit at `path`."""
    return read_inputs(path)


def by_method(fits: list[Fit], method: str | None) -> list[Fit]:
    """The fits, to be trained by another method if one is named."""
    if method is None:
        return fits
    return [replace(fit, spec=_by_method(fit.spec, method)) for fit in fits]


def _by_method(spec: FitSpec, method: str) -> FitSpec:
    """The same fit by another method, whose options and schedule are its own."""
    data = plain(spec)
    data["fit"] = data["fit"] | {"method": method, "options": {}}
    if method_name(method) == "lm" and data["fit"]["tolerance"] == 0:
        data["fit"]["tolerance"] = FitSettings().tolerance
    return validated(
        data, replace(spec.origin, places={("fit",): Place(Path("--method"))}), Path.cwd()
    )


def read_runs(runs: list[Path] | None, out: Path) -> list[Fit]:
    """The fits of runs, from their run.yaml; without any, of all in `out` that are prepared."""
    found = runs or sorted(p.parent for p in Path(out).glob(f"*/{PREPARED}"))
    if not found:
        raise InputError("holds no run that was prepared", "use `nnpp init-fit` first", out)
    for run in found:
        if not exists(run / RUN_NAME):
            raise InputError("is no run", "name a folder that `nnpp init-fit` made", run)
    return read_all([run / RUN_NAME for run in found])


def read_structure_by(models: list[Path], structure: Path, choices: Choices) -> Fit:
    """The crystal in a file, to be computed with one fitted potential."""
    from nnpp.formats.model import read_model  # imports JAX, as a potential is needed
    from nnpp.workflows.fits.model_fit import fit_of_structure

    if len(models) != 1:
        raise InputError(
            f"{len(models)} potentials are named", "name one fitted run", "--structure"
        )
    model = read_model(models[0])
    return chosen(fit_of_structure(model, structure, _cutoff(choices)), choices)


def _cutoff(choices: Choices) -> float | None:
    """--cutoff [hartree]."""
    if choices.cutoff is None:
        return None
    try:
        wanted = cutoff_energy(choices.cutoff)
    except InputError as error:
        raise error.at("--cutoff") from error
    if wanted <= 0:
        raise InputError("must be greater than 0", 'as in "10 hartree"', "--cutoff")
    return wanted
