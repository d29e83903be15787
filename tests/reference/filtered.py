"""Lowest levels by Chebyshev-filtered subspaces: plain, and independent of nnpp's solvers.

Zhou, Saad, Tiago and Chelikowsky, J. Comput. Phys. 219, 172 (2006).
"""

import jax.numpy as jnp
import numpy as np

from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.linalg.blocks import Block, inner, times
from nnpp.linalg.eigh import eigh_block

COARSE = 3.0
"""Cutoff of the plane waves on which the search begins [hartree]."""

DEGREES = (4, 5, 7, 9, 11, 13, 13)


def lowest(H: DotHamiltonian, levels: int, extra: int, residual: float) -> np.ndarray:
    """The lowest levels, one of each Kramers pair, with |(H − E)ψ| below `residual`."""
    coarse = H.coarse(COARSE)
    X = np.random.default_rng(0).normal(size=(coarse.rows, H.parts, levels + extra))
    X = X / (1 + (np.asarray(coarse.T) / 0.4) ** 2)[:, None, None]
    _, X = _converged(coarse, jnp.asarray(X), levels, DEGREES, 1e-3)
    X = jnp.pad(X, ((0, H.rows - coarse.rows), (0, 0), (0, 0)))
    E, _ = _converged(H, X, levels, (8, 12), residual)
    return E[:levels]


def _converged(H, X, levels, degrees, residual) -> tuple[np.ndarray, Block]:
    for i in range(40):
        E, X, error = _ritz(H, X)
        if error[:levels].max() < residual:
            return E, X
        X = _filtered(H, X, degrees[min(i, len(degrees) - 1)], float(E[-1]) + 1e-3)
    raise AssertionError("the levels did not converge")


def _ritz(H: DotHamiltonian, X: Block) -> tuple[np.ndarray, Block, np.ndarray]:
    """Energies and functions of the subspace, and their residuals."""
    w, v = eigh_block(inner(X, X))
    X = times(X, v / jnp.sqrt(w))
    HX = H @ X
    E, U = eigh_block(inner(X, HX))
    X, HX = times(X, U), times(HX, U)
    return np.asarray(E), X, np.asarray(jnp.sqrt(jnp.sum((HX - X * E) ** 2, axis=(0, 1))))


def _filtered(H: DotHamiltonian, X: Block, degree: int, above: float) -> Block:
    """T_n of H, mapped so that energies above `above` are within [−1, 1]."""
    centre, half = (float(H.upper) + above) / 2, (float(H.upper) - above) / 2
    last, X = X, (H @ X - centre * X) / half
    for _ in range(degree - 1):
        last, X = X, 2 * (H @ X - centre * X) / half - last
    return X / jnp.sqrt(jnp.sum(X**2, axis=(0, 1)))
