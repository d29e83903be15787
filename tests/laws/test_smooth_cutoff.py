"""Levels without jumps along a path and under strain, and derivatives that are differences.

Every law holds with the rule `smooth` and fails with `per-k`.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import RULES
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import levels
from nnpp.observables.deformation import by_volume, strain_derivative
from nnpp.observables.kdotp import expansion, inverse_masses
from nnpp.units import HARTREE_EV
from tests import systems

CUTOFF, OCCUPIED = 4.25, 4

MEV = 1e3 * HARTREE_EV

PIECES = {
    "LΓ": ([0.5, 0.5, 0.5], [0, 0, 0], 97),
    "ΓX": ([0, 0, 0], [0.5, 0, 0.5], 112),
    "XW": ([0.5, 0, 0.5], [0.5, 0.25, 0.75], 56),
    "KΓ": ([0.375, 0.375, 0.75], [0, 0, 0], 135),
}
"""Ends and numbers of points of a path of 400 points."""

both = pytest.mark.parametrize("rule", ["smooth", "per-k"])


def at(k, rule, structure=None):
    structure = systems.zincblende() if structure is None else structure
    return systems.at(structure, k, CUTOFF, rule=RULES[rule])


def beyond_curvature(E):
    """Largest |E_i − (−E_{i−2} + 4E_{i−1} + 4E_{i+1} − E_{i+2})/6|, a fourth difference."""
    around = (4 * (E[1:-3] + E[3:-1]) - E[:-4] - E[4:]) / 6
    return np.abs(E[2:-2] - around).max()


@both
def test_no_level_jumps_along_a_path_of_400_points(rule):
    """The lowest level, and the sum of the occupied ones, which has no kinks at crossings."""
    largest = 0.0
    for start, end, n in PIECES.values():
        k = np.linspace(start, end, n)
        E = np.asarray(levels(systems.cdse(), at(k, rule), OCCUPIED)) * MEV
        largest = max(largest, beyond_curvature(E[:, 0]), beyond_curvature(E.sum(axis=1)))
    assert (largest < 0.02) == (rule == "smooth")
    assert (largest > 3) == (rule == "per-k")


@both
def test_velocities_are_differences_of_neighbouring_k(rule):
    """∂E/∂k of the lowest level on 40 points of ΓX, against E at k ± 0.004 b."""
    b = np.asarray(systems.zincblende().reciprocal)
    direction, h = np.array([0.5, 0, 0.5]), 4e-3
    k = np.linspace(0.05, 0.95, 40)[:, None] * direction
    E = [
        np.asarray(levels(systems.cdse(), at(k + s * h * direction, rule), 1))[:, 0]
        for s in (-1, 1)
    ]
    length = float(np.linalg.norm(direction @ b))
    differences = (E[1] - E[0]) / (2 * h * length)
    one = at(k, rule)
    numbers = at_shells(systems.cdse(), one)
    exact = []
    for i in range(len(k)):
        about = expansion(numbers, one.at(i))
        psi = jnp.linalg.eigh(about.H)[1][:, 0]
        v = jnp.einsum("a,iab,b->i", psi.conj(), about.H_i, psi).real
        exact.append(float(v @ (direction @ b)) / length)
    off = np.abs(np.array(exact) - differences).max()
    assert (off < 2e-5) == (rule == "smooth")
    assert np.abs(exact).max() > 0.03


def test_masses_are_second_differences():
    """1/m* of the conduction band at Γ and of the lowest band at half of ΓX."""
    b, h = np.asarray(systems.zincblende().reciprocal), 4e-3
    unit = np.array([0.5, 0, 0.5])
    length = float(np.linalg.norm(unit @ b))
    for x, level in ((0.0, 4), (0.52, 0)):
        k = np.array([x - h, x, x + h])[:, None] * unit
        system = at(k, "smooth")
        E = np.asarray(levels(systems.cdse(), system, level + 1))[:, level]
        second = (E[0] - 2 * E[1] + E[2]) / (h * length) ** 2
        about = expansion(at_shells(systems.cdse(), system), system.at(1))
        n = unit @ b / length
        exact = float(n @ inverse_masses(about, level, level + 1) @ n)
        assert exact == pytest.approx(second, rel=1e-3)


@both
def test_levels_are_smooth_in_volume(rule):
    """dE/d ln Ω of the lowest level with fixed integers, against cells of other volumes."""
    k, scale = [[0.05, 0.11, 0.3]], np.linspace(0.97, 1.03, 17)

    def system(s):
        return at(k, rule, systems.zincblende(a=systems.A_CDSE * s))

    E = np.array([levels(systems.cdse(), system(s), 1)[0, 0] for s in scale])
    differences = (E[2:] - E[:-2]) / (3 * (np.log(scale[2:]) - np.log(scale[:-2])))
    exact = [
        float(by_volume(strain_derivative(systems.cdse(), system(scale[i])), 0, 1))
        for i in (4, 12)
    ]
    off = np.abs(np.array(exact) - differences[[3, 11]]).max()
    assert off < 1e-4 * np.abs(exact).max() or rule == "per-k"
    assert (beyond_curvature(E) * MEV < 0.02) == (rule == "smooth")
    assert (beyond_curvature(E) * MEV > 1) == (rule == "per-k")
