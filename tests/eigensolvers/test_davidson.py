"""Davidson against dense: no level lost, none wrong, whatever the potential."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.davidson import Ritz, _errors, davidson
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.wanted import Lowest
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import at_shells, hamiltonian, values
from nnpp.observables.bands import bands, levels, states
from nnpp.observables.completeness import complete
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.units import BOHR_ANGSTROM
from tests import systems

POTENTIALS, CUTOFF = 200, 5.0


def random_k(rng):
    """Γ, X, L; points so near to them that multiplets split by 1e-9 to 1e-3; any point."""
    special = systems.GXL[rng.integers(3)]
    near = 10.0 ** rng.uniform(-9, -3) * rng.normal(size=3)
    return [special, special + near, rng.uniform(-0.5, 0.5, 3)][rng.integers(3)]


@pytest.mark.parametrize("n", [pytest.param(7, marks=pytest.mark.slow), 10])
def test_two_hundred_potentials_lose_no_level(n):
    """Zunger forms around the published one, some far from it, each at another k."""
    rng = np.random.default_rng(0)
    k = np.array([random_k(rng) for _ in range(POTENTIALS)])
    s, form = systems.at(systems.zincblende(), k, cutoff=CUTOFF), systems.zunger("Cd", "Se").a
    spread = rng.choice([0.01, 0.1, 0.3], POTENTIALS)[:, None, None]
    a = form * (1 + spread * rng.uniform(-1, 1, (POTENTIALS, *form.shape)))

    @jax.jit
    def both(a, waves):
        potential = Potential(Zunger(a), Strengths(), ("Cd", "Se"))
        H = hamiltonian(waves, s, values(at_shells(potential, s), s))
        return davidson(H, Lowest(n))[0], dense(H, Lowest(n))[0]

    found, exact = zip(*(both(a[i], jax.tree.map(lambda x, i=i: x[i], s.waves))
                         for i in range(POTENTIALS)), strict=True)  # fmt: skip
    exact = np.array(exact)
    apart = np.diff(exact, axis=1)
    assert np.sum((apart > 1e-10) & (apart < 1e-4)) > 20, "there are near-degeneracies"
    assert np.abs(np.array(found) - exact).max() < 1e-9


@pytest.mark.parametrize("made", [
    pytest.param(systems.cspbi3, marks=pytest.mark.slow),
    partial(systems.everything, ("Pb", "I", "Cs")),
])  # fmt: skip
def test_levels_with_spin_orbit_and_every_other_term(made):
    """CsPbI3 with its published strengths at R, and a random network."""
    s, potential = systems.at(systems.perovskite(), [[0.5, 0.5, 0.5]], cutoff=2.0), made()
    found, exact = (levels(potential, s, 14, f) for f in (davidson, dense))
    assert float(jnp.abs(found - exact).max()) < 1e-9 < float(jnp.ptp(exact))


@pytest.mark.slow
@pytest.mark.parametrize("n", [9, 16])
def test_kramers_pairs_where_three_of_them_meet(n):
    """CsPbI3 at Γ and next to it; an odd number of levels cuts the last pair."""
    s = systems.at(systems.perovskite(), [[0.0, 0.0, 0.0], [1e-7, 0.0, 0.0]], cutoff=2.5)
    found, exact = (levels(systems.cspbi3(), s, n, f) for f in (davidson, dense))
    assert float(jnp.abs(found - exact).max()) < 1e-9
    assert int(jnp.sum(jnp.diff(exact[0]) < 1e-10)) > n // 2, "pairs, and groups of them"


def test_states_of_pairs_are_states():
    """|Hψ − Eψ| and overlaps of the states of spinors, partners among them."""
    s = systems.at(systems.perovskite(), [0.1, 0.2, 0.3], cutoff=2.5)
    potential = systems.cspbi3()
    E, psi = states(potential, s, 12, davidson)
    waves = jax.tree.map(lambda x: x[0], s.waves)
    H = jax.jit(lambda p: hamiltonian(waves, s, values(at_shells(p, s), s)).matrix())(potential)
    assert H.shape[0] == psi.shape[1], "the basis is the same"
    assert float(jnp.abs(H @ psi[0] - psi[0] * E[0]).max()) < 1e-7
    assert float(jnp.abs(psi[0].conj().T @ psi[0] - jnp.eye(12)).max()) < 1e-12


def test_levels_that_do_not_converge_are_nan(monkeypatch):
    """Too few sweeps give NaN, and an error with a remedy."""
    monkeypatch.setattr("nnpp.eigensolvers.davidson.SWEEPS", 1)
    structure = systems.zincblende()
    s = systems.at(structure, [0.1, 0.2, 0.3], cutoff=CUTOFF)
    kpoints = systems.listed(structure, np.array([[0.1, 0.2, 0.3]]))

    def coarse(H, wanted):
        return davidson(replace(H, coarse=20), wanted)

    with pytest.raises(InputError, match="solver: dense"):
        bands(systems.cdse(), s, structure, kpoints, 8, solve=coarse)


def test_a_missed_level_raises_an_error():
    """Levels without the third one, and without the last but one of a pair."""
    s = systems.at(systems.zincblende(), systems.GENERIC_K, cutoff=3.0)
    E = levels(systems.cdse(), s, 9, dense)
    assert complete(E[:, :8], systems.cdse(), s) is not None
    for missing in (2, 7):
        with pytest.raises(InputError, match="solver: dense"):
            complete(jnp.delete(E, missing, axis=1), systems.cdse(), s)


def test_a_guard_of_another_symmetry_is_no_worse_than_the_last_level():
    """CdTe of Cohen and Bergstresser at L: levels 10 and 11 lie 1.4 meV apart there.

    The lower one is found only if the guards are corrected, too.
    """
    a, volume = 6.41 / BOHR_ANGSTROM, (6.41 / BOHR_ANGSTROM) ** 3 / 4
    symmetric, antisymmetric = [-0.20, 0.0, 0.00, 0.04], [0.15, 0.09, 0.0, 0.04]
    q = 2 * np.pi / a * np.sqrt([3.0, 4.0, 8.0, 11.0])
    v = np.subtract(symmetric, antisymmetric), np.add(symmetric, antisymmetric)
    table = Table(tuple(q.tolist()), jnp.asarray(np.stack(v, axis=1) * volume / 4))
    potential = Potential(table, Strengths(), ("Cd", "Te"))
    structure = crystal(systems.FCC * a, systems.EIGHTH, ("Cd", "Te"))
    s = systems.at(structure, systems.GXL, cutoff=45 / 2 * (2 * np.pi / a) ** 2)
    found, exact = (levels(potential, s, 10, f) for f in (davidson, dense))
    assert float(jnp.abs(found - exact).max()) < 1e-9


def test_a_guard_counts_only_if_it_may_be_lower_than_the_last_wanted_level():
    """The fourth level lies 0.1 above the third with |r| = 0.4, the fifth far above."""
    E, length = jnp.array([0.0, 1.0, 5.0, 5.1, 9.0]), jnp.array([0.1, 0.2, 0.3, 0.4, 0.5])
    X = jnp.eye(6)[:, None, :5]
    HX = X * E + jnp.eye(6)[:, None, [5]] * length
    assert _errors(Ritz(E, X, HX), 3) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0])
    assert _errors(Ritz(E, X, HX), 2) == pytest.approx([0.1, 0.2, 0, 0, 0])
