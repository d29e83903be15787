"""Names of k-points and jumps of a path, found from coordinates alone."""

import numpy as np
import pytest

from nnpp.structures.crystal import crystal
from nnpp.structures.paths import jumps_in, names_at, path
from tests import systems

HEXAGONAL = np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, 1.6]]) * 8.1
CRYSTALS = {
    "fcc": systems.zincblende(),
    "cubic": systems.perovskite(),
    "hexagonal": crystal(HEXAGONAL, [[0, 0, 0], [1 / 3, 2 / 3, 0.5]], ("Cd", "Se")),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_a_path_gets_its_names_and_jumps_back(name):
    known = path(CRYSTALS[name], None, 80)
    k = np.asarray(known.fractional)
    names = names_at(CRYSTALS[name], k)
    assert [n for n in names if n] == [n for n in known.labels if n]
    step = np.diff(np.asarray(known.distance))
    jumps = tuple(np.flatnonzero(step == 0) + 1)
    assert jumps_in(CRYSTALS[name], k, names) == jumps


def test_a_symmetric_point_bears_the_same_name():
    a = CRYSTALS["fcc"]
    X = [[0.5, 0, 0.5], [0.5, 0.5, 0], [0, 0.5, 0.5], [-0.5, -0.5, 0], [1.5, 0, 0.5]]
    assert names_at(a, np.array(X)) == ("X",) * 5
    assert names_at(a, np.array([[3 / 8, 3 / 4, 3 / 8], [5 / 8, 5 / 8, 1 / 4]])) == ("K", "U")
    assert names_at(a, np.array([[0.1, 0.2, 0.3], [1, 0, 0]])) == ("", "Γ")
