"""Published sizing curves at values that their papers state, and the fit of E(d)."""

import numpy as np
import pytest

from nnpp.dots.sizing import CURVES, HC, fitted
from nnpp.units import HARTREE_EV, LENGTH

NM = LENGTH["nm"]


@pytest.mark.parametrize(
    ("name", "wavelength", "coefficients"),
    [
        ("CdSe", 550.0, (41.57, -0.4277, 1.6242e-3, -2.6575e-6, 1.6122e-9)),
        ("CdTe", 650.0, (-194.84, 1.0064, -1.7147e-3, 9.8127e-7)),
        ("CdS", 400.0, (13.29, -9.2352e-2, 1.9557e-4, -6.6521e-8)),
    ],
)
def test_polynomials_are_inverted(name, wavelength, coefficients):
    d = sum(c * wavelength**i for i, c in enumerate(coefficients))
    E = CURVES[name](np.array([d * NM])) * HARTREE_EV
    assert E[0] == pytest.approx(HC / wavelength, abs=2e-5)


def test_published_points():
    assert CURVES["ZnSe"](np.array([2.86 * NM]))[0] * HARTREE_EV == pytest.approx(3.237)
    d = np.array([3.0 * NM])
    assert CURVES["PbS"](d)[0] * HARTREE_EV == pytest.approx(0.41 + 1 / (0.2268 + 0.849))
    V = np.pi * 27 / 6
    assert CURVES["InP"](d)[0] * HARTREE_EV == pytest.approx(1.33 + 1.219 * V**-0.251)


@pytest.mark.parametrize("name", CURVES)
def test_gaps_fall_with_size_within_their_band(name):
    curve = CURVES[name]
    d = np.linspace(*curve.diameters, 40)
    E, (low, high) = curve(d), curve.band(d)
    assert np.all(np.diff(E) < 0)
    assert np.all(low <= E) and np.all(high >= E)
    outside = np.array([0.5, 1.5]) * np.array(curve.diameters)
    assert np.isnan(curve(outside)).all() and np.isnan(curve.band(outside)[0]).all()


@pytest.mark.parametrize("bulk", [None, 0.06])
def test_a_power_law_is_found(bulk):
    d = np.linspace(30, 110, 9)
    E = 0.06 + 2.1 / d**1.25
    found = fitted(d, E, bulk)
    assert (found.bulk, found.a, found.exponent) == pytest.approx((0.06, 2.1, 1.25), rel=1e-5)
    np.testing.assert_allclose(found(d), E, rtol=1e-7)


def test_standard_errors_are_those_of_many_samples():
    rng = np.random.default_rng(0)
    d, noise = np.linspace(30, 110, 12), 2e-4
    E = 0.06 + 2.1 / d**1.25
    samples = [fitted(d, E + noise * rng.normal(size=12), 0.06) for _ in range(300)]
    for get, error in ((lambda f: f.exponent, 2), (lambda f: f.a, 1)):
        spread = np.std([get(f) for f in samples])
        stated = np.sqrt(np.mean([f.errors[error] ** 2 for f in samples]))
        assert stated == pytest.approx(spread, rel=0.15)


def test_few_points():
    d, E = np.array([40.0, 60.0]), np.array([0.1, 0.08])
    assert fitted(d, E) is None
    found = fitted(d, E, 0.06)
    np.testing.assert_allclose(found(d), E, rtol=1e-9)
    assert np.isnan(found.errors[2])
