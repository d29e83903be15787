"""A fitted potential as potential.safetensors and potential.json; never a pickle.

The description defines the potential by its arrays: kind, species, form (for a network its
features, layers, activation, initializers, scale, envelope and reference v⁰; for a table its
lengths), shapes and units. A model that is read again is identical in every bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.config.potential import form_class
from nnpp.devices.start import require_jax
from nnpp.errors import InputError
from nnpp.files.tensors import ModelFile, read_model_file, write_model_file
from nnpp.formats.shipped import located
from nnpp.potentials.potential import Potential, Strengths
from nnpp.terms.term import terms


@dataclass(frozen=True)
class Model:
    """A stored potential.

    Attributes:
        potential: the potential.
        about: its origin, as recorded by the fit.
        path: the .safetensors file.
    """

    potential: Potential
    about: dict[str, Any]
    path: Path


def write_model(stem: Path, potential: Potential, about: Mapping[str, Any]) -> list[Path]:
    """Write `stem`.safetensors and `stem`.json; `about` is any mapping of JSON values."""
    units = units_of(potential.local.units)
    arrays = {name: np.asarray(leaf) for name, leaf in named(potential).items()}
    description = {
        "species": list(potential.species),
        "kind": potential.local.kind,
        "form": potential.local.describe(),
        "arrays": {
            name: {"shape": list(x.shape), "unit": units.get(name, "1")}
            for name, x in arrays.items()
        },
        "about": dict(about),
    }
    return write_model_file(Path(stem), description, arrays)


def read_model(path: Path) -> Model:
    """Return the model at `path`: a run, one of its files, or the name of a shipped one."""
    require_jax()
    file = read_model_file(located(Path(path)))
    try:
        blank = jax.eval_shape(lambda: _blank(file.description))
        about = dict(file.description["about"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"describes no potential that this nnpp knows ({reason})",
            "use the nnpp that wrote it, or a newer one",
            file.path,
        ) from error
    return Model(_filled(blank, file), about, file.path)


def units_of(of_form: Mapping[str, str]) -> dict[str, str]:
    """Return the units of the arrays of a potential by their names; others have none."""
    local = {f"local/{name}": unit for name, unit in of_form.items()}
    return local | {f"strengths/{term.name}": term.unit for term in terms()}


def named(potential: Any) -> dict[str, Any]:
    """Return every leaf by its name, e.g. local/weights/params/Dense_0/kernel."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(potential)
    return {
        jax.tree_util.keystr(keys, simple=True, separator="/"): leaf for keys, leaf in leaves
    }


def _blank(description: dict[str, Any]) -> Potential:
    """Return a potential of the described form, with arbitrary parameters."""
    species = tuple(str(s) for s in description["species"])
    of_kind = form_class(description["kind"])
    form = of_kind.from_description(description["form"], len(species))
    strengths = Strengths(
        {
            term.name: jnp.zeros((len(species), *term.shape))
            for term in terms()
            if f"strengths/{term.name}" in description["arrays"]
        }
    )
    return Potential(form, strengths, species)


def _filled(blank: Any, file: ModelFile) -> Potential:
    """Return the potential with the stored arrays as leaves."""
    wanted = named(blank)
    for name in sorted(wanted.keys() ^ file.arrays.keys()):
        what = "is missing" if name in wanted else "belongs to no part of the potential"
        raise InputError(f"array {name} {what}", "fit again", file.path)
    for name, leaf in wanted.items():
        if file.arrays[name].shape != leaf.shape:
            raise InputError(
                f"array {name} is {file.arrays[name].shape}, {leaf.shape} is described",
                "fit again",
                file.path,
            )
    leaves = [jnp.asarray(file.arrays[name]) for name in wanted]
    return jax.tree.unflatten(jax.tree.structure(blank), leaves)
