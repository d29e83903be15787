"""Electron-phonon couplings: symmetry relations, and a supercell whose atoms are displaced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K, Rule
from nnpp.hamiltonian.bulk import at_shells, matrix
from nnpp.observables.couplings import couplings, mean_couplings, moved, pair
from nnpp.structures.crystal import crystal
from tests import systems
from tests.observables.hand import slope_and_difference

CUTOFF = 2.3
K, Q = np.array([0.1, 0.2, 0.05]), np.array([0.3, -0.15, 0.4])
HALF = np.array([0.5, 0, 0])
SHIFT = np.array([0.11, -0.07, 0.23])


def between(structure, k, q, potential=None):
    found = pair(structure, k, q, CUTOFF, PER_K)
    return found, moved(potential or systems.everything(), found)


def waves(found, which, spins=2):
    """K of all functions at k (0) or k+q (1)."""
    return np.tile(np.asarray(found.system.waves.K[which]), (spins, 1))


@pytest.mark.parametrize("structure", [systems.zincblende, systems.perovskite])
def test_all_atoms_together_move_no_level(structure):
    """The acoustic sum rule: their slopes add up to −i[K, H]; without and with inversion."""
    potential = {"zincblende": systems.everything, "perovskite": systems.cspbi3}
    found = pair(structure(), K, np.zeros(3), 1.0, PER_K)
    at = moved(potential[structure.__name__](), found)
    H, k = np.asarray(at.left), waves(found, 0).T
    together = -1j * (k[:, :, None] * H - H * k[:, None, :])
    np.testing.assert_allclose(np.asarray(at.slope).sum(axis=0), together, atol=1e-12)
    E = np.linalg.eigvalsh(H)
    of_lowest = np.asarray(couplings(at, (0, 4), (0, 4))).sum(axis=0)
    same = np.abs(E[:4, None] - E[None, :4]) < 1e-9
    assert np.abs(of_lowest[:, same]).max() < 1e-12 < np.abs(of_lowest).max()


def test_the_way_back_is_the_adjoint():
    (_, there), (_, back) = (between(systems.zincblende(), *x) for x in ((K, Q), (K + Q, -Q)))
    adjoint = np.asarray(back.slope).conj().transpose(0, 1, 3, 2)
    np.testing.assert_allclose(there.slope, adjoint, atol=1e-14)
    np.testing.assert_allclose(there.left, back.right, atol=1e-14)


def test_a_crystal_moved_as_a_whole_couples_alike():
    """All phases are those of plane waves about another origin."""
    structure = systems.zincblende()
    elsewhere = crystal(structure.cell, np.asarray(structure.fractional) + SHIFT, ("Cd", "Se"))
    found, here = between(structure, K, Q)
    _, there = between(elsewhere, K, Q)
    s = SHIFT @ np.asarray(structure.cell)
    left, right = (np.exp(1j * waves(found, i) @ s) for i in (0, 1))
    turned = left[:, None] * np.asarray(there.slope) * right.conj()
    np.testing.assert_allclose(here.slope, turned, atol=1e-13)
    g = [np.asarray(mean_couplings(x, (6, 8), (7, 9))) for x in (here, there)]
    np.testing.assert_allclose(*g, rtol=1e-10)


def test_atoms_of_a_supercell_displaced():
    """2×1×1 zb-CdSe, atoms of its two cells moved against each other, every term."""
    structure, potential = systems.zincblende(), systems.everything()
    found, at = between(structure, np.zeros(3), HALF)
    cell = np.asarray(structure.cell) * [[2], [1], [1]]
    x = np.asarray(structure.fractional) * [0.5, 1, 1]
    twice = np.concatenate([x, x + HALF])
    K_of = [waves(found, i, 1)[np.asarray(found.system.waves.real[i])] for i in (0, 1)]
    n = np.rint(np.concatenate(K_of) @ np.linalg.inv(2 * np.pi * np.linalg.inv(cell).T))

    def H(atom, move):
        moved_by = np.zeros((4, 3))
        moved_by[[atom, atom + 2]] = move, -np.asarray(move)
        strained = crystal(cell, twice + moved_by @ np.linalg.inv(cell), ("Cd", "Se") * 2)
        s = systems.at(strained, [np.zeros(3)], CUTOFF, rule=Rule(lambda *_: [n.astype(int)]))
        return np.asarray(jax.jit(matrix)(at_shells(potential, s), s))

    first, h = len(K_of[0]), 1e-3
    for atom in (0, 1):
        for gamma, unit in enumerate(np.eye(3)):
            one, two = ((H(atom, x * unit) - H(atom, -x * unit)) / (2 * x) for x in (h, 2 * h))
            slope = ((4 * one - two) / 3).reshape(2, len(n), 2, len(n))
            slope = slope[:, :first, :, first:].reshape(2 * first, -1)
            rows, columns = (np.tile(np.asarray(r), 2) for r in found.system.waves.real)
            mine = np.asarray(at.slope)[atom, gamma][rows][:, columns]
            np.testing.assert_allclose(mine, slope, atol=1e-8 * np.abs(slope).max())


def test_rows_that_only_fill_up_couple_to_nothing():
    found, at = between(systems.zincblende(), np.zeros(3), HALF)
    rows = ~np.tile(np.asarray(found.system.waves.real[0]), 2)
    columns = ~np.tile(np.asarray(found.system.waves.real[1]), 2)
    assert rows.any() or columns.any()
    slope = np.asarray(at.slope)
    assert not slope[:, :, rows].any() and not slope[..., columns].any()


def test_a_mean_is_that_of_its_members():
    """Γ8 with the pair above it at X: the lot of eight, whatever vectors span them."""
    _, at = between(systems.zincblende(), np.zeros(3), HALF)
    each = np.abs(np.asarray(couplings(at, (4, 8), (8, 10)))) ** 2
    mean = np.sqrt(each.mean(axis=(2, 3)))
    np.testing.assert_allclose(mean_couplings(at, (4, 8), (8, 10)), mean, atol=1e-12)


def test_slopes_of_a_mean_are_differences():
    """With respect to the network and every strength, between multiplets."""
    found = pair(systems.zincblende(), np.zeros(3), HALF, 1.8, PER_K)

    def g(potential):
        at = moved(potential, found)
        return jnp.sum(mean_couplings(at, (4, 8), (8, 10)) * jnp.arange(1.0, 7).reshape(2, 3))

    slope, difference = slope_and_difference(g, systems.everything())
    assert slope == pytest.approx(difference, rel=1e-6)
