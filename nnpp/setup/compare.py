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
    reference = reference_bands(case)
    if reference is None or not case.comparable:
        return None
    E, E_ref = from_zero(case, _matched(case, bands, reference)), from_zero(case, reference.E)
    return compare(E, E_ref, weights_of(case, E_ref))


def errors_at_all_k(case: Case, bands: Bands) -> Float[Array, "k band"] | None:
    """Return E − E_ref from their energy zeros [hartree]; None if the k-points differ."""
    reference = reference_bands(case)
    if reference is None or not case.comparable:
        return None
    return from_zero(case, _matched(case, bands, reference)) - from_zero(case, reference.E)


def aligned_reference(case: Case, bands: Bands) -> Bands | None:
    """Return the reference, shifted so that its energy zero is that of `bands`."""
    reference = reference_bands(case)
    if reference is None or not case.comparable:
        return reference
    shift = zero_of(case, _matched(case, bands, reference)) - zero_of(case, reference.E)
    return Bands(reference.kpoints, reference.E + shift, reference.occupied, reference.spinor)


def weights_of(case: Case, E: Float[Array, "k band"]) -> Float[Array, "k band"]:
    """Return w_k·w_b times the factor of every window that contains the reference level E.

    E is measured from the energy zero; a window includes both ends.
    """
    assert case.reference is not None, "without a reference there are no weights"
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
    of_fit = case.spec.zero
    if isinstance(of_fit, LevelZero):
        return Level(of_fit.kpoint - 1, of_fit.band - 1)
    return Absolute() if of_fit == "absolute" else Top(case.occupied_in_reference)


def _matched(case: Case, bands: Bands, reference: Bands) -> Float[Array, "k band"]:
    """Return the levels of `bands`, as many and as often as in the reference."""
    return matched((bands.doubled() if case.twice else bands).E, reference.E)
