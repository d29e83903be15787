"""The reference of a system: the levels that the potential is fitted to."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.config.spec import FitSpec
from nnpp.config.systems import LevelZero, ReferenceSpec, System
from nnpp.errors import InputError
from nnpp.files.text import existing
from nnpp.formats.bands_csv import read_bands_csv
from nnpp.formats.bands_h5 import read_reference_h5
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.codes.nnpp_bands import read_deepseudopot_bands
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.bands import occupied_levels
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import electrons
from nnpp.structures.kpoints import KPoints
from nnpp.units import HARTREE_EV

LARGEST_EV = 1e6
"""Levels are smaller than this; those of the heaviest atoms reach 1.5e5 eV."""


@dataclass(frozen=True)
class Reference:
    """Reference levels of one system.

    Attributes:
        kpoints: the k-points, with names where the file gives them.
        E: the levels in the order of the file [hartree].
        doubled: whether every spinless level is listed twice.
        k_weights: weight of each k-point in a fit: from `weights`, else the file, else 1.
        file: the content of the file, all its k-points and its levels as they are stored.
        notes: warnings for the user.
    """

    kpoints: KPoints
    E: Float[Array, "k band"]
    doubled: bool
    k_weights: Float[Array, " k"]
    file: ReferenceBands | None = None
    notes: tuple[str, ...] = ()


def read_reference(spec: FitSpec, i: int, crystal: Crystal) -> Reference | None:
    """Return the reference bands of system `i`, None if it has none."""
    system = spec.systems[i]
    if system.reference is None:
        return None
    for file in (system.reference.file, system.reference.kpoints):
        if file is not None:
            existing(spec.origin, file, "systems", i, "reference")
    with spec.origin.error_context("systems", i, "reference"):
        found = _read(system.reference)
        _check_size(found)
        warnings = found.warnings_for(crystal)
    whole, found = found, found.thinned(system.reference.take, crystal)
    if found.spinor is False and (system.spin == "doubled" or spec.has_spin_orbit):
        found = replace(found, E=np.repeat(found.E, 2, axis=1), spinor=True)
    _check_counts(spec, i, found)
    weights = system.weights.kpoints or found.weights
    if not found.rising:
        warnings = (f"{found.path.name}: levels are not in ascending order", *warnings)
    doubled = system.spin == "doubled" if found.spinor is None else found.spinor
    return Reference(
        found.kpoints(crystal),
        jnp.asarray(_with_scissor(found.E, system, crystal, doubled or spec.has_spin_orbit)),
        doubled,
        jnp.ones(len(found.E)) if weights is None else jnp.asarray(weights, float),
        whole,
        warnings,
    )


def _check_size(found: ReferenceBands) -> None:
    """Refuse levels that are no energies of electrons, as squares of errors may overflow."""
    largest = float(np.abs(found.E).max(initial=0.0)) * HARTREE_EV
    if not largest < LARGEST_EV:
        raise InputError(
            f"{found.path.name}: a level is {largest:.3g} eV", "correct the levels of the file"
        )


def _with_scissor(
    E: Float[np.ndarray, "k band"], system: System, crystal: Crystal, spinor: bool
) -> Float[np.ndarray, "k band"]:
    """Return the levels [hartree], the empty ones raised by the `scissor` of the reference.

    The empty levels are the highest ones at each k, also in a file that is not sorted.

    Args:
        E: the levels of the file [hartree].
        system: the section of the system.
        crystal: its atoms, which determine the electrons.
        spinor: whether a level of the file holds one electron.
    """
    scissor = system.reference.scissor if system.reference else 0.0
    if not scissor:
        return E
    count = electrons(crystal, system.electrons)
    rank = E.argsort(axis=1, kind="stable").argsort(axis=1)
    return E + scissor * (rank >= occupied_levels(count, spinor))


def _read(reference: ReferenceSpec) -> ReferenceBands:
    """Return the content of a reference file."""
    if reference.format == "h5":
        return read_reference_h5(reference.file)
    if reference.format == "csv":
        return read_bands_csv(reference.file)
    if reference.format == "json":
        return read_bands_json(reference.file)
    assert reference.kpoints is not None, "the schema requires them"
    return read_deepseudopot_bands(reference.file, reference.kpoints)


def _check_counts(spec: FitSpec, i: int, found: ReferenceBands) -> None:
    """Raise an error if weights, bands or zero of fit.yaml do not match the reference."""
    system, (points, bands) = spec.systems[i], np.shape(found.E)
    weights, zero = system.weights, system.zero
    lists = {"kpoints": (weights.kpoints, points)}
    if system.bands is None:
        lists["bands"] = (weights.bands, bands)
    for key, (given, count) in lists.items():
        if given is not None and len(given) != count:
            what = f"weights.{key} has {len(given)} entries, the reference has {count} {key}"
            remedy = f"write {count} weights"
            raise spec.origin.error(what, remedy, "systems", i, "weights", key)
    if system.bands is not None and bands > system.bands:
        what = f"bands: {system.bands}, but the reference has {bands}"
        raise spec.origin.error(what, f"write bands: {bands}", "systems", i, "bands")
    if isinstance(zero, LevelZero) and (zero.band > bands or zero.kpoint > points):
        what = f"zero: the reference has {bands} bands at {points} k-points"
        raise spec.origin.error(what, "choose one of them", "systems", i, "zero")
