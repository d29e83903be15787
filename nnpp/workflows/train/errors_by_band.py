"""Errors of every band of a system, over the k-points of a fit and over those held out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float

from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.spectrum import Spectrum
from nnpp.fitting.targets.bands import BandsTarget, bands_among
from nnpp.observables.bands import Bands
from nnpp.units import HARTREE_EV


@dataclass(frozen=True)
class Errors:
    """Roots of mean squares over k, of each band [meV].

    Attributes:
        name: of the system.
        fitted_mev: over the k-points of the fit.
        held_mev: over those held out; None where none were.
        occupied: how many of the bands are full.
    """

    name: str
    fitted_mev: Float[np.ndarray, " band"]
    held_mev: Float[np.ndarray, " band"] | None
    occupied: int


def errors_by_band(objective: Objective, measured: Measured) -> tuple[Errors, ...]:
    """The errors of all systems that have reference bands."""
    pairs = zip(objective.sources, measured.y, strict=True)
    spectra = [(s, E) for s, E in pairs if isinstance(s, Spectrum)]
    return tuple(e for s, E in spectra if (e := _errors(s, E)) is not None)


def _errors(spectrum: Spectrum, E: Float[Array, "k level"]) -> Errors | None:
    """The errors of one system."""
    bands = Bands(spectrum.kpoints, E, spectrum.occupied, spectrum.spinor)
    fitted, held = (bands_among(t) for t in (spectrum.targets, spectrum.held))
    if fitted is None:
        return None
    full = spectrum.occupied * (2 if fitted.doubled else 1)
    return Errors(
        spectrum.name,
        _rms_mev(fitted, bands),
        None if held is None else _rms_mev(held, bands),
        full,
    )


def _rms_mev(target: BandsTarget, bands: Bands) -> Float[np.ndarray, " band"]:
    """Over the k-points that have any weight [meV]."""
    error = np.asarray(target.error(bands))[target.seen] * HARTREE_EV * 1e3
    return np.sqrt(np.mean(error**2, axis=0))
