"""Order by continuity: at each step along a path a band goes on where its states overlap most.

⟨u_m(k)|u_n(k′)⟩ = Σ_G c*_m(G) c_n(G), each state with the whole multiplet it belongs to, so
that the arbitrary mixture inside a multiplet does not matter. Where bands meet, the states are
turned towards those before the meeting, which carries a band through the crossing.
"""

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
    place, real = np.asarray(waves.code - waves.code.min()), np.asarray(waves.real)
    orders: list[np.ndarray] = []
    before = np.empty(0)
    for i, (levels, states) in enumerate(zip(np.asarray(E), np.asarray(psi), strict=True)):
        ground = _on_common_ground(states, place[i], real[i], int(place.max()) + 1)
        if i == 0 or i in jumps:
            order, before = np.arange(len(levels)), ground
        else:
            order, before = _next(before, ground, levels)
        orders.append(order)
    return np.array(orders)
