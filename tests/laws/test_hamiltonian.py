"""Laws of H over every potential: Hermitian, dense = matrix-free, padding, symmetries."""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import RULES
from nnpp.hamiltonian.bulk import at_shells, hamiltonian, values
from nnpp.observables.bands import levels
from nnpp.structures.crystal import crystal
from nnpp.structures.symmetry import rotations
from nnpp.terms.kinetic import FILLING
from nnpp.units import HARTREE_EV
from tests import systems

every_potential = pytest.mark.parametrize("name", systems.POTENTIALS)
every_pair = pytest.mark.parametrize(("name", "solver"), systems.BOTH)


matrix = jax.jit(lambda op: op.matrix())
act = jax.jit(lambda H, psi: H.apply(psi))
act_alone = jax.jit(lambda op, psi: op @ psi)


@lru_cache
def hamiltonians(name):
    """The plane waves and H at every k of the generic system."""
    s, potential = systems.generic(), systems.POTENTIALS[name]()
    build = jax.jit(hamiltonian)
    numbers = jax.jit(lambda p, s: values(at_shells(p, s), s))(potential, s)
    every = [jax.tree.map(lambda x, i=i: x[i], s.waves) for i in range(len(s.waves.K))]
    return [(waves, build(waves, s, numbers)) for waves in every]


@every_potential
def test_every_operator_is_hermitian_and_not_zero(name):
    for _, H in hamiltonians(name):
        for op in H.scalar + H.spin:
            M = np.asarray(matrix(op))
            assert np.abs(M).max() > 1e-4
            assert np.allclose(M, M.transpose(2, 3, 0, 1).conj(), atol=1e-14)


@every_potential
def test_the_matrix_and_the_action_agree(name):
    for waves, H in hamiltonians(name):
        M = np.asarray(matrix(H))
        rng = np.random.default_rng(1)
        psi = rng.normal(size=(len(M), 3)) + 1j * rng.normal(size=(len(M), 3))
        assert np.abs(act(H, jnp.asarray(psi)) - M @ psi).max() < 1e-10 * FILLING / 100
        real = np.tile(np.asarray(waves.real), H.spins)
        psi[~real] = 0
        assert np.abs(act(H, jnp.asarray(psi)) - M @ psi).max() < 1e-12
        assert np.allclose(H.diagonal(), np.diag(M), atol=1e-13)


@every_potential
def test_every_operator_alone_acts_as_its_matrix(name):
    for waves, H in hamiltonians(name):
        rng = np.random.default_rng(2)
        psi = rng.normal(size=(2, waves.code.shape[0], 2)) + 0j
        psi[:, ~np.asarray(waves.real)] = 0
        for op in H.scalar + H.spin:
            M = np.asarray(matrix(op))
            M = np.einsum("st,gh->sgth", np.eye(2), M[0, :, 0]) if len(M) == 1 else M
            acted = np.asarray(act_alone(op, jnp.asarray(psi)))
            assert np.abs(acted).max() > 1e-4
            assert np.abs(acted - np.einsum("sgth,thn->sgn", M, psi)).max() < 1e-12


@every_pair
def test_padding_never_changes_a_level(name, solver):
    """One k alone has no rows of padding; together with others it has."""
    potential, together = systems.POTENTIALS[name](), systems.generic()
    assert not np.asarray(together.waves.real).all()
    solve = systems.SOLVERS[solver]
    E = levels(potential, together, 10, solve)
    structure = systems.zincblende().strained(systems.LOW_SYMMETRY)
    for i in (0, 4):  # each is a program to compile
        alone = systems.at(structure, systems.GENERIC_K[i])
        assert np.asarray(alone.waves.real).all()
        assert np.abs(levels(potential, alone, 10, solve)[0] - E[i]).max() < 1e-11


@every_potential
@pytest.mark.parametrize("rule", RULES)
def test_a_shift_of_origin_changes_no_level(name, rule):
    potential, k = systems.POTENTIALS[name](), [[0.13, 0.27, -0.31], [0.5, 0.5, 0.5]]
    here = systems.zincblende()
    shift = np.array([0.137, -0.291, 0.043])
    there = crystal(here.cell, here.fractional + shift, here.symbols)
    E = [levels(potential, systems.at(c, k, rule=RULES[rule]), 10) for c in (here, there)]
    assert np.abs(E[0] - E[1]).max() < 1e-11


@every_pair
def test_minus_k_has_the_levels_of_k(name, solver):
    k = np.array([[0.13, 0.27, -0.31], [0.05, 0.4, 0.2]])
    s = systems.at(systems.zincblende(), np.vstack([k, -k]))
    E = levels(systems.POTENTIALS[name](), s, 10, systems.SOLVERS[solver])
    assert np.abs(E[:2] - E[2:]).max() < 1e-12
    assert np.abs(E[0] - E[1]).max() > 1e-3


@every_pair
def test_rotations_of_the_crystal_change_no_level(name, solver):
    """100 random pairs of k and operation, |ΔE| < 1e-9 eV."""
    structure, rng = systems.zincblende(), np.random.default_rng(0)
    R = rotations(structure)
    assert len(R) == 24
    k = rng.uniform(-0.5, 0.5, (100, 3))
    turned = np.einsum("ki,kij->kj", k, R[rng.integers(24, size=100)])
    assert np.abs(k - turned).max() > 0.1
    s = systems.at(structure, np.vstack([k, turned]), cutoff=2.0)
    E = levels(systems.POTENTIALS[name](), s, 8, systems.SOLVERS[solver])
    assert np.abs(E[:100] - E[100:]).max() * HARTREE_EV < 1e-9
    assert np.ptp(E[:, 3]) > 1e-2


def test_the_sphere_rule_breaks_what_per_k_keeps():
    """E(k+G) = E(k) holds with `smooth` and `per-k`, not with `sphere`: the law can fail."""
    k, structure = np.array([[0.5, 0.5, 0.5], [-0.5, 0.5, 0.5]]), systems.zincblende()
    E = {r: levels(systems.cdse(), systems.at(structure, k, rule=RULES[r]), 8) for r in RULES}
    assert np.abs(E["per-k"][0] - E["per-k"][1]).max() < 1e-12
    assert np.abs(E["smooth"][0] - E["smooth"][1]).max() < 1e-11
    assert np.abs(E["sphere"][0] - E["sphere"][1]).max() > 1e-5


@systems.every_solver
def test_kramers_pairs(solver):
    """With spin-orbit every level comes twice where k ≡ −k; elsewhere the pairs split."""
    s = systems.at(systems.zincblende(), np.vstack([systems.GXL, [[0.13, 0.27, -0.31]]]))
    E = np.asarray(levels(systems.everything(), s, 12, systems.SOLVERS[solver]))
    split = E[:, 1::2] - E[:, ::2]
    assert np.abs(split[:3]).max() < 1e-12
    assert split[3].max() > 1e-5
    assert np.ptp(E[0, 2:8]) > 1e-4, "spin-orbit must split the valence top"
