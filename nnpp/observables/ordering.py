"""Continuity of bands along a path: which level continues each band, and outliers in a file.

Order. At each step a band continues in the level whose states overlap most with its own,
⟨u_m(k)|u_n(k′)⟩ = Σ_G c*_m(G) c_n(G), where each state is taken with its complete multiplet,
because the mixture inside a multiplet is arbitrary. Where bands meet, the states are rotated
towards those before the crossing, which carries a band through it.

Outliers. S(k) = Σ_occupied E(k) is analytic along a straight line if a gap separates the sum
from other levels, however its members cross. On evenly spaced points

    r_i = S_i − (−S_{i−2} + 4 S_{i−1} + 4 S_{i+1} − S_{i+2})/6

is of fourth order in the spacing, so that an error at one point is large in comparison.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Array, Complex, Float
from scipy.optimize import linear_sum_assignment

from nnpp.basis.plane_waves import PlaneWaves

MULTIPLET = 1e-6
"""Neighbouring levels this close form one multiplet [hartree]."""


def _on_common_basis(
    psi: np.ndarray, place: np.ndarray, real: np.ndarray, places: int
) -> np.ndarray:
    """Return states of one k, (spin·g, n), in the basis of all G of the path, (spin·G, n)."""
    spins = len(psi) // len(place)
    common = np.zeros((spins, places, psi.shape[1]), complex)
    common[:, place[real]] = psi.reshape(spins, len(place), -1)[:, real]
    return common.reshape(-1, psi.shape[1])


def _multiplets(E: np.ndarray) -> list[np.ndarray]:
    """Return the indices of the levels of each multiplet."""
    return np.split(np.arange(len(E)), np.flatnonzero(np.diff(E) > MULTIPLET) + 1)


def _next(before: np.ndarray, psi: np.ndarray, E: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the level that continues each band, and states rotated towards those before."""
    overlap = before.conj().T @ psi
    share = np.abs(overlap) ** 2
    groups = _multiplets(E)
    for group in groups:
        share[:, group] = share[:, group].sum(axis=1, keepdims=True)
    order = linear_sum_assignment(share, maximize=True)[1]
    rotated = np.empty_like(psi)
    for group in groups:
        members = np.flatnonzero(np.isin(order, group))
        U, _, Vh = np.linalg.svd(overlap[np.ix_(members, group)])
        rotated[:, members] = psi[:, group] @ (U @ Vh).conj().T
    return order, rotated


def _piece(E: np.ndarray, states: list[np.ndarray]) -> np.ndarray:
    """Return the level that continues each band along one continuous piece, (k, band)."""
    orders, before = [np.arange(E.shape[1])], states[0]
    for levels, psi in zip(E[1:], states[1:], strict=True):
        order, before = _next(before, psi, levels)
        orders.append(order)
    return _numbered(E, np.array(orders))


def _numbered(E: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Return bands sorted by energy at the first k, multiplets by energy at the second."""
    multiplet = np.empty(E.shape[1], int)
    for i, group in enumerate(_multiplets(E[0])):
        multiplet[group] = i
    second = min(1, len(E) - 1)
    return orders[:, np.lexsort((E[second, orders[second]], multiplet))]


def continuous_order(
    E: Float[Array, "k band"],
    psi: Complex[Array, "k n band"],
    waves: PlaneWaves,
    jumps: tuple[int, ...] = (),
) -> np.ndarray:
    """Return for each k the level that continues each band.

    Args:
        E: levels in ascending order [hartree].
        psi: their states.
        waves: the plane waves at each k.
        jumps: the k-points where a new piece of the path starts; bands are numbered by energy
            at the first k of each piece.

    Returns:
        Indices of levels, (k, band).
    """
    code, real = np.asarray(waves.code), np.asarray(waves.real)
    occurring, place = np.unique(code, return_inverse=True)
    place, places = place.reshape(code.shape), len(occurring)
    states = [
        _on_common_basis(*state, places)
        for state in zip(np.asarray(psi), place, real, strict=True)
    ]
    cuts = [0, *sorted(jumps), len(states)]
    levels = np.asarray(E)
    return np.concatenate(
        [_piece(levels[i:j], states[i:j]) for i, j in pairwise(cuts) if i < j]
    )


OUTLIER, TIMES = 2e-3, 20.0
"""A point is an outlier if |r| exceeds both: for each level [hartree], and in medians."""

EVEN = 1e-4
"""Steps that differ by less than this in fractional coordinates are equal."""


def outliers(
    k: Float[np.ndarray, "k 3"], E: Float[np.ndarray, "k band"], occupied: int
) -> list[int]:
    """Return the indices of k-points at which levels or coordinates look wrong.

    Args:
        k: the k-points of a path, fractional.
        E: levels in ascending order [hartree].
        occupied: number of occupied levels.
    """
    S, r = E[:, :occupied].sum(axis=1), np.zeros(len(k))
    inner = np.arange(2, len(k) - 2)
    bends = np.abs(np.diff(k, n=2, axis=0)).max(axis=1) > EVEN
    inner = inner[~(bends[inner - 2] | bends[inner - 1] | bends[inner])]
    if not len(inner):
        return []
    around = 4 * (S[inner - 1] + S[inner + 1]) - S[inner - 2] - S[inner + 2]
    r[inner] = np.abs(S[inner] - around / 6)
    limit = max(OUTLIER * occupied, TIMES * float(np.median(r[inner])))
    worst = (r >= np.maximum(np.roll(r, 1), np.roll(r, -1))) & (r > limit)
    return [int(i) for i in np.flatnonzero(worst)]
