"""Files of a dot's levels: levels.csv in eV, states.h5 in atomic units, and checkpoints.

states.h5 has the states near the gap and all occupied states on the coarse level, as rows of
real functions (`nnpp.basis.half_sphere`) in single precision: what a calculation of a
neighbouring dot, or with another potential, starts from.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Array, Float, Int

from nnpp.dots.levels import Levels
from nnpp.errors import InputError
from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.files.tables import csv_text
from nnpp.files.text import exists, read_text
from nnpp.formats.hdf5 import attribute, is_sealed, opened_hdf5, seal, values
from nnpp.units import HARTREE_EV

COLUMNS = (
    "index", "kind", "energy_ev", "residual_ev", "error_bound_ev", "participation",
    "core_share", "surface_share", "multiplet", "state",
)  # fmt: skip

FORMAT = "nnpp dot states 1"

IDENTITY = "identity"
"""Entry of a checkpoint with the digest of what is computed."""

DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)

Block = Float[np.ndarray | Array, "row part state"]


def write_levels(path: Path, levels: Levels) -> Path:
    """Write levels.csv."""
    kinds = ["valence"] * levels.valence + ["conduction"] * (len(levels.E) - levels.valence)
    energies = (levels.E, levels.residual, levels.error)
    rows = zip(
        levels.numbers.tolist(),
        kinds,
        *((x * HARTREE_EV).tolist() for x in energies),
        *(np.round(x, 6).tolist() for x in (levels.participation, levels.core, levels.surface)),
        levels.multiplets.tolist(),
        levels.names,
        strict=True,
    )
    return write_atomic(path, csv_text(COLUMNS, rows, ".12g"))


def read_levels(path: Path) -> Levels:
    """Return the levels of a levels.csv."""
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path))))
        kinds = [row["kind"] for row in rows]
        valence = kinds.count("valence")
        names = ("energy_ev", "residual_ev", "error_bound_ev", "participation", "surface_share")
        columns = (np.array([float(r[n]) for r in rows]) for n in names)
        E, residual, error, participation, surface = columns
        if not 0 < valence < len(rows):
            raise ValueError("one side of the gap is empty")
        occupied = int(rows[0]["index"]) - 1 + valence
    except (KeyError, TypeError, ValueError, csv.Error) as problem:
        remedy = "compute it again with --force"
        raise InputError("is no table of levels, or damaged", remedy, path) from problem
    E, residual, error = (x / HARTREE_EV for x in (E, residual, error))
    return Levels(E, residual, error, participation, surface, occupied, valence)


@dataclass(frozen=True)
class StoredStates:
    """The content of a states.h5.

    Attributes:
        E: energies [hartree].
        X: states near the gap.
        coarse: occupied states on the coarse level, whose rows are the first ones.
        n: integer vector of each pair of plane waves ±G.
        cell: lattice vectors as rows [bohr].
        occupied: number of occupied states.
        valence: number of states in X below the gap.
    """

    E: Float[np.ndarray, " state"]
    X: Block
    coarse: Float[np.ndarray | Array, "few part occupied"]
    n: Int[np.ndarray, "pair 3"]
    cell: Float[np.ndarray, "3 3"]
    occupied: int
    valence: int


def write_states(path: Path, states: StoredStates, provenance: Mapping[str, Any]) -> Path:
    """Write states.h5; `provenance` is a mapping of JSON values."""
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest") as file:
        for name, data, unit in (
            ("energy", states.E, "hartree"),
            ("states", np.asarray(states.X, np.float32), "1"),
            ("coarse", np.asarray(states.coarse, np.float32), "1"),
            ("n", np.asarray(states.n, np.int32), "1"),
            ("cell", np.asarray(states.cell), "bohr"),
        ):
            file.create_dataset(name, data=data, fletcher32=True).attrs["units"] = unit
        file.attrs["format"] = FORMAT
        file.attrs["occupied"] = states.occupied
        file.attrs["valence"] = states.valence
        file.attrs["provenance"] = json.dumps(dict(provenance), ensure_ascii=False, default=str)
        seal(file)
    return write_atomic(path, image.getvalue())


def read_states(path: Path) -> StoredStates:
    """Return the states of a states.h5."""
    remedy = "compute them again with --states --force"
    with opened_hdf5(path, "is damaged", remedy) as file:
        if attribute(file, "/", "format") != FORMAT or not is_sealed(file):
            raise InputError("holds no states of a dot", remedy, path)
        E, X, coarse, n, cell = (
            values(file, name) for name in ("energy", "states", "coarse", "n", "cell")
        )
        if len(X) > 2 * len(n) - 1 or X.shape[2] != len(E) or coarse.shape[1] != X.shape[1]:
            raise ValueError("the shapes differ")
        counts = [int(attribute(file, "/", key)) for key in ("occupied", "valence")]
    return StoredStates(E, X, coarse, n, cell, counts[0], counts[1])


def write_checkpoint(path: Path, identity: str, arrays: Mapping[str, np.ndarray]) -> Path:
    """Write a checkpoint: arrays, and the digest of what is computed."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        content: dict[str, Any] = {IDENTITY: np.array(identity), **arrays}
        np.savez(file, **content)
    return path


def read_checkpoint(path: Path, identity: str) -> dict[str, np.ndarray] | str | None:
    """Return the arrays of a checkpoint; a text why it cannot be used; None without one."""
    if not exists(path):
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except DAMAGED:
        return "is damaged"
    if str(arrays.pop(IDENTITY, "")) != identity:
        return "is of another calculation"
    return arrays
