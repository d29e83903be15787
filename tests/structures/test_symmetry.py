"""Space groups by name; meshes against orbits counted here, one k-point at a time."""

from math import lcm

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.structures import symmetry
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from nnpp.structures.symmetry import mesh, mesh_map, primitive_cells, rotations, space_group
from tests import systems
from tests.structures.cells import CELLS

GROUPS = {
    "zinc blende": ("F-43m (216)", 24, 1),
    "silicon": ("Fd-3m (227)", 48, 1),
    "wurtzite": ("P6_3mc (186)", 12, 1),
    "perovskite": ("Pm-3m (221)", 48, 1),
    "eight atoms": ("F-43m (216)", 24, 4),
    "two cells": ("F-43m (216)", 6, 2),
    "other vectors": ("F-43m (216)", 24, 1),
    "left-handed": ("F-43m (216)", 24, 1),
    "turned": ("F-43m (216)", 24, 1),
    "triclinic": ("P1 (1)", 1, 1),
}
"""Symbol, rotations that the lattice of the given cell keeps, primitive cells in it."""

SIZES = [(4, 4, 4), (2, 3, 4), (3, 3, 2)]


def orbits(structure, size):
    """For each point of the mesh the first one that {R, −R} turns into it, modulo G."""
    fine = lcm(*size)
    step = fine // np.array(size)
    points = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).reshape(-1, 3)
    first = {}
    for point in map(tuple, points):
        if point in first:
            continue
        for R in np.vstack([rotations(structure), -rotations(structure)]):
            image = (point * step) @ R % fine
            if not (image % step).any():
                first[tuple(image // step)] = point
    return points, [first[tuple(p)] for p in points]


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name):
    structure = CELLS[name]()
    symbol, operations, cells = GROUPS[name]
    assert space_group(structure) == symbol
    assert len(rotations(structure)) == operations
    assert primitive_cells(structure) == cells


@pytest.mark.parametrize("name", GROUPS)
def test_rotations_form_a_group_and_keep_all_distances(name):
    structure = CELLS[name]()
    R, a = rotations(structure), np.asarray(structure.cell)
    products = {(r @ s).tobytes() for r in R for s in R}
    assert products == {r.tobytes() for r in R}
    metric = a @ a.T
    assert np.abs(R.transpose(0, 2, 1) @ metric @ R - metric).max() < 1e-10


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("size", SIZES)
def test_a_mesh_is_cut_into_the_orbits_of_the_group_and_time_reversal(name, size):
    structure = CELLS[name]()
    points, first = orbits(structure, size)
    representative, address = mesh_map(structure, size)
    found = {tuple(p % size): s for p, s in zip(address, representative, strict=True)}
    pairs = {(found[tuple(p)], f) for p, f in zip(points, first, strict=True)}
    assert len(pairs) == len(set(first)) == len(set(representative))
    k = mesh(structure, size)
    assert len(k) == len(set(first)) < len(points)
    _, members = np.unique(first, axis=0, return_counts=True)
    w = np.asarray(k.weights) * len(points)
    assert np.allclose(np.sort(w), np.sort(members), atol=1e-10)
    assert float(k.weights.sum()) == pytest.approx(1, abs=1e-14)
    assert k.gamma == 0


@pytest.mark.parametrize(("n", "irreducible"), [(4, 8), (6, 16), (8, 29), (10, 47), (12, 72)])
def test_face_centred_cubic_meshes(n, irreducible):
    """Γ-centred meshes of fcc crystals, as every plane-wave program lists them."""
    assert len(mesh(CELLS["silicon"](), (n, n, n))) == irreducible
    assert len(mesh(CELLS["zinc blende"](), (n, n, n))) == irreducible


@pytest.mark.parametrize("name", GROUPS)
def test_the_sum_over_a_mesh_is_the_sum_over_the_full_one(name):
    """exp Σ_R cos(2π k·R n) has the symmetry of the crystal and a mean of its own."""
    structure, size, n = CELLS[name](), (4, 3, 5), np.array([1, 2, -1])
    R = rotations(structure)

    def f(k):
        return np.exp(np.cos(2 * np.pi * k @ (R @ n).T).mean(axis=1))

    full = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).reshape(-1, 3)
    values, k = f(full / size), mesh(structure, size)
    assert np.ptp(values) > 0.1
    assert np.asarray(k.weights) @ f(np.asarray(k.fractional)) == pytest.approx(
        values.mean(), abs=1e-13
    )


def test_levels_with_spin_orbit_have_the_symmetry_that_the_mesh_assumes():
    """Zinc blende has no inversion: k and −k are partners by time reversal alone."""
    structure = systems.zincblende().strained(np.diag([0.02, -0.01, 0.005]))
    assert rotations(structure).sum(axis=(1, 2)).min() > -3, "no inversion"
    size = (3, 3, 3)
    reduced = mesh(structure, size)
    full = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).reshape(-1, 3) / 3
    k = listed(structure, np.vstack([reduced.fractional, full]))
    strengths = Strengths(spin_orbit=jnp.array([0.8, 1.9]))
    potential = Potential(systems.cdse().local, strengths, ("Cd", "Se"))
    E = np.asarray(levels(potential, system(structure, k, 1.2, PER_K), 9))
    some, every = E[: len(reduced)], E[len(reduced) :]
    assert len(reduced) < 14
    assert np.abs(np.asarray(reduced.weights) @ some - every.mean(axis=0)).max() < 1e-12
    assert np.abs(some.mean(axis=0) - every.mean(axis=0)).max() > 1e-4


def test_a_shift_along_one_axis_halves_the_group():
    """Moving the anion along z takes the threefold axes away: I-4m2 or C2v, not Td."""
    structure = systems.zincblende()
    along_z = np.array([0, 0, 0.1]) @ np.linalg.inv(np.asarray(structure.cell))
    moved = crystal(structure.cell, structure.fractional.at[1].add(along_z), structure.symbols)
    assert len(rotations(moved)) == 4


def test_a_mesh_of_too_many_points_is_refused(monkeypatch):
    monkeypatch.setattr(symmetry, "MOST_POINTS", 8)
    assert len(mesh_map(systems.zincblende(), (2, 2, 2))[0]) == 8
    with pytest.raises(InputError, match=r"a mesh of \(3, 3, 1\) has too many points"):
        mesh_map(systems.zincblende(), (3, 3, 1))
