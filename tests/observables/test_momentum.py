"""Velocities: differences of levels, masses from them, and Kane's energy."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.kdotp import expansion, inverse_masses, kane_energy, squared, velocity
from nnpp.observables.optics import levels_and_velocities
from nnpp.potentials.potential import Potential, Strengths
from tests import systems
from tests.observables.hand import levels_near, slope_and_difference

CUTOFF, K = 1.8, np.array(systems.GENERIC_K[3])


def at(potential, k=K):
    system = systems.at(systems.zincblende(), [k], CUTOFF)
    return system, velocity(at_shells(potential, system), system)


@pytest.mark.parametrize("spin", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_level_moves_with_its_own_velocity(spin):
    """⟨n|v_i|n⟩ = ∂E_n/∂k_i in the plane waves of k, with every term; and v is Hermitian."""
    potential, n = systems.everything(spin=spin), 6
    system = systems.at(systems.zincblende(), [K], CUTOFF)
    v = np.asarray(levels_and_velocities(potential, system, n)[1][0])
    np.testing.assert_allclose(v, v.conj().transpose(0, 2, 1), atol=1e-13)
    E, h = levels_near(potential, system), 1e-3
    for i, unit in enumerate(np.eye(3)):
        near = [E(x * h * unit)[:n] for x in (-2, -1, 1, 2)]
        slope = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * h)
        np.testing.assert_allclose(v[i].diagonal().real, slope, atol=1e-8)


def test_masses_from_all_velocities_of_a_local_potential():
    """(1/m)_ij = δ_ij + 2 Σ_l Re v_i v_j / (E − E_l): T alone moves with k."""
    potential = systems.cdse()
    system, found = at(potential)
    E, U = np.linalg.eigh(np.asarray(found.H))
    v = U.conj().T @ np.asarray(found.H_i) @ U
    apart = np.delete(E[4] - E, 4)
    of_others = np.delete(v[:, 4], 4, axis=1)
    mixed = np.einsum("il,jl,l->ij", of_others, of_others.conj(), 1 / apart).real
    by_hand = np.eye(3) + 2 * mixed
    about = expansion(at_shells(potential, system), system)
    np.testing.assert_allclose(inverse_masses(about, 4, 5), by_hand, rtol=1e-9)


def test_kane_s_energy_is_that_of_one_matrix_element():
    """2|⟨S|p_x|X⟩|²: of Γ15 without spin, and with a spin-orbit term too weak to matter."""
    weak = Potential(
        systems.cdse().local, Strengths(spin_orbit=jnp.full(2, 1e-7)), ("Cd", "Se")
    )
    _, of_spinors = at(weak, np.zeros(3))
    potential = systems.cdse()
    _, found = at(potential, np.zeros(3))
    E_P = float(kane_energy(found, (4, 5), (1, 4)))
    U = np.linalg.eigh(np.asarray(found.H))[1]
    strengths = np.abs(U[:, 4].conj() @ np.asarray(found.H_i[0]) @ U[:, 1:4]) ** 2
    assert pytest.approx(2 * strengths.sum(), rel=1e-10) == E_P
    each = np.asarray(squared(found, (4, 5), (1, 4)))
    np.testing.assert_allclose(each, np.eye(3) * E_P / 2, atol=1e-12)
    assert float(kane_energy(of_spinors, (8, 10), (2, 8))) == pytest.approx(E_P, rel=1e-5)


def test_slopes_of_kane_s_energy_are_differences():
    """With respect to the network and every strength, between multiplets."""
    system = systems.at(systems.zincblende(), [np.zeros(3)], CUTOFF)

    def E_P(potential):
        return kane_energy(velocity(at_shells(potential, system), system), (8, 10), (2, 8))

    slope, difference = slope_and_difference(E_P, systems.everything())
    assert slope == pytest.approx(difference, rel=1e-6)
