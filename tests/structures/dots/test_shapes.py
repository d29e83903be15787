"""Facets, edges and volumes of shapes; sizes of dots."""

from collections import Counter

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.structures.dots.shapes import SHAPES, Frame
from nnpp.structures.dots.sizes import diameters, size_of_count
from tests.structures.dots.samples import cut, lattice

FACETS = {(1, 0, 0): 1.0, (1, 1, 1): 1.1, (-1, -1, -1): 1.2}

VOLUMES = {
    "sphere": np.pi / 6,
    "cube": 1,
    "tetrahedron": 1 / np.sqrt(72),
    "octahedron": np.sqrt(2) / 3,
    "rod": np.pi / 4 * 3,
    "platelet": 0.5,
    "wulff": np.pi / 6,
}
"""Volume of a shape of size 1."""


@pytest.mark.parametrize("shape", SHAPES)
def test_the_volume_is_that_of_the_size(shape):
    frame = Frame(lattice().crystal, length=0.5 if shape == "platelet" else None, facets=FACETS)
    body = SHAPES[shape](1.0, frame)
    half = 1.001 * body.reach
    r = np.random.default_rng(1).uniform(-half, half, (100_000, 3))
    inside = body.distance(r) <= 0
    assert np.linalg.norm(r[inside], axis=1).max() <= body.reach + 1e-9
    volume = inside.mean() * (2 * half) ** 3
    assert volume == pytest.approx(VOLUMES[shape], rel=0.03)


def test_facets_of_a_tetrahedron_end_with_cations():
    counts = Counter(cut(shape="tetrahedron", size=3.0).symbols)
    assert counts["Cd"] > counts["Se"]


def test_polar_facets_are_distinct():
    """A body of {111} alone ends with cations, one of {−1−1−1} with anions."""
    a, b = (
        Counter(cut(shape="wulff", size=1.6, facets=Family({facet: 1.0})).symbols)
        for facet in ((1, 1, 1), (-1, -1, -1))
    )
    assert a["Cd"] > a["Se"] and b["Se"] > b["Cd"]


class Family(dict):
    """Facets that can be a key of the cache."""

    def __hash__(self):
        return hash(tuple(self.items()))


@pytest.mark.parametrize(
    ("shape", "name", "message"),
    [
        ("platelet", "zb-CdSe", "has no thickness"),
        ("tetrahedron", "wz-CdSe", "needs a cubic cell"),
        ("wulff", "zb-CdSe", "has no facets"),
    ],
)
def test_shapes_that_are_not_complete_are_refused(shape, name, message):
    with pytest.raises(InputError, match=message):
        SHAPES[shape](1.0, Frame(lattice(name).crystal))


def test_facets_that_do_not_close_a_body_are_refused():
    """(001) of wurtzite has no symmetry partner below."""
    with pytest.raises(InputError, match="do not close a body"):
        SHAPES["wulff"](1.0, Frame(lattice("wz-CdSe").crystal, facets={(0, 0, 1): 1.0}))


def test_three_diameters_of_a_dense_ball_agree():
    steps = np.linspace(-1, 1, 41)
    r = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    ball = r[np.linalg.norm(r, axis=1) <= 1]
    found = diameters(ball, 0.05**3)
    for d in (found.extent, found.volume, found.gyration):
        assert d == pytest.approx(2.0, rel=0.01)


def test_the_size_for_a_number_of_atoms():
    """With 1, 5, 17, … atoms at growing sizes the nearest number is found."""
    shells = np.array([1, 5, 17, 29, 35, 59, 83, 99])
    sizes = np.arange(1, 9) / 8
    size = size_of_count(lambda x: int(shells[sizes <= x][-1]) if x >= 0.125 else 0, 0.5, 31)
    assert shells[sizes <= size][-1] == 29


@pytest.mark.parametrize("wanted", [2, 300, 20_000])
def test_the_size_is_found_outside_the_first_range(wanted):
    """A shell needs a smaller core than a dot without it, a flat platelet longer edges."""
    size = size_of_count(lambda x: round(50 * x), 1.0, wanted)
    assert round(50 * size) == pytest.approx(wanted, rel=0.01)
