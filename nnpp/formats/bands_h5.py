"""bands.h5: levels, k-points and crystal in atomic units; every dataset has a unit."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from nnpp.files.atomic import write_atomic
from nnpp.files.json_text import load_json
from nnpp.formats.hdf5 import attribute, is_sealed, opened_hdf5, seal, values
from nnpp.formats.reference_bands import MASSES, ReferenceBands
from nnpp.observables.bands import Bands
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints

FORMAT = "nnpp bands 2"

UNSEALED = "nnpp bands 1"
"""Format of earlier versions, without a digest of the attributes."""

UNSTRAINED_VOLUME = "equilibrium_volume", "rest_volume"
"""Attribute of the crystal with the volume of the unstrained cell, and its name in earlier
versions."""

LARGEST_MASS = 1e3
"""Larger masses in a file are ignored [mₑ]."""

STRAINS = "crystal/strains"
"""The dataset with the strain ε of each atom, if atoms have strains of their own."""


@dataclass(frozen=True)
class StoredBands:
    """The content of a bands.h5.

    Attributes:
        bands: the levels.
        crystal: their crystal.
        provenance: origin of the levels.
        sealed: whether the file has a digest of its attributes; earlier versions wrote none.
    """

    bands: Bands
    crystal: Crystal
    provenance: dict[str, Any]
    sealed: bool


def write_bands_h5(
    path: Path, bands: Bands, crystal: Crystal, provenance: dict[str, Any]
) -> Path:
    """Write the levels with their k-points, crystal and provenance; return the path.

    The file is made in memory, because HDF5 crashes on a full disk.
    """
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest") as file:
        for name, (values, unit) in _datasets(bands, crystal).items():
            data = file.create_dataset(name, data=np.asarray(values, float), fletcher32=True)
            data.attrs["units"] = unit
        file.attrs["format"] = FORMAT
        file.attrs["occupied"] = bands.occupied
        file.attrs["spinor"] = bands.spinor
        file.attrs["provenance"] = json.dumps(provenance, ensure_ascii=False, default=str)
        file["kpoints"].attrs["labels"] = json.dumps(bands.kpoints.labels, ensure_ascii=False)
        file["crystal"].attrs["symbols"] = json.dumps(crystal.symbols)
        file["crystal"].attrs[UNSTRAINED_VOLUME[0]] = float(crystal.rest_volume)
        seal(file)
    return write_atomic(path, image.getvalue())


def _datasets(bands: Bands, crystal: Crystal) -> dict[str, tuple[Array, str]]:
    """Return the datasets of a file, each with its unit."""
    own = {} if crystal.own is None else {STRAINS: (crystal.strains, "1")}
    return own | {
        "E": (bands.E, "hartree"),
        "kpoints/fractional": (bands.kpoints.fractional, "reciprocal lattice vectors"),
        "kpoints/weights": (bands.kpoints.weights, "1"),
        "kpoints/distance": (bands.kpoints.distance, "bohr^-1"),
        "crystal/cell": (crystal.cell, "bohr"),
        "crystal/fractional": (crystal.fractional, "lattice vectors"),
        "crystal/positions": (crystal.positions, "bohr"),
    }


def read_bands_h5(path: Path) -> StoredBands:
    """Return the content of a bands.h5."""
    damaged = "is not a bands.h5 of nnpp, or is damaged"
    with opened_hdf5(path, damaged, "write it again") as file:
        return _stored(file)


def read_reference_h5(path: Path) -> ReferenceBands:
    """Return the levels of a bands.h5 as a reference."""
    stored = read_bands_h5(path)
    bands, k = stored.bands, stored.bands.kpoints
    return ReferenceBands(
        path,
        np.asarray(k.fractional),
        np.asarray(bands.E),
        k.labels,
        np.asarray(k.distance),
        cell=np.asarray(stored.crystal.cell),
        crystal=stored.crystal,
        spinor=bands.spinor,
        occupied=bands.occupied,
        masses=_masses(stored.provenance),
        provenance=_origin(stored.provenance),
    )


def _origin(provenance: Any) -> dict[str, str]:
    """Return program and functional, where `provenance` contains them as text."""
    found = provenance if isinstance(provenance, dict) else {}
    nested = found.get("program")
    if isinstance(nested, dict):  # levels that were imported, and then completed
        found = nested
    return {k: v for k in ("program", "functional") if isinstance(v := found.get(k), str)}


def _masses(provenance: Any) -> dict[str, float]:
    """Return the masses that `provenance` contains, e.g. {"masses": {"electron": 0.067}}."""
    found = provenance.get("masses") if isinstance(provenance, dict) else None
    if not isinstance(found, dict):
        return {}
    numbers = {MASSES[name]: m for name, m in found.items() if name in MASSES}
    return {
        name: float(m)
        for name, m in numbers.items()
        if isinstance(m, int | float) and 0 < m < LARGEST_MASS
    }


def _stored(file: h5py.File) -> StoredBands:
    """Return the content of an open file."""
    form, sealed = attribute(file, "/", "format"), is_sealed(file)
    if form != (FORMAT if sealed else UNSEALED):
        raise ValueError(f"format {form!r:.40}")
    kpoints = KPoints(
        fractional=_values(file, "kpoints/fractional"),
        weights=_values(file, "kpoints/weights"),
        distance=_values(file, "kpoints/distance"),
        labels=tuple(load_json(attribute(file, "kpoints", "labels"))),
    )
    strained = Crystal(
        cell=_values(file, "crystal/cell"),
        fractional=_values(file, "crystal/fractional"),
        symbols=tuple(load_json(attribute(file, "crystal", "symbols"))),
        rest_volume=jnp.asarray(_unstrained_volume(file)),
    )
    if STRAINS in file:
        strained = strained.with_strains(np.asarray(_values(file, STRAINS)))
    occupied, spinor = (attribute(file, "/", key) for key in ("occupied", "spinor"))
    bands = Bands(kpoints, _values(file, "E"), int(occupied), bool(spinor))
    provenance = load_json(attribute(file, "/", "provenance"))
    return StoredBands(bands, strained, provenance, sealed)


def _unstrained_volume(file: h5py.File) -> float:
    """Return the volume of the unstrained cell [bohr³]."""
    name = next((n for n in UNSTRAINED_VOLUME if n in file["crystal"].attrs), "")
    return float(attribute(file, "crystal", name))


def _values(file: h5py.File, name: str) -> Array:
    return jnp.asarray(values(file, name).astype(float))
