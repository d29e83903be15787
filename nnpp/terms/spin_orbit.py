"""Spin-orbit term: ⟨G|H_SO|G′⟩ = (12π/Ω) Σ_a e^{−i(G−G′)·τ_a} a5 I_so (−i)(K̂×K̂′)·σ/2.

(K×K′)_l = ε_lij K_i K′_j, so that the directions i, j couple through C = −(i/2) ε_lij σ_l.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.basis.operators import Separable
from nnpp.linalg.blocks import Block
from nnpp.terms.projectors import strengths

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""Pauli matrices σ_x, σ_y, σ_z."""

EPSILON = np.zeros((3, 3, 3))
for _l, _i, _j in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    EPSILON[_l, _i, _j], EPSILON[_l, _j, _i] = 1, -1

COUPLING = np.einsum("lij,lst->sitj", -0.5j * EPSILON, SIGMA)


def spin_orbit(a5: Float[Array, " centre"], B: Block) -> Separable:
    """H_SO at one k [hartree], from the projectors of W_so."""
    return Separable(B, strengths(a5, B, 3), jnp.asarray(COUPLING))
