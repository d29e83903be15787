"""ε∞ against a sum by hand, the spectrum that it belongs to, and differences."""

from dataclasses import replace

import numpy as np
import pytest

from nnpp.crystal.symmetry import mesh, mesh_off_gamma
from nnpp.observables.bands import Bands
from nnpp.observables.dielectric import Dielectric
from nnpp.observables.edges import Edges
from nnpp.observables.momentum import levels_and_velocities
from nnpp.observables.optics import optics
from tests import systems
from tests.observables.hand import slope_and_difference


def system(cutoff, size):
    structure = systems.zincblende()
    k = mesh_off_gamma(structure, size)
    weights = tuple(np.asarray(k.weights).tolist())
    return structure, weights, systems.at(structure, np.asarray(k.fractional), cutoff)


def test_it_is_the_sum_over_pairs():
    structure, weights, s = system(1.5, (2, 2, 2))
    found = float(Dielectric(Edges(4, False), weights)(systems.cdse(), s)[0])
    each = []
    for i in range(len(weights)):
        one = s.at(i)
        n = int(np.asarray(one.waves.real).sum())
        E, v = (np.asarray(x[0]) for x in levels_and_velocities(systems.cdse(), replace(
            one, fewest=n), n))  # fmt: skip
        each.append(np.sum(np.abs(v[:, 4:, :4]) ** 2 / (E[4:, None] - E[None, :4]) ** 3))
    by_hand = 1 + 8 * np.pi / 3 * 2 * np.dot(weights, each) / float(structure.volume)
    assert found == pytest.approx(by_hand, rel=1e-9)


def test_it_is_the_end_of_a_spectrum():
    """By Kramers and Kronig from tetrahedra of another mesh."""
    structure, weights, s = system(3.0, (4, 4, 4))
    found = float(Dielectric(Edges(4, False), weights)(systems.cdse(), s)[0])
    size = (8, 8, 8)
    k = mesh(structure, size)
    at_k = systems.at(structure, np.asarray(k.fractional), 3.0)
    E, v = levels_and_velocities(systems.cdse(), at_k, 60)
    energy = np.linspace(0, float(E.max() - E.min()) * 1.05, 4000)
    spectrum = optics(Bands(k, E, 4, False), np.asarray(v), structure, size, energy)
    assert found == pytest.approx(np.trace(spectrum.real[0]) / 3, rel=0.03)


def test_slopes_are_differences():
    """With respect to the network and every strength."""
    _, weights, s = system(1.0, (2, 2, 2))
    measure = Dielectric(Edges(8, True), weights)
    slope, difference = slope_and_difference(lambda p: measure(p, s)[0], systems.everything())
    assert slope == pytest.approx(difference, rel=1e-6)
