"""Odd points of a path: where the sum of the occupied levels is not smooth.

S(k) = Σ_occupied E(k) is analytic along a straight line where a gap closes the sum off, however
its members cross. On evenly spaced points

    r_i = S_i − (−S_{i−2} + 4 S_{i−1} + 4 S_{i+1} − S_{i+2})/6

is of fourth order in the spacing, and an error at one point stands out.
"""

import numpy as np
from jaxtyping import Float

ODD, TIMES = 2e-3, 20.0
"""A point is odd where |r| for each level [hartree] and in medians is larger than this."""

EVEN = 1e-4
"""Steps that differ by less than this, in fractional coordinates, are one."""


def odd_points(
    k: Float[np.ndarray, "k 3"], E: Float[np.ndarray, "k band"], occupied: int
) -> list[int]:
    """The places of k-points at which levels or coordinates look wrong."""
    S, r = E[:, :occupied].sum(axis=1), np.zeros(len(k))
    inner = np.arange(2, len(k) - 2)
    bends = np.abs(np.diff(k, n=2, axis=0)).max(axis=1) > EVEN
    inner = inner[~(bends[inner - 2] | bends[inner - 1] | bends[inner])]
    if not len(inner):
        return []
    beside = 4 * (S[inner - 1] + S[inner + 1]) - S[inner - 2] - S[inner + 2]
    r[inner] = np.abs(S[inner] - beside / 6)
    limit = max(ODD * occupied, TIMES * float(np.median(r[inner])))
    worst = (r >= np.maximum(np.roll(r, 1), np.roll(r, -1))) & (r > limit)
    return [int(i) for i in np.flatnonzero(worst)]
