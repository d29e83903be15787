"""Groups of bands apart by gaps, and the closed shells among them."""

import numpy as np
import pytest

from nnpp.observables.groups import closed_shells, groups


def bands(*centres_and_counts: tuple[float, int]) -> np.ndarray:
    """Bands within 0.02 hartree about each centre."""
    rng = np.random.default_rng(0)
    E = [c + rng.uniform(-0.02, 0.02, (12, n)) for c, n in centres_and_counts]
    return np.concatenate([np.sort(x, axis=1) for x in E], axis=1)


def test_groups_are_apart_and_whole():
    E = bands((-0.5, 1), (-0.3, 5), (0.0, 3), (0.2, 4))
    assert groups(E) == [(0, 1), (1, 6), (6, 9), (9, 13)]
    E[3, 1] = E[3, 0] + 1e-4  # one k-point where the first two groups all but touch
    assert groups(E)[0] == (0, 6)


@pytest.mark.parametrize(
    ("shells", "occupied", "count", "found"),
    [
        (((-0.5, 1), (-0.3, 5), (0.0, 3)), 9, 5, (1, 6)),  # CdSe: 4s of Se, 4d of Cd, p
        (((-0.6, 5), (-0.4, 1), (0.0, 3)), 9, 5, (0, 5)),  # InP: 4d of In lie lowest
        (((-0.6, 4), (-0.55, 6), (-0.4, 2), (0.0, 6)), 18, 10, (0, 10)),  # split by spin
        (((-1.6, 5), (-0.6, 5), (-0.4, 1), (0.0, 3)), 14, 10, (0, 10)),  # two shells
        (((-1.6, 5), (-0.6, 5), (-0.4, 1), (0.0, 3)), 14, 5, (0, 5)),  # the deeper of two
        (((-0.6, 5), (-0.4, 5), (-0.2, 1), (0.0, 3)), 14, 5, None),  # one of two: which?
        (((-0.5, 6), (0.0, 3)), 9, 5, None),  # s and d are one group
        (((-0.5, 1), (0.0, 5), (0.3, 3)), 6, 5, None),  # those of the valence top stay
    ],
)
def test_closed_shells_are_found_where_one_choice_fits(shells, occupied, count, found):
    assert closed_shells(bands(*shells), occupied, count) == found
