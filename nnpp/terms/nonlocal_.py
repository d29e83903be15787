"""Non-local term: ⟨G|H_NL|G′⟩ = (12π/Ω) Σ_a e^{−i(G−G′)·τ_a} (K̂·K̂′) [a6 I₁ + a7 I₂](K,K′).

It acts on the p part (l = 1) of a wave about each atom and does not touch spin; K = k+G.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.operators import Separable
from nnpp.linalg.blocks import Block
from nnpp.terms.projectors import strengths


def nonlocal_(a: Float[Array, " centre"], B: Block) -> Separable:
    """One of the two parts at one k [hartree]: a6 with the projectors of W₁, a7 with W₂."""
    coupling = jnp.eye(3, dtype=complex)[None, :, None, :]
    return Separable(B, strengths(a, B, 3), coupling)
