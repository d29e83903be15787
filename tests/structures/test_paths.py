"""Special points against textbook coordinates, in cells turned, mirrored and repeated."""

from itertools import permutations, product

import numpy as np
import pytest

from nnpp.basis.rules import PER_K
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.structures.kpoints import listed
from nnpp.structures.paths import path, special_points
from tests import systems
from tests.structures.cells import A_SI, CELLS, CUBE, TURN, repeated, wurtzite

FCC_POINTS = {
    "Γ": (0, 0, 0),
    "X": (1, 0, 0),
    "L": (0.5, 0.5, 0.5),
    "W": (1, 0.5, 0),
    "K": (0.75, 0.75, 0),
    "U": (1, 0.25, 0.25),
}
"""Cartesian, in units of 2π/a (Setyawan and Curtarolo, doi:10.1016/j.commatsci.2010.05.010)."""

UNIT = 2 * np.pi / systems.A_CDSE

FCC = ["zinc blende", "silicon", "other vectors", "left-handed", "turned", "two cells"]


def star(vector) -> np.ndarray:
    """All images of a vector under the 48 operations of the cube."""
    signs = list(product((1, -1), repeat=3))
    return np.array([np.array(p) * s for p in permutations(vector) for s in signs])


def cartesian(name, fractional) -> np.ndarray:
    """In units of 2π/a along the axes of the cube."""
    structure = CELLS[name]()
    unit = 2 * np.pi / A_SI if name == "silicon" else UNIT
    k = fractional @ np.asarray(structure.reciprocal) / unit
    return k @ TURN if name == "turned" else k


@pytest.mark.parametrize("name", [*FCC, "eight atoms"])
@pytest.mark.parametrize("label", FCC_POINTS)
def test_face_centred_cubic_points(name, label):
    points, _ = special_points(CELLS[name]())
    found = cartesian(name, points[label])
    assert np.abs(star(FCC_POINTS[label]) - found).max(axis=1).min() < 1e-6


@pytest.mark.parametrize("name", FCC)
def test_points_of_one_path_lie_side_by_side(name):
    """ΓX, ΓL, XW, XU, ΓK and LK have the lengths of neighbours in one zone."""
    k = {label: cartesian(name, x) for label, x in special_points(CELLS[name]())[0].items()}
    lengths = {"ΓX": 1, "XW": 0.5, "XU": 0.125**0.5, "ΓL": 0.75**0.5, "LW": 0.5**0.5}
    found = {pair: np.linalg.norm(k[pair[0]] - k[pair[1]]) for pair in lengths}
    assert found == pytest.approx(lengths, abs=1e-6)


def test_the_recommended_path_jumps_from_u_to_k_without_distance():
    _, pieces = special_points(systems.zincblende())
    assert pieces == (("Γ", "X", "U"), ("K", "Γ", "L", "W", "X"))
    k = path(systems.zincblende(), points=100)
    u, jump = k.labels.index("U"), k.labels.index("K")
    assert jump == u + 1
    assert k.distance[u] == k.distance[jump]
    steps = np.delete(np.diff(k.distance), u)
    assert steps.min() > 0
    assert steps.max() < 1.5 * steps.min(), "points are evenly spaced"
    assert abs(len(k) - 100) < 8
    legs = [1, 0.125**0.5, 1.125**0.5, 0.75**0.5, 0.5**0.5, 0.5]
    assert float(k.distance[-1]) == pytest.approx(UNIT * sum(legs))
    at = [float(d) for d, label in zip(k.distance, k.labels, strict=True) if label]
    assert at == pytest.approx(UNIT * np.cumsum([0, 1, 0.125**0.5, 0, *legs[2:]]))


def test_a_path_of_ones_own():
    k = path(systems.zincblende(), (("L", "Γ"), ("X", "W")), points=20)
    points, _ = special_points(systems.zincblende())
    named = {label: np.asarray(k.fractional[i]) for i, label in enumerate(k.labels) if label}
    assert list(named) == ["L", "Γ", "X", "W"]
    for label, x in named.items():
        assert np.allclose(x, points[label], atol=1e-12)
    steps = k.labels.index("Γ")
    assert k.gamma == steps > 5
    line = np.outer(np.linspace(1, 0, steps + 1), points["L"])
    assert np.allclose(k.fractional[: steps + 1], line, atol=1e-12)


def test_few_points_still_reach_every_stop():
    assert path(systems.zincblende(), points=2).labels == tuple("ΓXUKΓLWX")


def test_an_unknown_point_is_refused_with_those_known():
    with pytest.raises(InputError, match=r"no special point 'H'.*known: Γ, X"):
        path(systems.zincblende(), (("Γ", "H"),))
    with pytest.raises(InputError, match="did you mean 'W_2'"):
        path(systems.zincblende(), (("Γ", "W_3"),))


def test_a_path_that_leads_nowhere_is_refused():
    with pytest.raises(InputError, match="name two different points"):
        path(systems.zincblende(), (("Γ", "Γ"),))


def test_hexagonal_points():
    """M, K, A, L, H in Cartesian coordinates: |ΓM| = 2π/√3a, |ΓK| = 4π/3a, |ΓA| = π/c."""
    structure, a, c = CELLS["wurtzite"](), 8.126, 13.26
    points, pieces = special_points(structure)
    assert {"Γ", "M", "K", "A", "L", "H"} <= set(points)
    k = {label: x @ np.asarray(structure.reciprocal) for label, x in points.items()}
    flat = {"Γ": 0, "M": 2 * np.pi / np.sqrt(3) / a, "K": 4 * np.pi / 3 / a}
    for low, high in ("ΓA", "ML", "KH"):
        assert np.linalg.norm(k[low]) == pytest.approx(flat[low])
        assert np.abs(k[high] - k[low] - [0, 0, np.pi / c]).max() < 1e-9
    assert {label for piece in pieces for label in piece} == {"Γ", "M", "K", "A", "L", "H"}


def test_cubic_points():
    points, _ = special_points(systems.perovskite())
    assert np.allclose(points["R"], 0.5)
    assert sorted(np.abs(points["M"])) == [0, 0.5, 0.5]
    assert sorted(np.abs(points["X"])) == [0, 0, 0.5]


def test_a_supercell_has_the_path_of_its_primitive_cell_folded():
    """Eight atoms: at each k on the path all levels of the two-atom cell are among its own.

    U and K are turned into each other by a rotation and a G: the bands do not jump there.
    """
    small = systems.zincblende()
    large = repeated(small, CUBE)
    folded = path(large, points=8)
    unfolded = np.asarray(folded.fractional) @ np.asarray(large.reciprocal)
    k = listed(small, unfolded @ np.linalg.inv(np.asarray(small.reciprocal)))
    assert np.allclose(k.distance[1], folded.distance[1])
    E = np.asarray(levels(systems.cdse(), system(small, k, 1.2, PER_K), 6))
    E_large = np.asarray(levels(systems.cdse(), system(large, folded, 1.2, PER_K), 40))
    apart = np.abs(E[:, :, None] - E_large[:, None]).min(axis=2)
    assert apart.max() < 1e-10
    assert np.abs(E[:, :, None] - E_large[::-1, None]).min(axis=2).max() > 1e-3
    jump = folded.labels.index("K")
    assert np.abs(E[jump] - E[jump - 1]).max() < 1e-10
    assert np.abs(E[jump] - E[jump + 1]).max() > 1e-2


def test_long_paths_have_more_points_by_default():
    """Every leg of wurtzite has at least nine steps; a given number is kept."""
    long, given = path(wurtzite()), path(wurtzite(), points=60)
    named = np.flatnonzero([bool(label) for label in long.labels])
    steps = [n for n in np.diff(named) if n > 1]  # a jump is one step
    assert min(steps) >= 9
    assert len(given) < 75 < 120 < len(long)
    assert len(path(CELLS["zinc blende"](), (("L", "Γ", "X"),))) == 61
