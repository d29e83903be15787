"""ε₁ and ε₂ against a sum by hand, the spectrum that it belongs to, and differences."""

from dataclasses import replace

import numpy as np
import pytest

from nnpp.observables.bands import Bands
from nnpp.observables.dielectric import Dielectric, Response
from nnpp.observables.edges import Edges
from nnpp.observables.optics import levels_and_velocities, optics
from nnpp.structures.symmetry import mesh, mesh_off_gamma
from tests import systems
from tests.observables.hand import slope_and_difference


def system(cutoff, size):
    structure = systems.zincblende()
    k = mesh_off_gamma(structure, size)
    weights = tuple(np.asarray(k.weights).tolist())
    return structure, weights, systems.at(structure, np.asarray(k.fractional), cutoff)


ASKED = [Response(), Response(0.15, 0.05), Response(0.15, 0.05, imaginary=True)]
"""ε∞, and both parts at 4 eV of lines that are 2.7 eV wide."""


def part(response, value):
    return value.imag if response.imaginary else value.real


@pytest.mark.parametrize("response", ASKED)
def test_it_is_the_sum_over_pairs(response):
    structure, weights, s = system(1.5, (2, 2, 2))
    found = float(Dielectric(Edges(4, False), weights, response)(systems.cdse(), s)[0])
    each, z = [], response.energy + 1j * response.width
    for i in range(len(weights)):
        one = s.at(i)
        n = int(np.asarray(one.waves.real).sum())
        E, v, _ = (np.asarray(x[0]) for x in levels_and_velocities(systems.cdse(), replace(
            one, fewest=n), n))  # fmt: skip
        E_cv = E[4:, None] - E[None, :4]
        each.append(np.sum(np.abs(v[:, 4:, :4]) ** 2 / (E_cv * (E_cv**2 - z**2))))
    by_hand = 1 + 8 * np.pi / 3 * 2 * np.dot(weights, each) / float(structure.volume)
    assert found == pytest.approx(part(response, by_hand), rel=1e-9)


def test_it_is_what_a_spectrum_has_at_complex_energies():
    """ε(z) = 1 + (1/π) ∫ ε₂(x)/(x−z) dx, ε₂ by tetrahedra of another mesh."""
    structure, weights, s = system(3.0, (6, 6, 6))
    size = (16, 16, 16)
    k = mesh(structure, size)
    at_k = systems.at(structure, np.asarray(k.fractional), 3.0)
    E, v, _ = levels_and_velocities(systems.cdse(), at_k, 60)
    energy = np.linspace(0, float(E.max() - E.min()) * 1.05, 4000)
    spectrum = optics(Bands(k, E, 4, False), np.asarray(v), structure, size, energy)
    e2 = np.einsum("eii->e", spectrum.imaginary) / 3
    x, odd = np.concatenate([-energy[:0:-1], energy]), np.concatenate([-e2[:0:-1], e2])
    for response in ASKED:
        measure = Dielectric(Edges(4, False), weights, response)
        found = float(measure(systems.cdse(), s)[0])
        z = response.energy + 1j * max(response.width, 1e-3)
        whole = 1 + np.trapezoid(odd / (x - z), x) / np.pi
        assert found == pytest.approx(part(response, whole), rel=0.01)


@pytest.mark.parametrize(
    "response",
    [pytest.param(r, marks=[pytest.mark.slow] * (r is not ASKED[1])) for r in ASKED],
)
def test_slopes_are_differences(response):
    """With respect to the network and every strength."""
    _, weights, s = system(1.0, (2, 2, 2))
    measure = Dielectric(Edges(8, True), weights, response)
    slope, difference = slope_and_difference(lambda p: measure(p, s)[0], systems.everything())
    assert slope == pytest.approx(difference, rel=1e-6)
