"""The fits that a command works on: as stored, changed by options, or made for a crystal.

This file imports neither JAX nor ASE, so that errors in a fit.yaml are printed at once.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import RUN_NAME, Fit, read_all
from nnpp.config.spec import FitSettings, FitSpec, method_name, validated
from nnpp.config.values import cutoff_energy
from nnpp.errors import InputError
from nnpp.files.origin import Origin, Place
from nnpp.files.tensors import STEM
from nnpp.files.text import exists
from nnpp.workflows.bands.options import Choices, chosen

if TYPE_CHECKING:
    from nnpp.formats.model import Model

PREPARED = "start.safetensors"
"""File of a run that init-fit has prepared."""


def read_fits(inputs: list[Path], choices: Choices | None = None) -> list[Fit]:
    """Return every fit at `inputs`, with the options of the command line applied."""
    fits = read_all(inputs)
    return fits if choices is None else [chosen(fit, choices) for fit in fits]


def by_method(fits: list[Fit], method: str | None) -> list[Fit]:
    """Return the fits with another training method, if one is named."""
    if method is None:
        return fits
    return [replace(fit, spec=_by_method(fit.spec, method)) for fit in fits]


def _by_method(spec: FitSpec, method: str) -> FitSpec:
    """Return the same fit with another method and its default options and schedule."""
    data = plain(spec)
    data["fit"] = data["fit"] | {"method": method, "options": {}}
    if method_name(method) == "lm" and data["fit"]["tolerance"] == 0:
        data["fit"]["tolerance"] = FitSettings().tolerance
    origin = replace(spec.origin, places={("fit",): Place(Path("--method"))})
    return validated(data, origin, Path.cwd())


def read_runs(runs: list[Path] | None, out: Path) -> list[Fit]:
    """Return the fits of runs from their run.yaml, by default of all prepared runs in `out`."""
    found = runs or sorted(p.parent for p in Path(out).glob(f"*/{PREPARED}"))
    if not found:
        raise InputError("contains no prepared run", "use `nnpp init-fit` first", out)
    for run in found:
        if not exists(run / RUN_NAME):
            raise InputError("is not a run", "name a folder that `nnpp init-fit` made", run)
    return read_all([run / RUN_NAME for run in found])


def read_structure_by(models: list[Path], structure: Path, choices: Choices) -> Fit:
    """Return a fit of the crystal in a file, to be computed with one fitted potential."""
    from nnpp.formats.model import read_model  # imports JAX, which a potential needs

    if len(models) != 1:
        raise InputError(
            f"{len(models)} potentials are named", "name one fitted run", "--structure"
        )
    from nnpp.workflows.fits.basis import stated_bases

    model = read_model(models[0])
    needed = None if stated_bases(model) else _cutoff(choices)
    fit = chosen(fit_of_structure(model, structure, needed), choices)
    return fit if choices.cutoff is None else replace(fit, notes=())


def _cutoff(choices: Choices) -> float | None:
    """Return the value of --cutoff [hartree]."""
    if choices.cutoff is None:
        return None
    try:
        cutoff = cutoff_energy(choices.cutoff)
    except InputError as error:
        raise error.at("--cutoff") from error
    if cutoff <= 0:
        raise InputError("must be greater than 0", 'as in "10 hartree"', "--cutoff")
    return cutoff


def fit_of_structure(model: "Model", structure: Path, cutoff: float | None = None) -> Fit:
    """Return a fit of one system: `structure` with the potential `model`.

    The name, <structure>-by-<model>, keeps its results apart from those of the fit. A note says
    which system its cutoff is taken from, if the systems of the model differ.
    """
    from nnpp.formats.structures import read_structure  # imports JAX and ASE
    from nnpp.workflows.fits.basis import basis_of

    structure = Path(structure)
    basis = basis_of(model, lambda: read_structure(structure), cutoff)
    system = {
        "name": file_name(structure.stem),
        "structure": str(structure.absolute()),
        "cutoff": f"{basis.cutoff!r} hartree",
        "plane_waves": basis.plane_waves,
        "kpoints": {"path": "auto"},
    }
    data = {
        "systems": [system],
        "potential": {"kind": "model", "file": str(model.path.absolute())},
    }
    spec = validated(data, Origin(structure), Path.cwd())
    file = model.path.absolute()
    run = file.parent.name if file.stem == STEM else file.stem
    name = f"{file_name(structure.stem)}-by-{file_name(run)}"
    notes = (basis.note,) if basis.note else ()
    return Fit(spec, notes, Path.cwd() / name, structure)


def file_name(name: str) -> str:
    """Return the name with letters, digits and . _ - only."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "crystal"
