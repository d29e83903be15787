"""Comparison with a reference, computed by hand: energy zeros, windows, spins, order."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.config.systems import LevelZero, System, Weights, Window
from nnpp.observables.bands import Bands
from nnpp.setup.cases import Case
from nnpp.setup.compare import aligned_reference, compare_with_reference, weights_of
from nnpp.setup.reference import Reference
from nnpp.structures.kpoints import listed
from tests.systems import zincblende

OURS = np.array([[-1.0, -0.5, -0.5, -0.4, 0.1, 0.3], [-0.9, -0.45, -0.4, -0.3, 0.2, 0.25]])
THEIRS = OURS + np.array(
    [[0.01, -0.02, 0.03, 0.0, 0.05, 0.01], [0.02, 0.0, 0.0, 0.04, 0.0, 0.0]]
)
W_K, W_B = np.array([10.0, 1.0]), np.array([1.0, 1.0, 2.0, 20.0, 20.0, 1.0])


def case_of(E=THEIRS, zero="absolute", doubled=False, windows=(), weights=tuple(W_B)) -> Case:
    crystal = zincblende()
    kpoints = listed(crystal, [[0.5, 0.5, 0.5], [0, 0, 0]])
    reference = Reference(kpoints, jnp.asarray(E), doubled, jnp.asarray(W_K))
    spec = System.model_construct(
        name="a",
        bands=None,
        electrons=None,
        cutoff=3.0,
        spin="doubled" if doubled else "once",
        zero=zero,
        weights=Weights.model_construct(bands=weights, kpoints=None, windows=windows),
    )
    return Case(spec, crystal, kpoints, reference, False, ())


def bands(E=OURS) -> Bands:
    return Bands(case_of().kpoints, jnp.asarray(E), 4, False)


def by_hand(ours, theirs, weights) -> float:
    return float(np.sum(weights * (ours - theirs) ** 2))


def test_absolute():
    found = compare_with_reference(case_of(), bands())
    assert float(found.loss) == pytest.approx(by_hand(OURS, THEIRS, np.outer(W_K, W_B)))
    assert np.allclose(found.rmse, np.sqrt(np.mean((OURS - THEIRS) ** 2, axis=0)))


@pytest.mark.parametrize(
    ("zero", "ours", "theirs"),
    [("vbm", -0.3, -0.26), (LevelZero(band=2, kpoint=1), -0.5, -0.52)],
)
def test_both_are_measured_from_the_zero(zero, ours, theirs):
    wanted = by_hand(OURS - ours, THEIRS - theirs, np.outer(W_K, W_B))
    case = case_of(zero=zero)
    assert float(compare_with_reference(case, bands()).loss) == pytest.approx(wanted)
    moved = case_of(THEIRS + 7.0, zero=zero)
    assert float(compare_with_reference(moved, bands()).loss) == pytest.approx(wanted)
    drawn = aligned_reference(moved, bands())
    assert np.allclose(drawn.E, THEIRS - theirs + ours)


def test_each_spinless_level_twice():
    twice = case_of(
        np.repeat(THEIRS, 2, axis=1), doubled=True, weights=tuple(np.repeat(W_B, 2))
    )
    once = compare_with_reference(case_of(), bands())
    found = compare_with_reference(twice, bands())
    assert float(found.loss) == pytest.approx(2 * float(once.loss))
    assert np.allclose(found.rmse, np.repeat(once.rmse, 2))
    top = replace(twice, spec=twice.spec.model_copy(update={"zero": "vbm"}))
    wanted = 2 * by_hand(OURS + 0.3, THEIRS + 0.26, np.outer(W_K, W_B))
    assert float(compare_with_reference(top, bands()).loss) == pytest.approx(wanted)


def test_fewer_bands_in_the_reference():
    found = compare_with_reference(case_of(THEIRS[:, :4]), bands())
    wanted = by_hand(OURS[:, :4], THEIRS[:, :4], np.outer(W_K, W_B[:4]))
    assert float(found.loss) == pytest.approx(wanted)
    assert found.rmse.shape == (4,)


def test_an_unsorted_reference_is_compared_in_ascending_order():
    shuffled = THEIRS[:, [3, 0, 5, 1, 4, 2]]
    for zero in ("absolute", "vbm"):
        a, b = (compare_with_reference(case_of(E, zero), bands()) for E in (THEIRS, shuffled))
        assert float(b.loss) == pytest.approx(float(a.loss))


@pytest.mark.parametrize(("zero", "shift"), [("absolute", 0.0), ("vbm", -0.26)])
def test_windows_are_measured_from_the_zero(zero, shift):
    window = Window.model_construct(low=-0.45, high=0.12, weight=5.0)
    found = compare_with_reference(case_of(zero=zero, windows=(window,)), bands())
    theirs = THEIRS - shift
    inside = (theirs >= -0.45) & (theirs <= 0.12)
    assert 0 < inside.sum() < inside.size
    ours = OURS if zero == "absolute" else OURS + 0.3
    weights = np.outer(W_K, W_B) * np.where(inside, 5.0, 1.0)
    assert float(found.loss) == pytest.approx(by_hand(ours, theirs, weights))


def test_weights_multiply():
    w = weights_of(case_of(), jnp.asarray(THEIRS))
    assert np.array_equal(w, np.outer(W_K, W_B))


def test_other_k_points_are_not_compared():
    case = case_of()
    elsewhere = replace(case, kpoints=listed(case.crystal, [[0.5, 0.5, 0.5], [0, 0, 0.1]]))
    assert compare_with_reference(elsewhere, bands()) is None
    assert compare_with_reference(replace(case, reference=None), bands()) is None
