"""Δ = E(Γ8) − E(Γ7): levels by hand, perturbation theory, and its derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import frame
from nnpp.observables.bands import Bands, levels, states
from nnpp.observables.gaps import spin_orbit_splitting
from nnpp.terms.projectors import separable
from nnpp.terms.term import term_named
from tests import systems
from tests.observables import hand

A5 = jnp.array([0.8, 1.9])
GAMMA = systems.at(systems.zincblende(), [0.0, 0, 0], cutoff=2.0)


def splitting(a5) -> jax.Array:
    """Δ of zb-CdSe with the spin-orbit strengths a5."""
    kpoints = hand.bands(np.zeros((1, 1))).kpoints
    return spin_orbit_splitting(Bands(kpoints, levels(hand.spinors(a5), GAMMA, 8), 8, True))


@pytest.mark.parametrize(
    ("E", "delta"),
    [
        ([-9, -9, -1.3, -1.3, -1, -1, -1, -1, 2], 0.3),
        ([-9, -9, -1.3, -1.3, -1.3, -1.3, -1, -1, 2], -0.3),
        ([-9, -9, -1, -1, -1, -1, -1, -1, 2], 0.0),
        ([-9, -9, -2, -1.8, -1.3, -1.1, -1.0, -0.6, 2], 0.9),
    ],
    ids=["usual", "inverted", "none", "quartet split by less"],
)
def test_levels_by_hand(E, delta):
    found = spin_orbit_splitting(hand.bands(E, occupied=8, spinor=True))
    assert float(found) == pytest.approx(delta)


def test_gamma_is_looked_for_among_the_k_points():
    E = np.array([[-9, -9, -5, -4, -3, -2, -1, 0], [-9, -9, -2, -2, -1, -1, -1, -1.0]])
    there = hand.bands(E, [[0.5, 0, 0], [0, 0, 0]], occupied=8, spinor=True)
    assert float(spin_orbit_splitting(there)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("E", "k", "occupied", "needed"),
    [
        (np.zeros((1, 9)), [[0.5, 0, 0]], 8, "Γ is not among the k-points"),
        (np.zeros((1, 9)), [[0, 0, 0]], 4, "needs all occupied levels"),
        (np.zeros((1, 7)), [[0, 0, 0]], 8, "needs all occupied levels"),
    ],
    ids=["no Γ", "four filled levels", "filled levels missing"],
)
def test_without_six_filled_levels_at_gamma_it_is_refused(E, k, occupied, needed):
    with pytest.raises(InputError, match=needed):
        spin_orbit_splitting(hand.bands(E, k, occupied=occupied, spinor=True))


def test_without_spin_orbit_there_is_none():
    E = levels(systems.cdse(), GAMMA, 5)
    triple = np.asarray(E[0])
    assert triple[1] - triple[0] > 1e-2 < triple[4] - triple[3]
    assert abs(float(spin_orbit_splitting(hand.bands(E, occupied=4)))) < 1e-12


def test_a_triplet_splits_into_four_and_two_as_perturbation_theory_says():
    """6×6 matrix ⟨Γ15,s|H_SO|Γ15,s′⟩ of the spinless states: Δ₁ = 3/2 of its upper level."""
    _, psi = states(systems.cdse(), GAMMA, 5)
    triplet = np.asarray(psi)[0, :, 1:4]
    waves = jax.tree.map(lambda x: x[0], GAMMA.waves)
    (B,) = frame(waves, GAMMA).B["spin_orbit"]
    term = term_named("spin_orbit")
    H = np.asarray(separable(term, A5[GAMMA.centres.species], B).matrix())
    W = np.einsum("gm,sgth,hn->smtn", triplet.conj(), H, triplet).reshape(6, 6)
    low, high = np.split(np.linalg.eigvalsh(W), [2])
    assert np.ptp(low) < 1e-12 > np.ptp(high)
    assert low[0] == pytest.approx(-2 * high[0])
    first = high[0] - low[0]
    assert first > 1e-3, "a5 > 0 raises the quartet, as in the atom j = 3/2"
    small = 1e-3
    assert float(splitting(small * A5)) / small == pytest.approx(first, rel=1e-3)
    assert float(splitting(-small * A5)) / small == pytest.approx(-first, rel=1e-3)
    assert abs(float(splitting(A5)) - first) > 1e-6, "beyond first order"


def test_its_derivative_at_the_multiplets():
    slope = np.asarray(jax.grad(splitting)(A5))
    assert np.isfinite(slope).all()
    for i in range(2):
        e = np.eye(2)[i] * 1e-3
        central = (float(splitting(A5 + e)) - float(splitting(A5 - e))) / 2e-3
        assert slope[i] == pytest.approx(central, rel=1e-5)
        assert abs(slope[i]) > 1e-5
