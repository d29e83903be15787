"""Levels compared with a reference, both measured from the energy zero of the fit."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.config.systems import LevelZero
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import Absolute, Comparison, Level, Top, Zero, compare, matched
from nnpp.setup.cases import Case


def reference_bands(case: Case) -> Bands | None:
    """Return the reference as bands of this system, in ascending order."""
    if case.reference is None:
        return None
    E = jnp.sort(case.reference.E, axis=1)
    spinor = case.spinor or case.reference.doubled
    return Bands(case.reference.kpoints, E, case.occupied_in_reference, spinor)


def compare_with_reference(case: Case, bands: Bands) -> Comparison | None:
    """Return loss and error of each band, or None without a reference at the same k-points."""
    theirs = reference_bands(case)
    if theirs is None or not case.comparable:
        return None
    ours = matched(_counted_alike(case, bands).E, theirs.E)
    ours, theirs = from_zero(case, ours), from_zero(case, theirs.E)
    return compare(ours, theirs, weights_of(case, theirs))


def errors_at_all_k(case: Case, bands: Bands) -> Float[Array, "k band"] | None:
    """Return E − E_ref from their energy zeros [hartree]; None if the k-points differ."""
    theirs = reference_bands(case)
    if theirs is None or not case.comparable:
        return None
    ours = matched(_counted_alike(case, bands).E, theirs.E)
    return from_zero(case, ours) - from_zero(case, theirs.E)


def aligned_reference(case: Case, bands: Bands) -> Bands | None:
    """Return the reference, shifted so that its energy zero is that of `bands`."""
    theirs = reference_bands(case)
    if theirs is None or not case.comparable:
        return theirs
    ours = matched(_counted_alike(case, bands).E, theirs.E)
    shift = zero_of(case, ours) - zero_of(case, theirs.E)
    return Bands(theirs.kpoints, theirs.E + shift, theirs.occupied, theirs.spinor)


def weights_of(case: Case, E: Float[Array, "k band"]) -> Float[Array, "k band"]:
    """Return w_k·w_b times the factor of every window that contains the reference level E.

    E is measured from the energy zero; a window includes both ends.
    """
    assert case.reference is not None, "weights are asked for beside a reference"
    weights = case.spec.weights
    w_b = jnp.ones(E.shape[1]) if weights.bands is None else jnp.asarray(weights.bands)
    w = case.reference.k_weights[:, None] * w_b[: E.shape[1]]
    for window in weights.windows:
        inside = (window.low <= E) & (window.high >= E)
        w = w * jnp.where(inside, window.weight, 1.0)
    return w


def from_zero(case: Case, E: Float[Array, "k band"]) -> Float[Array, "k band"]:
    """Return a spectrum, counted as in the reference, from its energy zero [hartree]."""
    return E - zero_of(case, E)


def zero_of(case: Case, E: Float[Array, "k band"]) -> Float[Array, ""]:
    """Return the energy zero of a spectrum [hartree]."""
    return zero(case)(E)


def zero(case: Case) -> Zero:
    """Return the function that gives the energy zero of a spectrum."""
    wanted = case.spec.zero
    if isinstance(wanted, LevelZero):
        return Level(wanted.kpoint - 1, wanted.band - 1)
    return Absolute() if wanted == "absolute" else Top(case.occupied_in_reference)


def _counted_alike(case: Case, bands: Bands) -> Bands:
    """Return bands with each spinless level as often as in the reference."""
    return bands.doubled() if case.twice else bands
