"""Laws of every eigensolver: H ψ = E ψ, orthonormal, the lowest, as scipy finds them."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from nnpp.eigensolvers.davidson import TOLERANCE
from nnpp.eigensolvers.levels import lowest_levels
from tests import systems
from tests.laws.test_hamiltonian import hamiltonians

RESIDUAL = {"dense": 1e-10, "davidson": TOLERANCE}
"""|Hψ − Eψ| [hartree]; its square over a gap is the error of a level."""


@pytest.mark.parametrize(("name", "solver"), systems.BOTH)
@pytest.mark.parametrize("k", [0, 4])
def test_the_lowest_states(name, solver, k):
    """At Γ, with its multiplets, and at a point of no symmetry."""
    solve = systems.SOLVERS[solver]
    _, H = hamiltonians(name)[k]
    E, psi = solve(H, 9)
    exact = scipy.linalg.eigvalsh(np.asarray(H.matrix()))[:9]
    assert np.ptp(exact) > 0.1
    assert np.abs(np.asarray(E) - exact).max() < 1e-11
    assert np.abs(np.asarray(lowest_levels(H, 9, solve)) - exact).max() < 1e-11
    assert float(jnp.linalg.norm(H @ psi - psi * E, axis=0).max()) < RESIDUAL[solver]
    assert float(jnp.abs(psi.conj().T @ psi - jnp.eye(9)).max()) < 1e-12
