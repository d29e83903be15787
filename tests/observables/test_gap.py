"""Band edges of levels made by hand: direct, indirect, metallic, and equal but for rounding."""

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.observables.gaps import gap
from tests.observables.hand import bands

E = np.array([[-5, 0.0, 2.0, 6], [-4, -0.5, 1.5, 7], [-6, -0.2, 3.0, 5]])


def test_an_indirect_gap():
    edges = gap(bands(E))
    assert (edges.vbm, edges.cbm, edges.width) == (0.0, 1.5, 1.5)
    assert (edges.at_vbm, edges.at_cbm, edges.direct) == (0, 1, False)


def test_a_direct_gap():
    edges = gap(bands(E[[0, 2]]))
    assert (edges.width, edges.at_vbm, edges.at_cbm, edges.direct) == (2.0, 0, 0, True)


def test_occupation_decides_where_the_gap_is():
    assert gap(bands(E, occupied=1)).width == -0.5 + 4
    assert gap(bands(E, occupied=3)).width == 5 - 3


def test_a_metal_has_a_negative_gap():
    overlapping = E.copy()
    overlapping[2, 2] = -0.4
    edges = gap(bands(overlapping))
    assert edges.width == pytest.approx(-0.4)
    assert (edges.at_vbm, edges.at_cbm, edges.direct) == (0, 2, False)


def test_edges_a_reciprocal_lattice_vector_apart_are_direct():
    k = np.array([[0.5, 0.5, 0.5], [-0.5, 0.5, -0.5], [0.1, 0, 0]])
    assert gap(bands(E, k)).direct
    assert not gap(bands(E, k * [1, 1, 0.999])).direct


def test_rounding_between_partners_of_a_star_makes_no_gap_indirect():
    """The four L are partners: the gap at L is direct whichever two the rounding picks."""
    k = np.array([[0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0.1, 0, 0]])
    levels = np.array([[-5, 0, 2], [-5, 0, 2], [-5, 0, 2], [-5, -1, 3.0]])
    noise = 1e-13 * np.array([[0, 1, 2], [0, 2, 1], [0, 0, 0.5], [0, 0, 0]])
    edges = gap(bands(levels + noise, k))
    assert edges.direct
    assert edges.at_vbm == edges.at_cbm < 3
    shifted = levels + 1e-6 * np.outer([1, 0, 0, 0], [0, 1, 1])
    assert not gap(bands(shifted, k)).direct


def test_a_spinless_gap_is_that_of_the_doubled_bands():
    assert gap(bands(E).doubled()) == gap(bands(E))


@pytest.mark.parametrize("occupied", [0, 4, 5])
def test_without_two_edges_there_is_no_gap(occupied):
    with pytest.raises(InputError, match=f"of which {occupied} are occupied"):
        gap(bands(E, occupied=occupied))
