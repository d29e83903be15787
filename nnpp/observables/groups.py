"""Groups of bands: neighbours that overlap in energy; a gap over all k lies between groups."""

import numpy as np
from jaxtyping import Float

APART, WIDE = 1e-3, 1e-2
"""A gap between two groups, and one that parts closed shells from others [hartree]."""

CLEARLY = 3.0
"""The gaps about closed shells are so many times as wide as those of any other choice."""

DEEP = 1.1
"""So far below the valence top [hartree] there are closed shells only; 2s of F lies at 0.9."""

Run = tuple[int, int]
"""The first of some bands in a row, from 0, and the one after their last."""


def _gaps(E: Float[np.ndarray, "k band"]) -> Float[np.ndarray, " gap"]:
    """The gap above each band but the last, over all k; negative where bands overlap."""
    return E[:, 1:].min(axis=0) - E[:, :-1].max(axis=0)


def groups(E: Float[np.ndarray, "k band"]) -> list[Run]:
    """The groups of bands in rising order."""
    starts = [0, *(int(i) + 1 for i in np.flatnonzero(_gaps(E) > APART))]
    return list(zip(starts, [*starts[1:], E.shape[1]], strict=True))


def closed_shells(
    E: Float[np.ndarray, "k band"], occupied: int, count: int
) -> tuple[Run, ...] | None:
    """The `count` bands that are closed shells, as 4d of Cd, which a program counts as valence.

    All that are deep, and then a row of bands that wide gaps part from the others. None where
    they are too many, or where several rows would do.
    """
    top = E[:, :occupied].max()
    deep = int((E[:, :occupied].max(axis=0) < top - DEEP).sum())
    if deep >= count:
        return ((0, count),) if deep == count else None
    rest = _parted(E[:, deep:], occupied - deep, count - deep)
    if rest is None:
        return None
    run = (rest + deep, rest + count)
    if not deep:
        return (run,)
    return ((0, run[1]),) if run[0] == deep else ((0, deep), run)


def _parted(E: Float[np.ndarray, "k band"], occupied: int, count: int) -> int | None:
    """Where the row of `count` bands below the valence top starts that wide gaps part.

    A gap within the row that is wider still tells of two shells, and others may lie between.
    """
    gaps = _gaps(E)
    above = np.concatenate([[np.inf], gaps])
    first = np.arange(max(occupied - count, 0))
    narrower = np.minimum(above[first], above[first + count])
    if not (narrower > WIDE).any():
        return None
    second, best = np.sort(np.append(narrower, 0.0))[-2:]
    start = int(narrower.argmax())
    within = gaps[start : start + count - 1].max(initial=0.0)
    return start if best > max(CLEARLY * second, within) else None
