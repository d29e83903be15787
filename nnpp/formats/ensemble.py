"""ensemble.h5: levels, curves and potentials of all members, with their mean and spread.

Atomic units; every dataset has a unit. A spread is a standard deviation.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import h5py
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.config.potential import form_classes
from nnpp.files.atomic import write_atomic
from nnpp.files.json_text import load_json
from nnpp.files.text import exists
from nnpp.formats.hdf5 import attribute, is_sealed, opened_hdf5, seal, values
from nnpp.formats.model import named, units_of
from nnpp.potentials.potential import Potential

FORMAT = "nnpp ensemble 2"

UNSEALED = "nnpp ensemble 1"
"""Format of earlier versions, without a digest of the attributes."""

NAME = "ensemble.h5"
"""Name of the file in a run."""

SYSTEMS, CURVES, POTENTIALS = "systems", "curves", "potentials"

T = TypeVar("T")


UNIT_OF = {
    "k": "reciprocal lattice vectors",
    **dict.fromkeys(("fitted", "E", "mean", "spread"), "hartree"),
    "q": "bohr^-1",
    **dict.fromkeys(("v_q", "v_q_mean", "v_q_spread"), "hartree bohr^3"),
    "r": "bohr",
    **dict.fromkeys(("v_r", "v_r_mean", "v_r_spread"), "hartree"),
}
"""Units of the fields of the classes below."""


@dataclass(frozen=True)
class Levels:
    """Levels of one system; for `mean` and `spread` each member has its own zero of energy."""

    k: Float[np.ndarray, "k 3"]
    fitted: Float[np.ndarray, "k level"]
    E: Float[np.ndarray, "member k level"]
    mean: Float[np.ndarray, "k level"]
    spread: Float[np.ndarray, "k level"]


@dataclass(frozen=True)
class Curves:
    """Form factors in reciprocal and real space; species in the order of the potential."""

    q: Float[np.ndarray, " q"]
    v_q: Float[np.ndarray, "member q species"]
    v_q_mean: Float[np.ndarray, "q species"]
    v_q_spread: Float[np.ndarray, "q species"]
    r: Float[np.ndarray, " r"]
    v_r: Float[np.ndarray, "member r species"]
    v_r_mean: Float[np.ndarray, "r species"]
    v_r_spread: Float[np.ndarray, "r species"]


@dataclass(frozen=True)
class StoredEnsemble:
    """The content of an ensemble.h5.

    Attributes:
        about: description of the ensemble, and its numbers in eV.
        systems: levels by name of the system.
        curves: form factors; None for a table, which has no curve.
        potentials: arrays of the potential by name, members along the first axis.
    """

    about: dict[str, Any]
    systems: dict[str, Levels]
    curves: Curves | None
    potentials: dict[str, np.ndarray]

    def stacked(self, like: Potential) -> Potential:
        """Return all potentials as one pytree, members along the first axis of every leaf."""
        leaves = [jnp.asarray(self.potentials[name]) for name in named(like)]
        return jax.tree.unflatten(jax.tree.structure(like), leaves)


def write_ensemble(path: Path, ensemble: StoredEnsemble) -> Path:
    """Write the file (made in memory, because HDF5 crashes on a full disk); return the path."""
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest") as file:
        for name, x, unit in _datasets(ensemble):
            data = file.create_dataset(name, data=np.asarray(x, float), fletcher32=True)
            data.attrs["units"] = unit
        file.attrs["format"] = FORMAT
        file.attrs["about"] = json.dumps(ensemble.about, ensure_ascii=False, allow_nan=False)
        seal(file)
    return write_atomic(path, image.getvalue())


def read_ensemble(path: Path) -> StoredEnsemble:
    """Return the content of an ensemble.h5."""
    damaged = "is not an ensemble of nnpp, or is damaged"
    with opened_hdf5(path, damaged, "remove it, or train again") as file:
        return _stored(file)


def ensemble_in(folder: Path) -> StoredEnsemble | None:
    """Return the ensemble of a run, None if it has none."""
    return read_ensemble(folder / NAME) if exists(folder / NAME) else None


def _datasets(ensemble: StoredEnsemble) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield every dataset: its name, its numbers and its unit."""
    groups: dict[str, Levels | Curves] = {
        f"{SYSTEMS}/{name}": levels for name, levels in ensemble.systems.items()
    }
    if ensemble.curves is not None:
        groups[CURVES] = ensemble.curves
    for group, part in groups.items():
        for f in fields(part):
            yield f"{group}/{f.name}", getattr(part, f.name), UNIT_OF[f.name]
    units = {name: u for form in form_classes() for name, u in units_of(form.units).items()}
    for name, x in ensemble.potentials.items():
        yield f"{POTENTIALS}/{name}", x, units.get(name, "1")


def _stored(file: h5py.File) -> StoredEnsemble:
    """Return the content of an open file."""
    form = attribute(file, "/", "format")
    if form != (FORMAT if is_sealed(file) else UNSEALED):
        raise ValueError(f"format {form!r:.40}")
    arrays: dict[str, np.ndarray] = {}

    def keep(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            arrays[name] = values(file, name).astype(float)

    file.visititems(keep)
    about = load_json(attribute(file, "/", "about"))
    systems = {n: _part(arrays, f"{SYSTEMS}/{n}", Levels) for n in about["systems"]}
    own = f"{POTENTIALS}/"
    return StoredEnsemble(
        about=about,
        systems=systems,
        curves=_part(arrays, CURVES, Curves) if f"{CURVES}/q" in arrays else None,
        potentials={n.removeprefix(own): x for n, x in arrays.items() if n.startswith(own)},
    )


def _part(arrays: dict[str, np.ndarray], group: str, kind: type[T]) -> T:
    """Return a group as an object of the class `kind`."""
    names = [f.name for f in fields(kind)]  # pyright: ignore[reportArgumentType] -- a dataclass
    return kind(**{name: arrays[f"{group}/{name}"] for name in names})
