"""Participation ratio and shares against closed forms and a search over all images."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.dots.density import densities
from nnpp.dots.shares import (
    element_shares,
    nearest_site,
    participation_volume,
    shares_within,
    site_shares,
    surface_share,
)
from nnpp.structures.dots.dot import dot
from nnpp.structures.dots.perovskite import perovskite_cube
from nnpp.structures.dots.surface import hull_volume, is_surface
from tests.dots.samples import EDGES, basis, block, gaussian, orthogonal_spinors
from tests.structures.dots.samples import cut, lattice


def test_participation_volume_of_gaussians():
    """∫ρ² of a Gaussian density exp(−r²/a²)/(πa²)^(3/2) is (2πa²)^(−3/2)."""
    of, widths = basis(), (1.5, 1.9)
    X = block(of, *[gaussian(a) for a in widths])
    expected = [(2 * np.pi * a**2) ** 1.5 for a in widths]
    np.testing.assert_allclose(participation_volume(of, X), expected, rtol=1e-3)
    four = participation_volume(of, orthogonal_spinors(of, X))
    np.testing.assert_allclose(four, participation_volume(of, X), rtol=1e-12)


def test_a_constant_function_takes_part_everywhere():
    of = basis()
    X = jnp.zeros((of.rows, 1, 1)).at[0].set(1.0)
    assert float(participation_volume(of, X)[0]) == pytest.approx(of.volume)


def test_nearest_site_is_that_of_all_images():
    rng = np.random.default_rng(0)
    r, shape = rng.normal(scale=7.0, size=(12, 3)), (6, 8, 10)
    r[0] = [-1e-18, 0, 0]
    found = nearest_site(r, np.diag(EDGES), shape)
    n = np.stack(np.meshgrid(*[[-2, -1, 0, 1, 2]] * 3, indexing="ij"), -1).reshape(-1, 3)
    grid = np.stack(np.meshgrid(*[np.arange(m) / m for m in shape], indexing="ij"), -1) * EDGES
    apart = grid[..., None, None, :] - (r[:, None] + n * EDGES)
    np.testing.assert_array_equal(
        found, np.linalg.norm(apart, axis=-1).min(axis=-1).argmin(axis=-1)
    )


def test_shares_are_integrals_of_the_density_and_sum_to_one():
    of = basis()
    r = np.array([[-2.5, 0, 0], [2.7, 0.1, 0], [0, 6.3, 0.2]])
    X = block(of, gaussian(1.6, r[0]), gaussian(1.8, r[1] / 2))
    nearest = nearest_site(r, of.cell, of.shape)
    s = np.asarray(site_shares(of, X, nearest, 3))
    rho = np.asarray(densities(of, X)) * of.volume / np.prod(of.shape)
    expected = np.stack([rho[:, nearest == a].sum(axis=1) for a in range(3)], axis=1)
    np.testing.assert_allclose(s, expected, atol=1e-12)
    of_element = element_shares(s, ("Cd", "Se", "Cd"))
    np.testing.assert_allclose(of_element["Cd"], s[:, 0] + s[:, 2])
    np.testing.assert_allclose(sum(of_element.values()), 1, atol=1e-12)
    within = shares_within(s, r, np.array([3.5, 100.0]))
    np.testing.assert_allclose(within[:, -1], 1)
    np.testing.assert_allclose(surface_share(s, np.array([False, True, True])), 1 - s[:, 0])


@pytest.mark.parametrize("name", ["zb-CdSe", "wz-CdSe"])
def test_surface_atoms_are_those_with_broken_bonds(name):
    of = cut(name)
    broken = (np.asarray(of.near) < 0).any(axis=1)
    moved = of.positions + 0.15 * np.random.default_rng(0).normal(size=of.positions.shape)
    found = is_surface(dot(moved, of.symbols))
    np.testing.assert_array_equal(found, broken)


def test_passivants_and_ligands_are_on_the_surface():
    of = cut("zb-CdSe")
    broken = (np.asarray(of.near) < 0).any(axis=1)
    outer = int(np.flatnonzero(broken & (np.array(of.symbols) == "Cd"))[0])
    away = of.positions[outer] - of.positions.mean(axis=0)
    place = of.positions[outer] + 4.5 * away / np.linalg.norm(away)
    for symbol in ("P1", "Cl", "H"):
        found = is_surface(dot(np.vstack([of.positions, place]), (*of.symbols, symbol)))
        np.testing.assert_array_equal(found, [*broken, True])


def test_surface_of_a_perovskite():
    """A cube of 3×3×3 cells: 8 Cs, 27 Pb with six I each, and 54 I with two Pb are inside."""
    of = dot(*perovskite_cube("perovskite-CsPbI3", 3, "CsI", 11.9))
    inside = np.array(of.symbols)[~is_surface(of)].tolist()
    assert {s: inside.count(s) for s in set(inside)} == {"Cs": 8, "Pb": 27, "I": 54}


def test_volume_of_the_hull():
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3.0]])
    assert hull_volume(corners) == pytest.approx(1.0)
    assert hull_volume(corners[:3]) == 0.0
    assert hull_volume(np.eye(3)[[0, 1, 2, 0, 1]]) == 0.0
    assert hull_volume(np.asarray(lattice().positions)) > 0
