"""Projectors on the p waves of every atom: B_{G,(a,m),i} = √(12π/Ω) e^{−iK·τ_a} K_i F_m(K).

e^{−i(G−G′)·τ} = e^{−iK·τ} e^{+iK′·τ}, so that every term of the form
(12π/Ω) Σ_a e^{−i(G−G′)·τ_a} K̂_i I(K,K′) K̂′_j is a sum of products B B*, zero at K = 0.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.blocks import Block, split
from nnpp.crystal.crystal import Crystal
from nnpp.pytree import pytree
from nnpp.terms.radial import RadialProjectors


@pytree
class Centres:
    """Where the projectors sit.

    Attributes:
        tau: positions of the atoms [bohr].
        species: the species of each atom.
        volume: Ω [bohr³].
    """

    tau: Float[Array, "atom 3"]
    species: Int[Array, " atom"]
    volume: Float[Array, ""]


def centres(crystal: Crystal) -> Centres:
    """The atoms of `crystal` as centres of projectors."""
    species = jnp.asarray(crystal.species_of_atom)
    return Centres(crystal.positions, species, crystal.volume)


def projectors(
    waves: PlaneWaves, centres: Centres, radial: RadialProjectors
) -> Float[Array, "g 2 p3"]:
    """B at one k in parts, columns (atom, m, i), i fastest; zero on rows that only fill up."""
    F = radial(jnp.sum(waves.K**2, axis=-1))
    phase = jnp.exp(-1j * waves.K @ centres.tau.T) * jnp.sqrt(12 * jnp.pi / centres.volume)
    phase = jnp.where(waves.real[:, None], phase, 0)
    B = jnp.einsum("ga,gm,gi->gami", phase, F, waves.K)
    return split(B.reshape(len(F), -1))


def strengths(
    of_species: Float[Array, " species"], centres: Centres, B: Block
) -> Float[Array, " p"]:
    """The strength of each projector in B, from that of its species."""
    return jnp.repeat(of_species[centres.species], B.shape[2] // (3 * len(centres.tau)))
