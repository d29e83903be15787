"""Groups of bands: neighbours that overlap in energy; a gap over all k lies between groups."""

import numpy as np
from jaxtyping import Float

APART = 1e-3
"""A gap between two groups is at least so wide [hartree]."""

CLEARLY = 3.0

Run = tuple[int, int]
"""The first of some bands in a row, from 0, and the one after their last."""


def groups(E: Float[np.ndarray, "k band"]) -> list[Run]:
    """The groups of bands in rising order."""
    gaps = E[:, 1:].min(axis=0) - E[:, :-1].max(axis=0)
    starts = [0, *(int(i) + 1 for i in np.flatnonzero(gaps > APART))]
    return list(zip(starts, [*starts[1:], E.shape[1]], strict=True))


def closed_shells(E: Float[np.ndarray, "k band"], occupied: int, count: int) -> Run | None:
    """The `count` bands in a row, below the valence top, that wide gaps part from all others.

    A program may count closed shells, as 4d of Cd, as valence where a pseudopotential does
    not. The narrower of the two gaps about them has to be `CLEARLY` times that of any other
    choice; else None.
    """
    gaps = E[:, 1:].min(axis=0) - E[:, :-1].max(axis=0)
    above = np.concatenate([[np.inf], gaps])
    first = np.arange(max(occupied - count, 0))
    narrower = np.minimum(above[first], above[first + count])
    if not (narrower > APART).any():
        return None
    second, best = np.sort(np.append(narrower, 0.0))[-2:]
    start = int(narrower.argmax())
    return (start, start + count) if best > CLEARLY * second else None
