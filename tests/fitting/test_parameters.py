"""θ holds what is trained, and putting it back changes nothing else."""

from itertools import combinations

import numpy as np
import pytest

from nnpp.fitting.parameters import Parameters
from tests.fitting.samples import entries, same_bits, small

PARTS = tuple(small().parts())
SUBSETS = [s for n in range(1, 6) for s in combinations(PARTS, n)]


@pytest.mark.parametrize("train", SUBSETS, ids="-".join)
def test_what_is_not_trained_stays_to_the_last_bit(train):
    potential = small()
    parameters, whole = Parameters(potential, train), Parameters(potential, PARTS)
    theta = parameters.start()
    assert same_bits(parameters.put(theta), potential)
    moved = Parameters(parameters.put(theta + 1.0), PARTS).start()
    changed = np.asarray(moved != whole.start())
    assert np.array_equal(changed, entries(whole, *train))
    assert len(theta) == changed.sum()
    assert np.allclose(moved[changed], whole.start()[changed] + 1.0)
