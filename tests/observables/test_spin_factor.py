"""A spin-orbit fit of strength zero has the light of the spinless one: two spins, one s = 2."""

from functools import lru_cache

import numpy as np
import pytest

from nnpp.observables.bands import Bands
from nnpp.observables.dielectric import Dielectric, Response
from nnpp.observables.edges import Edges
from nnpp.observables.optics import expected_electrons, levels_and_velocities, optics
from nnpp.structures.symmetry import mesh
from tests import systems
from tests.observables.hand import spinors

SIZE = (2, 2, 2)
POTENTIALS = {False: systems.cdse(), True: spinors((0.0, 0.0))}


@lru_cache
def mesh_of_zincblende():
    structure = systems.zincblende()
    k = mesh(structure, SIZE)
    return structure, k, systems.at(structure, np.asarray(k.fractional), 1.5)


@lru_cache
def light(spinor):
    """Spectra and the expected electrons from four full and four empty levels of each spin."""
    structure, k, system = mesh_of_zincblende()
    times = 2 if spinor else 1
    E, v, H_ii = levels_and_velocities(POTENTIALS[spinor], system, 8 * times)
    bands, energy = Bands(k, E, 4 * times, spinor), np.linspace(0, 1.5, 301)
    spectra = optics(bands, np.asarray(v), structure, SIZE, energy)
    return spectra, expected_electrons(bands, np.asarray(H_ii))


def test_spectra():
    (without, _), (with_spin, _) = light(False), light(True)
    assert without.imaginary.max() > 1
    for name in ("imaginary", "real", "electrons"):
        one, other = getattr(without, name), getattr(with_spin, name)
        assert np.abs(one - other).max() < 1e-8 * np.abs(one).max(), name
    # J also counts pairs of opposite spin, between which v vanishes.
    np.testing.assert_allclose(with_spin.joint, 2 * without.joint, rtol=1e-7, atol=1e-7)


def test_expected_electrons():
    assert light(True)[1] == pytest.approx(light(False)[1], rel=1e-9)
    assert light(False)[1] == pytest.approx(8, abs=1)


@pytest.mark.parametrize("response", [Response(), Response(0.15, 0.05, imaginary=True)])
def test_dielectric(response):
    _, k, system = mesh_of_zincblende()
    weights = tuple(np.asarray(k.weights).tolist())
    without, with_spin = (
        float(Dielectric(Edges(8 if spinor else 4, spinor), weights, response)(p, system)[0])
        for spinor, p in POTENTIALS.items()
    )
    assert abs(without) > 0.1
    assert with_spin == pytest.approx(without, rel=1e-9)
