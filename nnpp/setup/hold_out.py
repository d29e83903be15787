"""Which k-points of a reference a fit may not see."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

from nnpp.errors import InputError
from nnpp.observables.comparison import Level
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of, zero
from nnpp.structures.symmetry import equivalent


def held_out(case: Case, share: float, seed: int) -> Bool[np.ndarray, " k"]:
    """A share of the k-points that weigh anything; the same for the same seed.

    k-points that symmetry makes one have the same levels, and are held out together. Those of
    the band edges and of the zero of energy are always seen: all levels count from them.
    """
    bands = reference_bands(case)
    if bands is None:
        return np.zeros(len(case.kpoints), bool)
    E = from_zero(case, bands.E)
    weighs = np.asarray(weights_of(case, E) > 0).any(axis=1)
    which = equivalent(case.crystal, np.asarray(bands.kpoints.fractional))
    distinct = np.unique(which[weighs])
    free = np.setdiff1d(distinct, which[list(_always_seen(case, np.asarray(E)))])
    count = round(share * len(distinct))
    if count > len(free):
        raise InputError(
            f"{count} of {len(distinct)} different k-points are to be held out, and only "
            f"{len(free)} can be: those of the band edges and of the zero of energy are needed",
            "lower `hold_out` of the fit",
        )
    drawn = np.random.default_rng([seed, len(which)]).permutation(free)[:count]
    return np.isin(which, drawn) & weighs


def _always_seen(case: Case, E: Float[np.ndarray, "k band"]) -> Iterator[int]:
    """Where the reference has its band edges, and its zero of energy."""
    full, wanted = case.occupied_in_reference, zero(case)
    if 0 < full <= E.shape[1]:
        yield int(E[:, full - 1].argmax())
    if full < E.shape[1]:
        yield int(E[:, full].argmin())
    if isinstance(wanted, Level):
        yield wanted.k
