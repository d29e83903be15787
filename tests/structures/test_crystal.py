"""Cells, their reciprocals, volumes and strains, over cells of every kind."""

import jax
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.structures.crystal import crystal
from tests import systems
from tests.structures.cells import CELLS, CUBE, repeated, wurtzite

every_cell = pytest.mark.parametrize("name", CELLS)


@every_cell
def test_reciprocal_vectors(name):
    """a_i·b_j = 2π δ_ij, and b₁ = 2π a₂×a₃/(a₁·a₂×a₃) from the textbook."""
    structure = CELLS[name]()
    a, b = np.asarray(structure.cell), np.asarray(structure.reciprocal)
    assert np.abs(a @ b.T - 2 * np.pi * np.eye(3)).max() < 1e-13
    cross = np.cross(a[1], a[2])
    assert np.abs(b[0] - 2 * np.pi * cross / (a[0] @ cross)).max() < 1e-13


def test_volume():
    assert float(systems.zincblende().volume) == pytest.approx(systems.A_CDSE**3 / 4, 1e-14)
    cube = repeated(systems.zincblende(), CUBE)
    assert float(cube.volume) == pytest.approx(systems.A_CDSE**3, 1e-14)
    hexagonal = 8.126**2 * np.sqrt(0.75) * 13.26
    assert float(wurtzite().volume) == pytest.approx(hexagonal, 1e-14)
    mirrored = crystal(-np.asarray(cube.cell), cube.fractional, cube.symbols)
    assert float(mirrored.volume) == pytest.approx(systems.A_CDSE**3, 1e-14)


@every_cell
def test_a_strain_moves_every_atom_and_keeps_the_rest_volume(name):
    structure, strain = CELLS[name](), systems.LOW_SYMMETRY + 0.02 * np.eye(3, k=1)
    strained = structure.strained(strain)
    F = np.eye(3) + strain
    assert np.allclose(strained.positions, np.asarray(structure.positions) @ F.T, atol=1e-13)
    assert np.allclose(strained.cell[1], F @ np.asarray(structure.cell[1]), atol=1e-13)
    assert strained.rest_volume == structure.rest_volume
    dilation = (1 + float(structure.dilation)) * np.linalg.det(F) - 1
    assert float(strained.dilation) == pytest.approx(dilation, abs=1e-13)
    assert abs(dilation) > 1e-2
    assert float(structure.strained(np.zeros((3, 3))).dilation) == float(structure.dilation)


def test_the_dilation_is_zero_at_rest_and_known_for_a_cube():
    unstrained = systems.zincblende()
    assert float(unstrained.dilation) == 0
    assert float(unstrained.strained(0.01 * np.eye(3)).dilation) == pytest.approx(1.01**3 - 1)


def test_the_volume_grows_with_the_trace_of_the_strain():
    """dΩ/dε_ij = Ω δ_ij, through JAX."""
    structure = CELLS["triclinic"]()
    slope = jax.jacobian(lambda e: structure.strained(e).volume)(np.zeros((3, 3)))
    assert np.allclose(slope, float(structure.volume) * np.eye(3), atol=1e-10)


def test_species_keep_the_order_of_first_appearance():
    mixed = crystal(np.eye(3), np.zeros((5, 3)), ("Se", "Cd", "Se", "Zn", "Cd"))
    assert mixed.species == ("Se", "Cd", "Zn")
    assert mixed.species_of_atom == (0, 1, 0, 2, 1)


@pytest.mark.parametrize(
    ("cell", "fractional", "symbols"),
    [
        (np.eye(2), [[0, 0, 0]], ("H",)),
        (np.eye(3), [[0, 0, 0]], ("H", "H")),
        (np.eye(3), np.zeros((0, 3)), ()),
        (np.ones((3, 3)), [[0, 0, 0]], ("H",)),
        (np.eye(3), [[0, np.nan, 0]], ("H",)),
        (np.inf * np.eye(3), [[0, 0, 0]], ("H",)),
    ],
    ids=["two vectors", "a symbol too many", "no atom", "flat", "no position", "endless"],
)
def test_what_is_no_crystal_is_refused(cell, fractional, symbols):
    with pytest.raises(InputError):
        crystal(cell, fractional, symbols)
