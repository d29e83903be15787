"""Shares of levels about atoms: closed forms, a trace, and a sum over points of the cell."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.observables.bands import Bands, states
from nnpp.observables.dos import (
    form_factor,
    gaussian_dos,
    levels_in_spheres,
    tetrahedron_dos,
    touching_radii,
)
from nnpp.observables.fields import densities
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.symmetry import mesh
from tests import systems

RADII = (2.2, 2.6)


def volume(R):
    return 4 * np.pi / 3 * R**3


def test_a_plane_wave_is_everywhere():
    nothing = Potential(Zunger(jnp.zeros((2, 4)).at[:, 1:].set(1.0)), Strengths(), ("Cd", "Se"))
    structure = systems.zincblende()
    system = systems.at(structure, [[0.1, 0.2, 0.05]], 1.0)
    _, share = levels_in_spheres(nothing, system, 1, RADII)
    wanted = [volume(R) / float(structure.volume) for R in RADII]
    np.testing.assert_allclose(share[0, 0], wanted, rtol=1e-12)


@pytest.mark.parametrize("spin", [True, False])
def test_all_levels_together_fill_the_cell_evenly(spin):
    """tr θ = N·V_s/Ω, of all levels of the basis."""
    structure = systems.zincblende()
    system = systems.at(structure, [systems.GENERIC_K[3]], 1.2)
    n = system.max_levels(spin)
    _, share = levels_in_spheres(systems.everything(spin=spin), system, n, RADII)
    wanted = [n * volume(R) / float(structure.volume) for R in RADII]
    np.testing.assert_allclose(share[0].sum(axis=0), wanted, rtol=1e-10)


def test_shares_are_sums_over_points_of_the_cell():
    """|ψ|² summed within spheres about all images, on the points where it is known exactly."""
    structure, potential = systems.zincblende(), systems.everything()
    system = systems.at(structure, [[0.1, 0.2, 0.05]], 3.0)
    _, share = levels_in_spheres(potential, system, 8, RADII)
    _, psi = states(potential, system, 8)
    rho = densities(potential, system, structure, psi[0])
    n = np.stack(np.meshgrid(*[np.arange(s) / s for s in rho.shape[1:]], indexing="ij"), -1)
    cell, images = np.asarray(structure.cell), np.array([-1.0, 0, 1])
    for s, R in enumerate(RADII):
        away = n[..., None, :] - np.asarray(structure.fractional[s]) + np.stack(
            np.meshgrid(images, images, images, indexing="ij"), -1).reshape(-1, 3)  # fmt: skip
        inside = (np.linalg.norm(away @ cell, axis=-1) < R).any(axis=-1)
        of_points = rho[:, inside].sum(axis=1) * float(structure.volume) / inside.size
        np.testing.assert_allclose(share[0, :, s], of_points, atol=0.02)


def test_a_form_factor_begins_as_its_volume():
    q = jnp.array([0.0, 1e-5, 4.9e-4, 5.1e-4, 2.0])
    found = np.asarray(form_factor(q, 2.0))
    assert found[0] == pytest.approx(volume(2.0))
    assert found[2] == pytest.approx(found[3], rel=1e-8)
    x = 4.0
    assert found[4] == pytest.approx(4 * np.pi * 8 * (np.sin(x) / x - np.cos(x)) / x**2)


def test_spheres_touch():
    structure = systems.zincblende()
    bond = np.sqrt(3) / 4 * systems.A_CDSE
    assert touching_radii(structure, (1.4, 1.2)) == pytest.approx(
        (bond * 1.4 / 2.6, bond * 1.2 / 2.6)
    )
    alone = crystal(np.eye(3) * 5.0, [[0, 0, 0]], ("Po",))
    assert touching_radii(alone, (3.0,)) == pytest.approx((2.5,))


def test_parts_of_a_density_have_their_share():
    """Each element of a level that is a third there; both kinds of density."""
    structure, size = systems.zincblende(), (4,) * 3
    k = mesh(structure, size)
    E = jnp.cos(2 * jnp.pi * k.fractional).sum(axis=1)[:, None] + jnp.array([0.0, 10.0])
    bands, energy = Bands(k, E, 1, False), np.linspace(-4, 14, 400)
    third = {"Cd": np.full(E.shape, 1 / 3), "Se": np.zeros(E.shape)}
    for found in (
        tetrahedron_dos(bands, structure, size, energy, third),
        gaussian_dos(bands, 0.1, energy, third),
    ):
        np.testing.assert_allclose(found.atoms["Cd"], found.density / 3, atol=1e-12)
        assert not found.atoms["Se"].any()
