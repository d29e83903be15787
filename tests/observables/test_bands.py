"""How many levels there are, how many are filled, and what is refused."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import bands, levels, occupied_levels, states, validated
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from nnpp.terms.kinetic import FILLING
from tests import systems
from tests.observables import hand
from tests.observables.hand import spinors

STRUCTURE = systems.zincblende()
KPOINTS = listed(STRUCTURE, systems.GENERIC_K)
SYSTEM = system(STRUCTURE, KPOINTS, 1.0, PER_K)
ROOM = int(np.asarray(SYSTEM.waves.real).sum(axis=1).min())


def test_all_levels_of_the_smallest_basis_are_levels():
    """Five k-points with bases of unequal size: no filling row is returned as a level."""
    assert SYSTEM.waves.K.shape[1] > ROOM
    found = bands(systems.cdse(), SYSTEM, STRUCTURE, KPOINTS, ROOM)
    assert found.E.shape == (5, ROOM)
    assert float(found.E.max()) < 2 < FILLING
    assert np.diff(found.E, axis=1).min() >= 0


@pytest.mark.parametrize("n", [0, -1, ROOM + 1])
def test_other_numbers_of_bands_are_refused(n):
    with pytest.raises(InputError, match=f"{n} bands do not fit into {ROOM}"):
        bands(systems.cdse(), SYSTEM, STRUCTURE, KPOINTS, n)


@pytest.mark.parametrize("function", [levels, states])
def test_levels_of_filling_rows_are_refused(function):
    with pytest.raises(InputError, match=f"{ROOM + 1} bands do not fit into {ROOM}"):
        function(systems.cdse(), SYSTEM, ROOM + 1)
    with pytest.raises(InputError, match="levels reach 1000 hartree"):
        validated(jnp.zeros((5, 3)).at[2, -1].set(FILLING))


def test_by_default_the_filled_levels_and_a_few_more():
    """Cd and Se have eight electrons: four levels, or eight spinors."""
    plain = bands(systems.cdse(), SYSTEM, STRUCTURE, KPOINTS)
    assert (plain.occupied, plain.E.shape[1], plain.spinor) == (4, 8, False)
    split = bands(spinors(), SYSTEM, STRUCTURE, KPOINTS)
    assert (split.occupied, split.E.shape[1], split.spinor) == (8, 16, True)
    stated = bands(systems.cdse(), SYSTEM, STRUCTURE, KPOINTS, 8, electrons=2)
    assert (stated.occupied, stated.E.shape[1]) == (1, 8)


def test_odd_electrons_need_spinors():
    assert occupied_levels(7, spinor=True) == 7
    assert occupied_levels(8, spinor=False) == 4
    with pytest.raises(InputError, match=r"7 electrons .* even number of `electrons`"):
        occupied_levels(7, spinor=False)
    odd = crystal(STRUCTURE.cell, STRUCTURE.fractional, ("Cd", "I"))
    with pytest.raises(InputError, match="9 electrons"):
        bands(systems.cdse(), SYSTEM, odd, KPOINTS)


def test_a_potential_that_is_no_number_is_reported():
    broken = Potential(Zunger(jnp.full((2, 4), jnp.nan)), Strengths(), ("Cd", "Se"))
    with pytest.raises(InputError, match="levels reach nan"):
        bands(broken, SYSTEM, STRUCTURE, KPOINTS, 8)


def test_doubling_writes_every_spinless_level_twice():
    once = hand.bands([[-1.0, 0.5, 2.0], [-2.0, 0.0, 3.0]], occupied=1)
    twice = once.doubled()
    assert twice.E.tolist() == [[-1, -1, 0.5, 0.5, 2, 2], [-2, -2, 0, 0, 3, 3]]
    assert (twice.occupied, twice.spinor) == (2, True)
    assert twice.doubled() is twice


def test_spin_orbit_of_zero_gives_the_doubled_bands():
    split, zero = (
        bands(spinors(a5), SYSTEM, STRUCTURE, KPOINTS, 16) for a5 in ((0.8, 1.9), (0.0, 0.0))
    )
    plain = bands(systems.cdse(), SYSTEM, STRUCTURE, KPOINTS, 8).doubled()
    assert zero.occupied == plain.occupied
    assert np.abs(zero.E - plain.E).max() < 1e-12
    assert np.abs(split.E - plain.E).max() > 1e-4


def test_states_are_orthonormal_and_belong_to_the_levels():
    E, psi = states(spinors(), SYSTEM, 16)
    assert np.abs(E - levels(spinors(), SYSTEM, 16)).max() < 1e-12
    overlap = np.einsum("kgm,kgn->kmn", psi.conj(), psi)
    assert np.abs(overlap - np.eye(16)).max() < 1e-12
    filling = np.tile(~np.asarray(SYSTEM.waves.real), 2)
    assert filling.any()
    assert np.abs(np.asarray(psi)[filling]).max() < 1e-12
