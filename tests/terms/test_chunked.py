"""Terms with projectors computed group by group equal those with all projectors at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.hamiltonian.bulk import at_shells, hamiltonian, values
from nnpp.structures.crystal import crystal
from nnpp.terms.chunked import ChunkedSeparable
from tests import systems


def distorted():
    """The perovskite with one iodine moved, so that it has no centre of inversion."""
    sites = np.array([[0, 0, 0], [0.53, 0.02, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]])
    return crystal(np.eye(3) * 11.884, sites, ("Pb", "I", "I", "I", "Cs"))


@pytest.mark.parametrize(
    "structure", [pytest.param(systems.perovskite, marks=pytest.mark.slow), distorted]
)
def test_two_of_five_centres_at_a_time(structure, monkeypatch):
    """Every use of H, with standing and with running waves; the last group is padded."""
    system, potential = systems.at(structure(), [0.11, -0.23, 0.31], 1.5), systems.cspbi3()
    waves = jax.tree.map(lambda x: x[0], system.waves)
    rng = np.random.default_rng(0)
    size = 2 * waves.K.shape[0]
    psi = jnp.asarray(rng.normal(size=(size, 3)) + 1j * rng.normal(size=(size, 3)))

    def H(potential):
        return hamiltonian(waves, system, values(at_shells(potential, system), system))

    def weight(potential):
        return H(potential).expectation(psi).sum()

    def everything(H):
        few = H.among(jnp.array([5, 1, 9])).matrix()
        return H.matrix(), H.diagonal(), H.apply(psi), H.assembled().M, few, H.expectation(psi)

    def found():
        """By a program of its own, as `PROJECTORS` is no argument."""
        both = jax.jit(
            lambda potential: (everything(H(potential)), jax.grad(weight)(potential))
        )
        all_ways, slope = both(potential)
        return *all_ways, *slope.strengths.values()

    at_once, built = found(), jax.jit(lambda potential: H(potential))(potential)
    most = max(op.B.nbytes for op in built.spin + built.scalar[2:])
    monkeypatch.setattr("nnpp.hamiltonian.bulk.PROJECTORS", most // 2)
    built = jax.jit(lambda potential: H(potential))(potential)
    parted = [op for op in (*built.scalar, *built.spin) if isinstance(op, ChunkedSeparable)]
    assert any(op.a.shape == (3, 2) for op in parted)
    for one, other in zip(at_once, found(), strict=True):
        assert float(jnp.abs(one).max()) > 1e-3
        assert float(jnp.abs(one - other).max()) < 1e-12 * float(jnp.abs(one).max())
