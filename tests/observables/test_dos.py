"""Densities of states against closed forms: tight binding in 1 to 3 dimensions, free electrons.

For E = −2t Σ cos k_i on a simple cubic lattice the density is
g(E) = (1/π) ∫₀^∞ cos(Ex) J₀(2tx)³ dx a spin (Economou, Green's Functions in Quantum Physics,
chapter 5).
"""

import time

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erf, j0

from nnpp.basis.rules import PER_K
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import Bands, bands
from nnpp.observables.dos import Dos, gaussian_dos, tetrahedron_dos
from nnpp.observables.gaps import gap
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.symmetry import mesh
from tests import systems
from tests.observables.hand import on, spinors
from tests.structures.cells import CELLS

CUBIC = crystal(np.eye(3) * 6.0, [[0, 0, 0]], ("Po",))
BOX = crystal(np.diag([5.0, 7.0, 9.0]), [[0, 0, 0]], ("Po",))
SQUARE = crystal(np.diag([5.0, 5.0, 9.0]), [[0, 0, 0]], ("Po",))
HEXAGONAL = crystal([[6.0, 0, 0], [-3, 3 * 3**0.5, 0], [0, 0, 9]], [[0, 0, 0]], ("Mg",))
FCC = crystal(systems.FCC * 9.0, [[0, 0, 0]], ("Al",))
SKEW = crystal([[7.0, 0.3, -0.2], [1.1, 8.0, 0.4], [-0.9, 2.0, 9.0]], [[0, 0, 0]], ("Al",))


def cosines(structure: Crystal, size: tuple[int, int, int]) -> Bands:
    """E = −2 Σ cos k_i over the axes that the mesh divides (t = 1 hartree)."""
    k = mesh(structure, size)
    divided = np.asarray(k.fractional)[:, np.array(size) > 1]
    return on(k, -2 * np.cos(2 * np.pi * divided).sum(axis=1))


def vectors(structure: Crystal) -> np.ndarray:
    """The shorter reciprocal lattice vectors G."""
    n = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    return n @ np.asarray(structure.reciprocal)


def free(structure: Crystal, size: tuple[int, int, int]) -> Bands:
    """The lowest of ½|k+G|²."""
    k = mesh(structure, size)
    K = (k.fractional @ structure.reciprocal)[:, None] + vectors(structure)
    return on(k, jnp.min(jnp.sum(K**2, axis=2), axis=1) / 2)


def total(dos: Dos) -> float:
    """States in all intervals together, for evenly spaced energies."""
    return float(dos.density.sum() * (dos.energy[1] - dos.energy[0]))


def exact_cubic(energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """g and n a spin, from Economou's integral; the trapezoid is exact for its narrow band."""
    x = np.arange(1, 400_001) * 0.2
    J = j0(2 * x) ** 3
    g = [0.2 / np.pi * (0.5 + np.cos(E * x) @ J) for E in energy]
    n = [0.5 + 0.2 / np.pi * (E / 2 + (np.sin(E * x) / x) @ J) for E in energy]
    return np.array(g), np.array(n)


def test_simple_cubic_tight_binding():
    """Two electrons a level; the plateau |E| < 2 and both slopes; error ∝ 1/n²."""
    energy = np.linspace(-6.4, 6.4, 1281)
    wanted = np.array([160, 280, 340, 400, 480, 600, 640, 700, 860, 1000, 1160])
    g, n = exact_cubic(energy[wanted])
    assert g[6] == pytest.approx(0.1427, abs=2e-4), "the centre of the band"
    errors = []
    for size in (8, 16):
        found = tetrahedron_dos(cosines(CUBIC, (size,) * 3), CUBIC, (size,) * 3, energy)
        errors.append(np.abs(found.integrated[wanted] - 2 * n).max())
        assert total(found) == pytest.approx(2, abs=1e-12)
    assert np.abs(found.density[wanted] - 2 * g).max() < 0.012
    assert errors[1] < 0.01
    assert 3 < errors[0] / errors[1] < 6


def test_a_chain_has_the_density_of_an_arcsine():
    """n = (2/π) arccos(−E/2t): every tetrahedron has coinciding corners."""
    energy, size = np.linspace(-2.1, 2.1, 421), (400, 1, 1)
    found = tetrahedron_dos(cosines(BOX, size), BOX, size, energy)
    n = 2 * np.arccos(np.clip(-energy / 2, -1, 1)) / np.pi
    assert np.abs(found.integrated - n).max() < 3e-3
    inner = np.abs(energy) < 1.8
    g = 2 / (np.pi * np.sqrt(4 - energy[inner] ** 2))
    assert np.abs(found.density[inner] / g - 1).max() < 0.02
    assert np.isfinite(found.density).all()


def test_a_plane_begins_with_a_step_and_has_its_logarithm_in_the_middle():
    """g = 2/4πt at both edges (a Van Hove step), and far more at the saddle E = 0."""
    energy, size = np.linspace(-4.2, 4.2, 841), (80, 80, 1)
    found = tetrahedron_dos(cosines(SQUARE, size), SQUARE, size, energy)
    near = (np.abs(energy) > 3.85) & (np.abs(energy) < 3.97)
    assert np.abs(found.density[near].mean() * 2 * np.pi - 1) < 0.03
    assert np.all(found.density[np.abs(energy) > 4.01] == 0)
    assert found.density[420] > 4 / (2 * np.pi)
    assert found.integrated[420] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("structure", "size"),
    [(FCC, (10, 10, 10)), (HEXAGONAL, (12, 12, 8)), (SKEW, (12, 10, 8))],
    ids=["fcc", "hexagonal", "triclinic"],
)
def test_free_electrons(structure, size):
    """n = Ω (2E)^{3/2}/3π² and g = Ω √(2E)/π² below the boundary of the zone."""
    shortest = np.linalg.norm(vectors(structure), axis=1)
    energy = np.linspace(0.0, 0.9 * shortest[shortest > 0].min() ** 2 / 8, 40)
    n = float(structure.volume) * (2 * energy) ** 1.5 / (3 * np.pi**2)
    errors = []
    for f in (1, 2):
        fine = (f * size[0], f * size[1], f * size[2])
        found = tetrahedron_dos(free(structure, fine), structure, fine, energy)
        errors.append(found.integrated - n)
    assert np.abs(errors[1]).max() < 0.02 * n.max()
    assert np.abs(errors[1] - errors[0] / 4).max() < 0.003 * n.max()
    g = float(structure.volume) * np.sqrt(2 * energy) / np.pi**2
    assert np.abs(found.density[20:-1] / g[20:-1] - 1).max() < 0.04


@pytest.mark.parametrize("method", ["tetrahedra", "gaussians"])
def test_a_flat_band_is_a_finite_step(method):
    """Every corner alike, at an energy of the grid and between two."""
    energy, size = np.linspace(-1, 1, 201), (4, 4, 4)
    k = mesh(CUBIC, size)
    flat = on(k, np.tile([0.25, 0.503], (len(k), 1)))
    if method == "tetrahedra":
        found = tetrahedron_dos(flat, CUBIC, size, energy)
        assert set(found.integrated.round(12)) == {0, 2, 4}
        assert found.integrated[[124, 125, 150, 151]].tolist() == pytest.approx([0, 2, 2, 4])
        assert np.flatnonzero(found.density).tolist() == [125, 150]
    else:
        found = gaussian_dos(flat, 0.01, energy)
        assert found.integrated[125] == pytest.approx(1)
    assert np.isfinite(found.density).all()
    assert total(found) == pytest.approx(4)


def test_a_band_narrower_than_the_grid_is_not_lost():
    energy, size = np.linspace(-1, 1, 21), (6, 6, 6)
    bands = cosines(CUBIC, size)
    narrow = on(bands.kpoints, 0.333 + 1e-7 * np.asarray(bands.E))
    found = tetrahedron_dos(narrow, CUBIC, size, energy)
    assert np.flatnonzero(found.density).tolist() == [13]
    assert total(found) == pytest.approx(2)


@pytest.mark.parametrize("corners", [(0, 0, 0, 1), (0, 1, 1, 1), (0, 0, 1, 1), (0, 1, 1, 2)])
def test_corners_that_coincide_but_for_rounding(corners):
    """Levels at 0, 1, 2 with noise of 1e-15: nothing blows up, and half-way counts agree."""
    size = (4, 4, 4)
    k, rng = mesh(SKEW, size), np.random.default_rng(0)
    E = np.array(corners, float)[rng.integers(4, size=len(k))]
    energy = np.linspace(-0.5, 2.5, 61)
    exact = tetrahedron_dos(on(k, E), SKEW, size, energy)
    noisy = tetrahedron_dos(on(k, E + 1e-15 * rng.normal(size=len(k))), SKEW, size, energy)
    away = np.abs(energy - np.round(energy)) > 1e-6
    assert np.abs(exact.integrated - noisy.integrated)[away].max() < 1e-10
    assert exact.density.max() > 0.5
    assert np.abs(exact.density - noisy.density).max() < 1e-8


@pytest.mark.parametrize("name", ["triclinic", "zinc blende", "wurtzite", "perovskite"])
@pytest.mark.parametrize("size", [(3, 4, 5), (4, 4, 4), (1, 2, 3)])
def test_any_levels_keep_their_number_and_their_mean(name, size):
    """∫g dE = 2 and ∫E g dE = 2 Σ_k w_k E_k: each k has its share of the tetrahedra."""
    structure, rng = CELLS[name](), np.random.default_rng(7)
    k = mesh(structure, size)
    E = rng.normal(size=(len(k), 3))
    energy = np.linspace(-5, 5, 4001)
    found = tetrahedron_dos(on(k, E), structure, size, energy)
    assert found.integrated[0] == 0
    assert found.integrated[-1] == pytest.approx(6, abs=1e-12)
    assert np.diff(found.integrated).min() > -1e-12
    mean = 5 * 6 - np.trapezoid(found.integrated, energy)
    assert mean == pytest.approx(2 * float(np.asarray(k.weights) @ E.sum(axis=1)), abs=1e-3)
    assert abs(mean) > 1e-2


def test_the_density_is_the_slope_of_the_count_on_uneven_energies():
    energy = np.sort(np.random.default_rng(1).uniform(-7, 7, 60))
    found = tetrahedron_dos(cosines(CUBIC, (6, 6, 6)), CUBIC, (6, 6, 6), energy)
    middle = (energy[1:] + energy[:-1]) / 2
    n = tetrahedron_dos(cosines(CUBIC, (6, 6, 6)), CUBIC, (6, 6, 6), middle).integrated
    assert np.allclose(found.density[1:-1], np.diff(n) / np.diff(middle), atol=1e-10)
    assert found.density.max() > 0.2


def test_a_spinor_holds_one_electron_and_a_level_two():
    energy, size = np.linspace(-7, 7, 141), (6, 6, 6)
    plain = cosines(CUBIC, size)
    spinor = Bands(plain.kpoints, plain.E, 1, True)
    for method in (
        lambda b: tetrahedron_dos(b, CUBIC, size, energy),
        lambda b: gaussian_dos(b, 0.2, energy),
    ):
        two, one, doubled = method(plain), method(spinor), method(plain.doubled())
        assert np.abs(two.density - doubled.density).max() < 1e-12
        assert np.abs(two.integrated - 2 * one.integrated).max() < 1e-12
        assert two.integrated[-1] == pytest.approx(2, abs=1e-6)


def test_a_level_is_a_gaussian():
    """Two levels with unequal weights, from the formula."""
    k = on(mesh(CUBIC, (2, 1, 1)), [[0.1], [0.4]])
    energy, w = np.array([-0.1, 0.1, 0.35]), 0.15
    found = gaussian_dos(k, w, energy)
    x = (energy[:, None] - [0.1, 0.4]) / w
    g = 2 * (0.5 * np.exp(-(x**2) / 2) / (w * np.sqrt(2 * np.pi))).sum(axis=1)
    assert found.density == pytest.approx(g)
    assert found.integrated == pytest.approx((1 + erf(x / np.sqrt(2))).sum(axis=1) / 2)


def test_gaussians_and_tetrahedra_agree_where_the_mesh_is_fine():
    energy, size = np.linspace(-8, 8, 801), (16, 16, 16)
    plain = cosines(CUBIC, size)
    smooth, linear = (
        gaussian_dos(plain, 0.3, energy),
        tetrahedron_dos(plain, CUBIC, size, energy),
    )
    assert np.abs(smooth.integrated - linear.integrated).max() < 0.02
    kernel = np.exp(-((energy - energy[400]) ** 2) / 0.18) * 0.02 / (0.3 * np.sqrt(2 * np.pi))
    blurred = np.convolve(linear.density, kernel, mode="same")
    assert np.abs(smooth.density - blurred).max() < 0.03 * blurred.max()


def test_electrons_of_zinc_blende_fill_the_levels_below_the_gap():
    """Spinors: eight electrons, with symmetry that has no inversion."""
    structure, size = systems.zincblende(), (4, 4, 4)
    k = mesh(structure, size)
    found = bands(spinors(), system(structure, k, 1.5, PER_K), structure, k, 10)
    edges = gap(found)
    assert edges.width > 0.005
    below = np.array([edges.vbm + f * edges.width for f in (-2, 0.1, 0.5, 0.9, 3)])
    n = tetrahedron_dos(found, structure, size, below).integrated
    assert n[1:4] == pytest.approx([8, 8, 8], abs=1e-12)
    assert n[0] < 8 - 1e-4 < 8 + 1e-4 < n[4] < 10


def test_many_energies_are_quick():
    """12×12×12 points, 8 bands, 2500 energies: well below 3 s."""
    plain = cosines(CUBIC, (12, 12, 12))
    eight = on(plain.kpoints, np.asarray(plain.E) + np.arange(0, 32, 4.0))
    start = time.perf_counter()
    found = tetrahedron_dos(eight, CUBIC, (12, 12, 12), np.linspace(-7, 36, 2500))
    assert time.perf_counter() - start < 3
    assert found.integrated[-1] == pytest.approx(16)
