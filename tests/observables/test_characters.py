"""s and p weights of states: Gaussians about one atom, one plane wave, and zinc blende at Γ."""

import numpy as np
import pytest

from nnpp.observables.bands import states
from nnpp.observables.characters import characters
from nnpp.structures.crystal import crystal
from tests import systems

SIDE, RADIUS, WIDTH = 9.0, 3.0, 0.8
"""Cubic cell with one atom, its sphere, and a Gaussian that ends within it [bohr]."""

CUBE = crystal(SIDE * np.eye(3), [[0.2, 0.3, 0.4]], ("Se",))


def plane_waves(k=(0.0, 0.0, 0.0)) -> np.ndarray:
    """All k+G of the cube up to 5 bohr⁻¹."""
    n = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), -1).reshape(-1, 3)
    K = (n + np.array(k)) * 2 * np.pi / SIDE
    return K[np.linalg.norm(K, axis=1) < 4.2]


def weights(c: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Weights s, p and rest of one state."""
    c = c.astype(complex) / np.linalg.norm(c)
    return characters(c[None, None, :, None], K[None], CUBE, (RADIUS,)).weights[0, 0, 0]


@pytest.mark.parametrize("k", [(0.0, 0.0, 0.0), (0.31, -0.2, 0.07)])
@pytest.mark.parametrize("l", [0, 1, 2], ids=["s", "p", "d"])
def test_a_gaussian_has_the_weight_of_its_angular_momentum(k, l):
    """The transform of Y_lm(r) exp(−r²/2w²) is proportional to Y_lm(K) exp(−K²w²/2)."""
    K = plane_waves(k)
    Y = (np.ones(len(K)), K[:, 1] - 0.5 * K[:, 2], K[:, 0] * K[:, 1])[l]
    tau = np.asarray(CUBE.positions)[0]
    c = Y * np.exp(-(K**2).sum(axis=1) * WIDTH**2 / 2) * np.exp(-1j * K @ tau)
    found = weights(c, K)
    assert found == pytest.approx(np.eye(3)[l], abs=2e-3)


def test_a_plane_wave_has_the_integrals_of_its_bessel_functions():
    """W₀ = 4π/Ω ∫ sin²(Kr)/K² dr over that of the sphere, 4πR³/3Ω."""
    K = plane_waves((0.4, 0.1, 0.0))
    i = np.argmin(np.abs(np.linalg.norm(K, axis=1) - 1.5))
    length = np.linalg.norm(K[i])
    s = (RADIUS / 2 - np.sin(2 * length * RADIUS) / (4 * length)) / length**2
    found = weights(np.eye(len(K))[i], K)
    assert found[0] == pytest.approx(s / (RADIUS**3 / 3), rel=1e-10)
    assert found.sum() == pytest.approx(1)


def test_the_valence_top_of_zinc_blende_is_p_and_the_conduction_bottom_s():
    structure = systems.zincblende()
    at = systems.at(structure, [[0.0, 0.0, 0.0]])
    _, psi = states(systems.cdse(), at, 5)
    K = np.asarray(at.waves.K)
    psi = np.asarray(psi).reshape(1, 1, K.shape[1], 5)
    found = characters(psi, K, structure, (2.4, 2.4))
    s, p = found.of_waves["s"][0], found.of_waves["p"][0]
    assert s[0] > 0.9 and s[4] > 0.9
    assert (p[1:4] > 0.8).all() and (s[1:4] < 1e-6).all()
    cd, se = found.of_elements["Cd"][0], found.of_elements["Se"][0]
    assert cd + se == pytest.approx(np.ones(5))
    assert (se[:4] > cd[:4]).all()
