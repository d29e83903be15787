"""Non-local term: ⟨G|H_NL|G′⟩ = (12π/Ω) Σ_a e^{−i(G−G′)·τ_a} (K̂·K̂′) [a6 I₁ + a7 I₂](K,K′).

It acts on the p part (l = 1) of a wave about each atom and does not touch spin; K = k+G.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.operators import Separable
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.terms.projectors import Centres, projectors, strengths
from nnpp.terms.radial import RadialProjectors


def nonlocal_(
    a: Float[Array, " species"], waves: PlaneWaves, centres: Centres, radial: RadialProjectors
) -> Separable:
    """One of the two parts at one k: a6 with the weight W₁, or a7 with W₂ [hartree]."""
    coupling = jnp.eye(3, dtype=complex)[None, :, None, :]
    return Separable(
        projectors(waves, centres, radial), strengths(a, centres, radial), coupling
    )
