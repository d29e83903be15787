"""Groups of bands apart by gaps, and the closed shells among them."""

import numpy as np
import pytest

from nnpp.observables.gaps import closed_shells, groups


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


S, D, P = (-0.45, 1), (-0.3, 5), (0.0, 3)
FAR = (-2.0, 3), (-1.5, 5)  # as 4p of Cd and 3d of Se


@pytest.mark.parametrize(
    ("shells", "occupied", "count", "found"),
    [
        ((S, D, P), 9, 5, ((1, 6),)),  # CdSe: 4s of Se, 4d of Cd, p
        (((-0.6, 5), S, P), 9, 5, ((0, 5),)),  # InP: 4d of In lie lowest
        (((-0.6, 4), (-0.55, 6), (-0.4, 2), (0.0, 6)), 18, 10, ((0, 10),)),  # split by spin
        ((*FAR, S, D, P), 17, 13, ((0, 8), (9, 14))),  # of all electrons, CdSe again
        ((*FAR, (-0.6, 5), S, P), 17, 13, ((0, 13),)),
        ((*FAR, S, P), 12, 8, ((0, 8),)),
        ((*FAR, S, P), 12, 5, None),  # more lie deep than are to go
        (((-0.6, 5), (-0.52, 5), S, P), 14, 5, None),  # one of two: which?
        (  # CsPbI3: 5s of Cs, 5d of Pb, 5s of I (to stay), 5p of Cs, 6s of Pb, 5p of I
            ((-0.77, 1), (-0.59, 5), (-0.45, 3), (-0.32, 3), (-0.27, 1), (-0.08, 9)),
            *(22, 9, None),
        ),
        (((-0.5, 6), P), 9, 5, None),  # s and d are one group
        ((S, (0.0, 5), (0.3, 3)), 6, 5, None),  # those of the valence top stay
    ],
)
def test_closed_shells_are_found_where_one_choice_fits(shells, occupied, count, found):
    assert closed_shells(bands(*shells), occupied, count) == found
