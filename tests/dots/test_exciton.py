"""The attraction of Gaussian densities, and of an exciton of multiplets."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erf

from nnpp.dots.density import densities
from nnpp.dots.exciton import attraction, lowest_exciton
from nnpp.dots.functions import points, volume
from tests.dots.samples import basis, block, gaussian, orthogonal_spinors


def closed_form(a, b, d):
    """Two densities exp(−r²/a²)/(πa²)^(3/2) at a distance d: erf(d/√(a²+b²))/d."""
    s = np.sqrt(a**2 + b**2)
    return erf(d / s) / d if d else 2 / np.sqrt(np.pi) / s


@pytest.mark.parametrize("a, b, d", [(1.6, 1.4, 0.0), (1.6, 1.3, 2.5), (1.3, 1.3, 5.0)])
def test_two_gaussians(a, b, d):
    of = basis()
    direction = np.array([0.6, 0.0, 0.8])
    r = points(of, np.zeros(3))
    rho = [
        jnp.asarray(np.exp(-np.sum((r - at) ** 2, axis=-1) / w**2) / (np.pi * w**2) ** 1.5)
        for w, at in ((a, -d / 2 * direction), (b, d / 2 * direction))
    ]
    assert attraction(of, *rho) == pytest.approx(closed_form(a, b, d), abs=2e-7)


def test_both_ends_of_the_box_do_not_meet():
    """Charges at opposite ends attract over their distance in the box, not around it."""
    of = basis()
    r = points(of, np.zeros(3))
    ends = [np.exp(-np.sum((r - [x, 0, 0]) ** 2, axis=-1) / 1.2) for x in (-6.0, 6.0)]
    unit = [jnp.asarray(e / e.sum() * e.size / volume(of)) for e in ends]
    assert attraction(of, *unit) == pytest.approx(1 / 12, rel=1e-5)


def test_exciton_of_multiplets():
    of = basis()
    P = block(of, *[lambda r, i=i: r[..., i] * gaussian(1.5)(r) for i in range(3)])
    S = block(of, gaussian(1.6))
    found = lowest_exciton(of, (-0.25, P), (-0.15, S), 6.0)
    each = [attraction(of, rho, densities(of, S)[0]) for rho in densities(of, P)]
    assert found.attraction == pytest.approx(np.mean(each), rel=1e-10)
    assert found.gap == pytest.approx(0.1)
    assert found.energy == pytest.approx(0.1 - np.mean(each) / 6.0)
    pairs = [orthogonal_spinors(of, X) for X in (P, S)]
    of_pairs = lowest_exciton(of, (-0.25, pairs[0]), (-0.15, pairs[1]), 6.0)
    assert of_pairs.binding == pytest.approx(found.binding, rel=1e-10)
