"""Levels beside a reference, both counted from the zero of energy that the fit names."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.errors import InputError
from nnpp.io.reference import ReferenceBands
from nnpp.io.schema.systems import LevelZero
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import Comparison, compare, matched
from nnpp.workflows.cases import Case, weights_of


def reference_bands(case: Case, reference: ReferenceBands) -> Bands:
    """The reference as bands of this system."""
    twice = reference.doubled and not case.spinor
    spinor = case.spinor or reference.doubled
    return Bands(reference.kpoints, reference.E, case.occupied * (2 if twice else 1), spinor)


def compare_with_reference(case: Case, bands: Bands) -> Comparison | None:
    """Weighted loss and error of each band, where there is a reference at the same k-points."""
    if case.reference is None or len(bands.kpoints) != len(case.reference.kpoints):
        return None
    apart = jnp.abs(bands.kpoints.fractional - case.reference.kpoints.fractional)
    if float(jnp.max(apart)) > 1e-9:
        return None
    theirs = jnp.sort(case.reference.E, axis=1)
    ours = bands.doubled().E if case.twice else bands.E
    ours = matched(ours, theirs)
    occupied = case.occupied * (2 if case.twice else 1)
    ours, theirs = (E - _zero(case, E, occupied) for E in (ours, theirs))
    return compare(ours, theirs, weights_of(case, theirs))


def _zero(case: Case, E: Float[Array, "k band"], occupied: int) -> Float[Array, ""]:
    """The energy that counts as zero in one spectrum [hartree]."""
    zero = case.spec.zero
    if isinstance(zero, LevelZero):
        return E[zero.kpoint - 1, zero.band - 1]
    if zero == "absolute":
        return jnp.zeros(())
    if E.shape[1] < occupied:
        raise InputError(
            f"{E.shape[1]} reference bands do not reach the valence top, band {occupied}",
            "use `zero: absolute`, or give more bands",
        )
    return jnp.max(E[:, :occupied])
