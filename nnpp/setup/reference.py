"""The reference of a system: the levels that a potential should give it."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.config.spec import FitSpec
from nnpp.config.systems import LevelZero, ReferenceSpec
from nnpp.files.text import named
from nnpp.formats.bands_csv import read_bands_csv
from nnpp.formats.bands_h5 import read_reference_h5
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.codes.nnpp_bands import read_deepseudopot_bands
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints


@dataclass(frozen=True)
class Reference:
    """Levels to compare with.

    Attributes:
        kpoints: where, with names where the file gives them.
        E: the levels as the file orders them [hartree].
        doubled: whether a spinless level stands there twice.
        k_weights: weight of each k-point in a fit: from `weights`, else the file, else 1.
        notes: remarks for whoever reads the log.
    """

    kpoints: KPoints
    E: Float[Array, "k band"]
    doubled: bool
    k_weights: Float[Array, " k"]
    notes: tuple[str, ...] = ()


def read_reference(spec: FitSpec, i: int, crystal: Crystal) -> Reference | None:
    """The reference bands of system `i`, if it has any."""
    system = spec.systems[i]
    if system.reference is None:
        return None
    for file in (system.reference.file, system.reference.kpoints):
        if file is not None:
            named(spec.origin, file, "systems", i, "reference")
    with spec.origin.error_context("systems", i, "reference"):
        found = _read(system.reference)
        doubts = found.about(crystal)
    found = found.thinned(system.reference.take, crystal)
    if found.spinor is False and (system.spin == "doubled" or spec.has_spin_orbit):
        found = replace(found, E=np.repeat(found.E, 2, axis=1), spinor=True)
    _agreeing(spec, i, found)
    weights = system.weights.kpoints or found.weights
    rising = () if found.rising else (f"{found.path.name}: levels are not in rising order",)
    return Reference(
        found.kpoints(crystal),
        jnp.asarray(found.E),
        system.spin == "doubled" if found.spinor is None else found.spinor,
        jnp.ones(len(found.E)) if weights is None else jnp.asarray(weights, float),
        (*rising, *doubts),
    )


def _read(reference: ReferenceSpec) -> ReferenceBands:
    """What the file holds."""
    if reference.format == "h5":
        return read_reference_h5(reference.file)
    if reference.format == "csv":
        return read_bands_csv(reference.file)
    if reference.format == "json":
        return read_bands_json(reference.file)
    assert reference.kpoints is not None, "the schema asks for them"
    return read_deepseudopot_bands(reference.file, reference.kpoints)


def _agreeing(spec: FitSpec, i: int, found: ReferenceBands) -> None:
    """Refuse lists and counts of fit.yaml that the reference does not bear out."""
    system, (points, bands) = spec.systems[i], np.shape(found.E)
    weights, zero = system.weights, system.zero
    weighed = {"kpoints": (weights.kpoints, points)}
    if system.bands is None:
        weighed["bands"] = (weights.bands, bands)
    for key, (given, there) in weighed.items():
        if given is not None and len(given) != there:
            what = f"{len(given)} {key} weighed, the reference has {there}"
            remedy = f"write {there} weights"
            raise spec.origin.error(what, remedy, "systems", i, "weights", key)
    if system.bands is not None and bands > system.bands:
        what = f"bands: {system.bands}, fewer than the {bands} of the reference"
        raise spec.origin.error(what, f"ask for {bands}", "systems", i, "bands")
    if isinstance(zero, LevelZero) and (zero.band > bands or zero.kpoint > points):
        what = f"zero: the reference has {bands} bands at {points} k-points"
        raise spec.origin.error(what, "choose one of them", "systems", i, "zero")
