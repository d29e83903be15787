"""Bands followed through crossings: free waves, whose order is known, and a real crystal."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.plane_waves import PlaneWaves, plane_waves
from nnpp.basis.rules import PER_K, SPHERE
from nnpp.observables.bands import states
from nnpp.observables.ordering import MULTIPLET, continuous_order
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from tests import systems
from tests.observables.hand import spinors

CUBIC = crystal(np.eye(3) * 8.0, [[0, 0, 0]], ("H",))
LINE = np.linspace(-1, 1, 41)[:, None] * [0.3137, 0.1219, -0.0743]
"""Through Γ in a direction of no symmetry: only there are levels degenerate."""

AXIS = np.linspace(-1, 1, 33)[:, None] * [0.45, 0.0, 0.0]
"""Along x, where levels are fourfold all the way and eightfold at Γ."""


def unitary(rng, n: int) -> np.ndarray:
    """A random rotation of n states among themselves."""
    return np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0]


def mixed(E: np.ndarray, psi: np.ndarray, rng) -> np.ndarray:
    """The states of each k with every multiplet turned at random."""
    psi = psi.copy()
    for k, levels in enumerate(E):
        for group in np.split(
            np.arange(len(levels)), np.flatnonzero(np.diff(levels) > 1e-8) + 1
        ):
            psi[k][:, group] = psi[k][:, group] @ unitary(rng, len(group))
    return psi


def free(k, spins: int, rule=SPHERE):
    """Plane waves as the states of an empty lattice: levels, states, waves, and who is who."""
    waves, _ = plane_waves(CUBIC, listed(CUBIC, k), 0.7, rule)
    kinetic = np.sum(np.asarray(waves.K) ** 2, axis=2) / 2
    E = np.tile(np.where(waves.real, kinetic, 1e3), spins)
    who = np.argsort(E, axis=1, kind="stable")
    psi = np.stack([np.eye(E.shape[1], dtype=complex)[:, w] for w in who])
    E = np.take_along_axis(E, who, axis=1)
    return E, mixed(E, psi, np.random.default_rng(3)), waves, who


def followed(E, order) -> np.ndarray:
    return np.take_along_axis(np.asarray(E), order, axis=1)


def rows_are_permutations(order) -> bool:
    return bool((np.sort(order, axis=1) == np.arange(order.shape[1])).all())


@pytest.mark.parametrize("spins", [1, 2])
def test_free_waves_go_straight_through_every_crossing(spins):
    """Each band keeps to one ½|k+G|², through sixfold and twelvefold meetings at Γ."""
    E, psi, waves, who = free(LINE, spins)
    order = continuous_order(jnp.asarray(E), jnp.asarray(psi), waves)
    assert rows_are_permutations(order)
    curves = np.sum(np.asarray(waves.K) ** 2, axis=2) / 2
    exact = np.tile(curves, spins)[:, who[0]]
    assert np.abs(followed(E, order) - exact).max() < 1e-12
    assert np.abs(E - exact).max() > 0.1, "rising order is another one"


def test_multiplets_all_along_a_line():
    """Along an axis the members of a multiplet are not distinguished, but their curves can."""
    E, psi, waves, who = free(AXIS, 1)
    order = continuous_order(jnp.asarray(E), jnp.asarray(psi), waves)
    exact = (np.sum(np.asarray(waves.K) ** 2, axis=2) / 2)[:, who[0]]
    assert rows_are_permutations(order)
    assert np.abs(followed(E, order) - exact).max() < 1e-12
    assert np.abs(E - exact).max() > 0.1


def test_a_basis_that_changes_along_the_path_is_no_hindrance():
    """Each k its own set of waves, in its own order; the lowest seven levels are in all."""
    E, psi, waves, _ = free(0.4 * LINE, 1, PER_K)
    assert len({tuple(row) for row in np.asarray(waves.code).tolist()}) > 1
    E, psi = E[:, :7], psi[:, :, :7]
    order = continuous_order(jnp.asarray(E), jnp.asarray(psi), waves)
    assert np.abs(np.diff(followed(E, order), 2, axis=0)).max() < 5e-5
    assert np.abs(np.diff(E, 2, axis=0)).max() > 1e-3, "rising order has kinks at Γ"


def test_bands_are_numbered_anew_after_a_jump():
    k = np.vstack([LINE, LINE[::-1]])
    E, psi, waves, _ = free(k, 1)
    E, psi = jnp.asarray(E), jnp.asarray(psi)
    n = len(LINE)
    broken, through = continuous_order(E, psi, waves, (n,)), continuous_order(E, psi, waves)
    assert broken[n].tolist() == broken[0].tolist() == list(range(E.shape[1]))
    assert through[n].tolist() != broken[n].tolist()
    assert np.array_equal(broken[:n], through[:n])


def test_a_path_that_starts_in_a_multiplet_numbers_its_bands_where_they_part():
    """From Γ outwards and from Γ the other way: each starts in energy order at its second k."""
    middle = len(LINE) // 2
    k = np.vstack([LINE[middle:], LINE[middle::-1]])
    E, psi, waves, _ = free(k, 1)
    order = continuous_order(jnp.asarray(E), jnp.asarray(psi), waves, (middle + 1,))
    curves = followed(E, order)
    for start in (0, middle + 1):
        assert np.diff(curves[start + 1]).min() > 1e-4
        assert np.abs(np.diff(curves[start : start + middle + 1], 2, axis=0)).max() < 2e-4
    assert np.abs(np.diff(E[: middle + 1], 2, axis=0)).max() > 2e-3, "crossings further out"


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1])
def test_a_multiplet_counts_as_a_whole_however_its_members_are_mixed(angle):
    """Three bands meet a pair and a single level s; s goes on with the band it resembles most.

    s shares 0.4, 0.3, 0.3 with the three. Counted one by one, a pair turned so that one member
    holds all the rest of the first band (0.6) would take that band away from s.
    """
    s = np.sqrt([0.4, 0.3, 0.3])
    first = np.array([1, 0, 0]) - s * s[0]
    first /= np.linalg.norm(first)
    second = np.cross(s, first)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    pair = np.stack([first, second], axis=1) @ turn
    psi = np.stack([np.eye(3), np.hstack([pair, s[:, None]])]).astype(complex)
    E = np.array([[0.0, 1.0, 2.0], [0.5, 0.5, 1.5]])
    waves = PlaneWaves(
        jnp.zeros((2, 3, 3)),
        jnp.tile(jnp.arange(3), (2, 1)),
        jnp.ones((2, 3), bool),
        jnp.full(2, jnp.inf),
    )
    order = continuous_order(jnp.asarray(E), jnp.asarray(psi), waves)
    assert order[1, 0] == 2
    assert sorted(order[1, 1:].tolist()) == [0, 1]


def test_spins_of_a_real_crystal_pass_through_gamma():
    """Time reversal: E↑(−k) = E↓(k), so that without inversion a pair changes places.

    zb-CdSe with spin-orbit, through the quartet and the doublets of Γ, however they were mixed.
    """
    k = np.linspace(-0.9, 0.9, 17)[:, None] * [[0.21, 0.13, 0.3]]
    system = systems.at(systems.zincblende(), k, 1.5, rule=SPHERE)
    E, psi = (np.asarray(x) for x in states(spinors(), system, 14))
    assert np.ptp(E[8, 4:8]) < 1e-10 < 1e-4 < E[8, 4] - E[8, 3]
    turned = mixed(E, psi, np.random.default_rng(5))
    order = continuous_order(jnp.asarray(E), jnp.asarray(turned), system.waves)
    assert rows_are_permutations(order)
    curves, partner = followed(E, order), np.arange(14) ^ 1
    assert np.abs(curves[::-1] - curves[:, partner]).max() < 2 * MULTIPLET
    assert np.abs(curves[0] - curves[0, partner])[2:].min() > 5e-5
