"""Masses and deformation potentials of band edges, and their gradients at Γ's multiplets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.deformation import by_volume, shear, strain_derivative
from nnpp.observables.edges import Edges
from nnpp.observables.kdotp import expansion, inverse_masses, kane_energy, luttinger, velocity
from nnpp.setup.quantities import KINDS
from tests import systems

SPIN, SPINLESS = Edges(8, spinor=True), Edges(4, spinor=False)


def test_edges_are_multiplets():
    assert (SPIN.valence, SPIN.conduction) == ((4, 8), (8, 10))
    assert (SPINLESS.valence, SPINLESS.conduction) == ((1, 4), (4, 5))


@pytest.fixture(scope="module")
def system():
    return systems.at(systems.zincblende(), [[0.0] * 3], 1.2)


def test_gradients_are_differences(system):
    """With respect to a network and every strength at once."""
    potential, rng = systems.everything(), np.random.default_rng(7)
    d = jax.tree.map(lambda x: jnp.asarray(rng.normal(size=x.shape)), potential)

    def edges_at(t):
        moved = jax.tree.map(lambda x, dx: x + t * dx, potential, d)
        at, about = (
            strain_derivative(moved, system),
            expansion(at_shells(moved, system), system),
        )
        volume = by_volume(at, *SPIN.valence)
        electron = inverse_masses(about, *SPIN.conduction)[0, 0]
        found = jnp.array([volume, electron, *luttinger(about, 4), *shear(at, about, 4)])
        return found, found

    both, h = jax.jit(jax.jacrev(edges_at, has_aux=True)), 1e-4  # one program to compile
    near, far = (both(x * h)[1] - both(-x * h)[1] for x in (1, 2))
    slopes, unstrained = both(0.0)
    np.testing.assert_allclose(slopes, (8 * near - far) / (12 * h), rtol=1e-6)
    assert np.abs(np.asarray(unstrained)).min() > 1e-5


def test_every_kind(system):
    potential = systems.everything()
    at = strain_derivative(potential, system)
    found = {kind: float(of(SPIN, potential, system)) for kind, of in KINDS.items()}
    about = velocity(at_shells(potential, system), system)
    E_P = float(kane_energy(about, (8, 10), (2, 8)))
    assert found["kane_energy"] == pytest.approx(E_P, rel=1e-12)
    c, v = found["conduction_by_volume"], found["valence_by_volume"]
    assert found["gap_by_volume"] == pytest.approx(c - v, rel=1e-12)
    assert v == pytest.approx(float(by_volume(at, 4, 8)), rel=1e-12)
    assert c == pytest.approx(float(by_volume(at, 8, 10)), rel=1e-12)
