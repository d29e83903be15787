"""Levels beside a reference, both counted from the zero of energy that the fit names."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.config.systems import LevelZero
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import Absolute, Comparison, Level, Top, Zero, compare, matched
from nnpp.setup.cases import Case


def reference_bands(case: Case) -> Bands | None:
    """The reference as bands of this system, in rising order."""
    if case.reference is None:
        return None
    E = jnp.sort(case.reference.E, axis=1)
    spinor = case.spinor or case.reference.doubled
    return Bands(case.reference.kpoints, E, case.occupied_in_reference, spinor)


def compare_with_reference(case: Case, bands: Bands) -> Comparison | None:
    """Weighted loss and error of each band, where there is a reference at the same k-points."""
    theirs = reference_bands(case)
    if theirs is None or not case.comparable:
        return None
    ours = matched(_counted_alike(case, bands).E, theirs.E)
    ours, theirs = from_zero(case, ours), from_zero(case, theirs.E)
    return compare(ours, theirs, weights_of(case, theirs))


def errors_at_all_k(case: Case, bands: Bands) -> Float[Array, "k band"] | None:
    """E − E_ref from their zeros of energy [hartree]; None if not at the same k-points."""
    theirs = reference_bands(case)
    if theirs is None or not case.comparable:
        return None
    ours = matched(_counted_alike(case, bands).E, theirs.E)
    return from_zero(case, ours) - from_zero(case, theirs.E)


def aligned_reference(case: Case, bands: Bands) -> Bands | None:
    """The reference, shifted so that its zero of energy is where `bands` have theirs."""
    theirs = reference_bands(case)
    if theirs is None or not case.comparable:
        return theirs
    ours = matched(_counted_alike(case, bands).E, theirs.E)
    shift = zero_of(case, ours) - zero_of(case, theirs.E)
    return Bands(theirs.kpoints, theirs.E + shift, theirs.occupied, theirs.spinor)


def weights_of(case: Case, E: Float[Array, "k band"]) -> Float[Array, "k band"]:
    """w_k·w_b, times the factor of every window that the reference level E lies in.

    E counts from the zero of energy; both ends belong to a window.
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
    """One spectrum, counted as the reference does, from its zero of energy [hartree]."""
    return E - zero_of(case, E)


def zero_of(case: Case, E: Float[Array, "k band"]) -> Float[Array, ""]:
    """The energy that counts as zero in one spectrum [hartree]."""
    return zero(case)(E)


def zero(case: Case) -> Zero:
    """Where a spectrum counted as in the reference has its zero of energy."""
    wanted = case.spec.zero
    if isinstance(wanted, LevelZero):
        return Level(wanted.kpoint - 1, wanted.band - 1)
    return Absolute() if wanted == "absolute" else Top(case.occupied_in_reference)


def _counted_alike(case: Case, bands: Bands) -> Bands:
    """Each spinless level as often as in the reference."""
    return bands.doubled() if case.twice else bands
