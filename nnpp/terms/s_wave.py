"""Non-local term on s waves: ⟨G|H_s|G′⟩ = (4π/Ω) Σ_a e^{−i(G−G′)·τ_a} [b1 I₁ + b2 I₂](K,K′).

I_W(K,K′) = ∫ r² j₀(Kr) W(r) j₀(K′r) dr, with the weights W₁ and W₂ of the term on p waves.
It acts on the s part (l = 0) of a wave about each atom. Beside the term on p waves, s, p and
all higher parts then have a potential each: the semilocal form, of which Chelikowsky and Cohen,
Phys. Rev. B 14, 556 (1976), doi:10.1103/PhysRevB.14.556, made their bands.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.operators import Separable
from nnpp.linalg.blocks import Block
from nnpp.terms.projectors import strengths


def s_wave(b: Float[Array, " centre"], B: Block) -> Separable:
    """One of the two parts at one k [hartree]: b1 with the projectors of W₁, b2 with W₂."""
    return Separable(B, strengths(b, B, 1), jnp.ones((1, 1, 1, 1), complex))
