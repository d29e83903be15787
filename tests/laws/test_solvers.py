"""Laws of every eigensolver: H ψ = E ψ, orthonormal, the lowest, as scipy finds them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from nnpp.eigensolvers.davidson import TOLERANCE
from nnpp.eigensolvers.levels import eigenvalues
from nnpp.eigensolvers.wanted import Lowest
from tests import systems
from tests.laws.test_hamiltonian import act, hamiltonians, matrix

RESIDUAL = {"dense": 1e-10, "davidson": TOLERANCE}
"""|Hψ − Eψ| [hartree]; its square over a gap is the error of a level."""


@pytest.mark.parametrize(("name", "solver"), systems.BOTH)
@pytest.mark.parametrize("k", [0, 4])
def test_the_lowest_states(name, solver, k):
    """At Γ, with its multiplets, and at a point of no symmetry."""
    solve = systems.SOLVERS[solver]
    _, H = hamiltonians(name)[k]
    E, psi = jax.jit(lambda H: solve(H, Lowest(9)))(H)
    exact = scipy.linalg.eigvalsh(np.asarray(matrix(H)))[:9]
    assert np.ptp(exact) > 0.1
    assert np.abs(np.asarray(E) - exact).max() < 1e-11
    assert (
        np.abs(np.asarray(jax.jit(lambda H: eigenvalues(H, Lowest(9), solve))(H)) - exact).max()
        < 1e-11
    )
    assert float(jnp.linalg.norm(act(H, psi) - psi * E, axis=0).max()) < RESIDUAL[solver]
    assert float(jnp.abs(psi.conj().T @ psi - jnp.eye(9)).max()) < 1e-12
