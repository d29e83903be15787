"""Order by continuity: at each step along a path a band goes on where its states overlap most.

⟨u_m(k)|u_n(k′)⟩ = Σ_G c*_m(G) c_n(G), each state with the whole multiplet it belongs to, so
that the arbitrary mixture inside a multiplet does not matter. Where bands meet, the states are
turned towards those before the meeting, which carries a band through the crossing.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Array, Complex, Float
from scipy.optimize import linear_sum_assignment

from nnpp.basis.plane_waves import PlaneWaves

MULTIPLET = 1e-6
"""Neighbouring levels this close form one multiplet [hartree]."""


def _on_common_ground(
    psi: np.ndarray, place: np.ndarray, real: np.ndarray, places: int
) -> np.ndarray:
    """States of one k, (spin·g, n), on the places of all G of the path: (spin·place, n)."""
    spins = len(psi) // len(place)
    ground = np.zeros((spins, places, psi.shape[1]), complex)
    ground[:, place[real]] = psi.reshape(spins, len(place), -1)[:, real]
    return ground.reshape(-1, psi.shape[1])


def _multiplets(E: np.ndarray) -> list[np.ndarray]:
    """Places of the levels of each multiplet."""
    return np.split(np.arange(len(E)), np.flatnonzero(np.diff(E) > MULTIPLET) + 1)


def _next(before: np.ndarray, psi: np.ndarray, E: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which level continues each band, and the states turned towards those before."""
    overlap = before.conj().T @ psi
    share = np.abs(overlap) ** 2
    groups = _multiplets(E)
    for group in groups:
        share[:, group] = share[:, group].sum(axis=1, keepdims=True)
    order = linear_sum_assignment(share, maximize=True)[1]
    turned = np.empty_like(psi)
    for group in groups:
        members = np.flatnonzero(np.isin(order, group))
        U, _, Vh = np.linalg.svd(overlap[np.ix_(members, group)])
        turned[:, members] = psi[:, group] @ (U @ Vh).conj().T
    return order, turned


def _piece(E: np.ndarray, grounds: list[np.ndarray]) -> np.ndarray:
    """Which level carries each band on along one unbroken piece of a path (k, band)."""
    orders, before = [np.arange(E.shape[1])], grounds[0]
    for levels, ground in zip(E[1:], grounds[1:], strict=True):
        order, before = _next(before, ground, levels)
        orders.append(order)
    return _numbered(E, np.array(orders))


def _numbered(E: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Bands numbered by energy at the first k, inside a multiplet by that at the second."""
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
    """For each k, which level carries each band on (k, band).

    Bands are numbered by energy at the first k and anew at each k in `jumps`, where a path
    starts again and nothing is continuous.
    """
    code, real = np.asarray(waves.code), np.asarray(waves.real)
    occurring, place = np.unique(code, return_inverse=True)
    place, places = place.reshape(code.shape), len(occurring)
    grounds = [
        _on_common_ground(*state, places)
        for state in zip(np.asarray(psi), place, real, strict=True)
    ]
    cuts = [0, *sorted(jumps), len(grounds)]
    levels = np.asarray(E)
    return np.concatenate(
        [_piece(levels[i:j], grounds[i:j]) for i, j in pairwise(cuts) if i < j]
    )
