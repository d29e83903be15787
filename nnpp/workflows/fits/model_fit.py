"""A fit made of a fitted potential and a crystal from a file."""

import re
from pathlib import Path
from typing import Any

from nnpp.config.inputs import Fit
from nnpp.config.validation import validated
from nnpp.errors import InputError
from nnpp.files.origin import Origin
from nnpp.files.tensors import STEM
from nnpp.formats.model import Model


def fit_of_structure(model: Model, structure: Path, cutoff: float | None = None) -> Fit:
    """Return a fit of one system: `structure` with the potential `model`.

    The name, <structure>-by-<model>, keeps its results apart from those of the fit.
    """
    structure = Path(structure)
    basis = basis_of(model, cutoff)
    system = {
        "name": _plain(structure.stem),
        "structure": str(structure.absolute()),
        "cutoff": f"{basis['cutoff_hartree']!r} hartree",
        "plane_waves": basis["plane_waves"],
        "kpoints": {"path": "auto"},
    }
    data = {
        "systems": [system],
        "potential": {"kind": "model", "file": str(model.path.absolute())},
    }
    spec = validated(data, Origin(structure), Path.cwd())
    name = f"{_plain(structure.stem)}-by-{_plain(_name(model))}"
    return Fit(spec, (), Path.cwd() / name, structure)


def basis_of(model: Model, cutoff: float | None = None) -> dict[str, Any]:
    """Return cutoff [hartree] and plane waves of the system fitted at the largest cutoff."""
    systems = [s for s in model.about.get("systems", []) if "cutoff_hartree" in s]
    if not systems and cutoff is None:
        raise InputError(
            "does not say at which cutoff it was fitted", "state a cutoff", model.path
        )
    widest = max(systems, key=lambda s: s["cutoff_hartree"], default={})
    return {
        "cutoff_hartree": float(widest["cutoff_hartree"] if cutoff is None else cutoff),
        "plane_waves": widest.get("plane_waves", "per-k"),
    }


def _name(model: Model) -> str:
    """Return the name of the run that contains the model, or of its file."""
    if model.path.stem == STEM:
        return model.path.absolute().parent.name
    return model.path.stem


def _plain(name: str) -> str:
    """Return the name with letters, digits and . _ - only."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "crystal"
