"""Sets of plane waves against an explicit count, for several kinds of cells."""

from itertools import product

import numpy as np
import pytest

from nnpp.basis.rules import DEEPSEUDOPOT, LONGEST_SMOOTH, PER_K, RULES, SPHERE
from nnpp.errors import InputError
from tests import systems
from tests.structures.cells import CELLS

K = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.13, -0.41, 0.27], [1.2, 0, -0.8]])

WIDE = np.stack(np.meshgrid(*[np.arange(-12, 13)] * 3, indexing="ij"), -1).reshape(-1, 3)


def kinetic(structure, k):
    """½|k+G|² of every G in a wide box."""
    return np.sum(((WIDE + k) @ np.asarray(structure.reciprocal)) ** 2, axis=1) / 2


def as_set(n):
    return set(map(tuple, n.tolist()))


@pytest.mark.parametrize("name", CELLS)
def test_per_k_and_sphere_hold_every_vector_below_the_cutoff(name):
    structure, cutoff = CELLS[name](), 1.7
    own, one = (
        PER_K.select(np.asarray(structure.cell), K, cutoff),
        SPHERE.select(np.asarray(structure.cell), K, cutoff),
    )
    counted = [as_set(WIDE[kinetic(structure, k) < cutoff]) for k in K]
    assert [as_set(n) for n in own] == counted
    assert [len(n) for n in own] == [len(n) for n in counted]
    assert [as_set(n) for n in one] == [counted[0]] * len(K)
    assert counted[0] != counted[2]


def test_the_number_of_plane_waves_is_that_of_the_sphere():
    """N → Ω (2E)^{3/2}/6π², the volume of the sphere over that of the zone."""
    structure, cutoff = systems.zincblende(), 60.0
    smooth = float(structure.volume) * (2 * cutoff) ** 1.5 / (6 * np.pi**2)
    rng = np.random.default_rng(0)
    counts = [
        len(n)
        for n in PER_K.select(
            np.asarray(structure.cell), rng.uniform(-0.5, 0.5, (20, 3)), cutoff
        )
    ]
    assert np.mean(counts) == pytest.approx(smooth, rel=1e-3)
    assert np.ptp(counts) > 0


@pytest.mark.parametrize(("name", "cutoff"), [("zinc blende", 5.0), ("two cells", 3.0)])
def test_the_box_of_deepseudopot(name, cutoff):
    """Three nested loops to int(√(2E)/min|b|), as in DeePseudopot."""
    structure = CELLS[name]()
    b = np.asarray(structure.reciprocal)
    most = int((2 * cutoff) ** 0.5 / min(float(x @ x) ** 0.5 for x in b))
    loops = product(range(-most, most + 1), repeat=3)
    kept = {n for n in loops if float(np.sum((np.array(n) @ b) ** 2)) / 2 < cutoff}
    assert as_set(DEEPSEUDOPOT.select(np.asarray(structure.cell), K, cutoff)[1]) == kept
    assert kept < as_set(SPHERE.select(np.asarray(structure.cell), K, cutoff)[0]), (
        "the box must cut something away"
    )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["zinc blende", "left-handed", "turned"])
def test_a_star_on_the_sphere_is_completely_outside(name, rule):
    """The eight (111) of fcc at a cutoff of ½·3·(2π/a)²: rounding must not separate them."""
    structure, on = CELLS[name](), 1.5 * (2 * np.pi / systems.A_CDSE) ** 2
    on = on / LONGEST_SMOOTH**2 if RULES[rule].smooth else on
    counts = [
        len(RULES[rule].select(np.asarray(structure.cell), K[:1], on * f)[0])
        for f in (1, 1 + 1e-9, 4 / 3)
    ]
    assert counts == [1, 9, 9]


def test_a_star_about_a_zone_corner_is_completely_outside():
    """At L two waves share ½|L|², and six share ½·11/4·(2π/a)²."""
    structure, unit = systems.zincblende(), (2 * np.pi / systems.A_CDSE) ** 2 / 2
    L = np.array([[0.5, 0.5, 0.5]])
    counts = [
        len(PER_K.select(np.asarray(structure.cell), L, x * unit)[0])
        for x in (0.7501, 2.75, 2.7501, 4.75)
    ]
    assert counts == [2, 2, 8, 8]


def test_a_long_cell_has_more_vectors_along_its_short_reciprocal_vector():
    long = np.diag([5.0, 5.0, 40.0])
    reach = np.abs(SPHERE.select(long, K[:1], 2.0)[0]).max(axis=0)
    assert reach.tolist() == [1, 1, int(2 * 40 / (2 * np.pi))]


def test_a_cutoff_below_every_wave_raises_an_error():
    with pytest.raises(InputError, match=r"no plane wave lies below .* raise the cutoff"):
        PER_K.select(np.asarray(systems.zincblende().cell), np.array([[0.5, 0.5, 0.5]]), 0.01)
