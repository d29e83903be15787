"""V(r) and |ψ(r)|² on the points of a cell: by hand, moved, free, and in the bonds of Si."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.eigensolvers.dense import dense
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import states
from nnpp.observables.fields import densities, local_potential, multiplet
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from tests import systems

A_SI = 10.261213
SHELLS = 2 * np.pi / A_SI * np.sqrt([3.0, 8.0, 11.0])


def silicon(first=0.0):
    """The form factors of Cohen and Bergstresser (1966): v = V_S Ω/2; atoms a bond apart."""
    ry = np.array([-0.21, 0.04, 0.08]) / 2 * A_SI**3 / 8
    local = Table(tuple(SHELLS.tolist()), jnp.asarray(ry)[:, None])
    places = [[first] * 3, [first + 0.25] * 3]
    return Potential(local, Strengths(), ("Si",)), crystal(
        systems.FCC * A_SI, places, ("Si", "Si")
    )


def of_levels(potential, structure, k, n, cutoff=3.0):
    """The densities of the `n` lowest levels at `k`, and the levels."""
    s = systems.at(structure, k, cutoff)
    E, psi = states(potential, s, n, dense)
    return densities(potential, s, structure, psi[0]), np.asarray(E[0])


def at(field, x):
    """A field anywhere in the cell: the sum of its Fourier components."""
    m = np.stack(np.meshgrid(*[np.fft.fftfreq(n, 1 / n) for n in field.shape], indexing="ij"))
    waves = np.exp(2j * np.pi * np.tensordot(x, m, axes=1))
    return float((np.fft.fftn(field) * waves).mean().real)


CASES = {
    "spinless": (systems.cdse, systems.zincblende),
    "everything": (systems.everything, systems.zincblende),
    "centred spinors": (systems.cspbi3, systems.perovskite),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n != "centred spinors")) for n in CASES],
)
def test_a_density_is_one_particle(name):
    """At Γ and at a k-point of no symmetry, which have unequal numbers of plane waves."""
    make, structure = CASES[name]
    s = systems.at(structure(), [[0, 0, 0], [0.13, -0.41, 0.27]], 1.2)
    _, psi = states(make(), s, 4, dense)
    for k in range(2):
        found = densities(make(), s, structure(), psi[k], k)
        points = np.prod(found.shape[1:])
        integral = found.sum(axis=(1, 2, 3)) * float(structure().volume) / points
        assert np.abs(integral - 1).max() < 1e-10
        assert found.min() > -1e-12
        assert np.ptp(found) > 1e-3


@pytest.mark.parametrize("first", [0.0, 0.0371])
def test_the_potential_by_hand(first):
    """V(r) = Ω⁻¹ Σ_Q Σ_a v(|Q|) e^{iQ·(r−τ_a)} over the atoms as given; its mean is V₀."""
    potential = Potential(systems.zunger("Cd"), Strengths(), ("Cd",))
    structure = crystal(systems.FCC * 11.0, [[first] * 3, [first + 0.25] * 3], ("Cd", "Cd"))
    s = systems.at(structure, [0, 0, 0], 2.0)
    assert s.centred
    V, d = local_potential(potential, s, structure), s.local.differences
    Q = np.asarray(d.Q)[np.asarray(d.occurs)]
    v = np.asarray(potential.local(jnp.linalg.norm(jnp.asarray(Q), axis=1)))[:, 0]
    for place in [(0, 0, 0), (1, 2, 3), (4, 0, 7)]:
        r = np.array(place) / V.shape @ np.asarray(structure.cell)
        waves = np.exp(1j * (r - np.asarray(structure.positions)) @ Q.T).sum(axis=0)
        assert V[place] == pytest.approx((waves @ v).real / float(structure.volume), abs=1e-11)
    mean = 2 * float(at_shells(potential, s).v[0, 0]) / float(structure.volume)
    assert V.mean() == pytest.approx(mean, abs=1e-12)
    assert abs(mean) > 0.01


def test_fields_move_with_the_atoms():
    """By one point of the grid; both crystals are solved about their centre of inversion."""
    potential, there = silicon()
    s = systems.at(there, [0, 0, 0])
    step = np.array([1, -2, 3]) / s.local.differences.box
    moved = crystal(there.cell, there.fractional + step, there.symbols)
    before, _ = of_levels(potential, there, [0, 0, 0], 1)
    after, _ = of_levels(potential, moved, [0, 0, 0], 1)
    rolled = np.roll(before[0], (1, -2, 3), axis=(0, 1, 2))
    assert np.abs(after[0] - rolled).max() < 1e-10
    assert np.abs(after[0] - before[0]).max() > 1e-3
    V = [local_potential(potential, systems.at(x, [0, 0, 0]), x) for x in (there, moved)]
    assert np.abs(V[1] - np.roll(V[0], (1, -2, 3), axis=(0, 1, 2))).max() < 1e-12


def test_free_electrons_are_everywhere():
    structure = crystal(np.diag([7.0, 8.0, 9.0]), [[0.2, 0.1, 0.4]], ("H",))
    form = Potential(Zunger(jnp.array([[0.0, 1.0, 2.0, 1.0]])), Strengths(), ("H",))
    found, E = of_levels(form, structure, [0.13, -0.41, 0.27], 4, 2.0)
    assert np.abs(found * float(structure.volume) - 1).max() < 1e-10
    assert np.diff(E).min() > 1e-3


def test_the_bonds_of_silicon():
    """All valence electrons of a 2×2×2 mesh are densest half-way between two neighbours."""
    potential, structure = silicon()
    n = np.stack(np.meshgrid(*[[0, 0.5]] * 3, indexing="ij"), -1).reshape(-1, 3)
    s = systems.at(structure, n, 4.0)
    _, psi = states(potential, s, 4, dense)
    each = [densities(potential, s, structure, psi[k], k).sum(axis=0) for k in range(8)]
    total = sum(each) / 4
    assert total.mean() * float(structure.volume) == pytest.approx(8, abs=1e-9)
    along = [at(total, np.full(3, x)) for x in np.arange(17) / 64]
    assert np.argmax(along) == 8
    assert np.abs(np.array(along) - along[::-1]).max() < 1e-9
    assert total.max() < along[8] * (1 + 1e-9)
    assert 22 < along[8] * float(structure.volume) < 32


def test_only_the_mean_of_a_multiplet_has_the_symmetry_of_the_crystal():
    """The valence top of zinc blende: a threefold axis permutes the lattice vectors."""
    found, E = of_levels(systems.cdse(), systems.zincblende(), [0, 0, 0], 6)
    assert multiplet(E, 3) == multiplet(E, 1) == (1, 4)
    assert multiplet(E, 0) == (0, 1)
    assert multiplet(E[:4], 3) == (1, 4)
    mean = found[1:4].mean(axis=0)
    assert np.abs(mean - mean.transpose(1, 2, 0)).max() < 1e-9
    assert np.abs(found[1] - found[1].transpose(1, 2, 0)).max() > 1e-4
