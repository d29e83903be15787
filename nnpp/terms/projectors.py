"""Projectors on s or p waves of atoms: B_{G,(a,m),i} = √(4π(2l+1)/Ω) e^{−iK·τ_a} Y_i F_m.

Y = 1 for l = 0 and K_i for l = 1: Σ_i Y_i(K) Y_i(K′) = (KK′)^l P_l(K̂·K̂′).

e^{−i(G−G′)·τ} = e^{−iK·τ} e^{+iK′·τ}, so that every term of the form
(12π/Ω) Σ_a e^{−i(G−G′)·τ_a} K̂_i I(K,K′) K̂′_j is a sum of products B B*, zero at K = 0, and
so is (4π/Ω) Σ_a e^{−i(G−G′)·τ_a} I(K,K′).

Where the origin is a centre of inversion, the atoms at τ and −τ make two standing waves, and an
atom that is its own image makes one, so that B is real:

    e^{−i(K−K′)·τ} + e^{+i(K−K′)·τ} = 2 cos κ·τ cos κ′·τ + 2 sin κ·τ sin κ′·τ,  κ = K − K₀

for any K₀; with that of the first plane wave, κ·τ is a multiple of π if τ and −τ are one site.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nnpp.basis.operators import Separable
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.linalg.blocks import Block, split
from nnpp.pytree import pytree
from nnpp.structures.crystal import Crystal
from nnpp.structures.inversion import images
from nnpp.terms.term import Term


@pytree
class Standing:
    """A standing wave of each centre, √w cos(κ·τ − shift).

    Attributes:
        amplitude: √w, w being 2 where τ and −τ are two atoms, else 1.
        shift: 0 for a cosine, π/2 for a sine.
    """

    amplitude: Float[Array, "*group centre"]
    shift: Float[Array, "*group centre"]


@pytree
class Centres:
    """Where the projectors sit: at every atom, or as standing waves of the atoms at ±τ.

    Attributes:
        tau: positions [bohr].
        species: the species at each.
        volume: Ω [bohr³].
        standing: the standing waves, None where the origin is no centre of inversion.
    """

    tau: Float[Array, "*group centre 3"]
    species: Int[Array, "*group centre"]
    volume: Float[Array, "*group"]
    standing: Standing | None


def centres(crystal: Crystal, centred: bool) -> Centres:
    """The atoms of `crystal` as centres of projectors; `centred`: about the origin."""
    species = np.asarray(crystal.species_of_atom)
    if not centred:
        return Centres(crystal.positions, jnp.asarray(species), crystal.volume, None)
    image, atom = images(crystal), np.arange(len(species))
    alone, one_of_two = np.flatnonzero(image == atom), np.flatnonzero(image > atom)
    site = np.concatenate([alone, one_of_two, one_of_two])
    lengths = (len(alone), len(one_of_two), len(one_of_two))
    standing = Standing(
        amplitude=jnp.asarray(np.repeat([1.0, np.sqrt(2.0), np.sqrt(2.0)], lengths)),
        shift=jnp.asarray(np.repeat([0.0, 0.0, np.pi / 2], lengths)),
    )
    return Centres(
        crystal.positions[site], jnp.asarray(species[site]), crystal.volume, standing
    )


def projectors(
    waves: PlaneWaves, centres: Centres, F: Float[Array, "g m"], directions: int
) -> Block:
    """B at one k, columns (centre, m, i), i fastest; zero on rows that only fill up.

    `directions` are 2l + 1: one for s waves, three for p waves.
    """
    phase = _phase(waves, centres) * jnp.sqrt(4 * jnp.pi * directions / centres.volume)
    phase = jnp.where(waves.real[:, None, None], phase, 0)
    Y = jnp.ones((len(F), 1)) if directions == 1 else waves.K
    B = jnp.einsum("gpa,gm,gi->gpami", phase, F, Y)
    return B.reshape(len(F), phase.shape[1], -1)


def bytes_a_centre(centres: Centres, radial: int, directions: int) -> int:
    """What the columns of one centre take in B, from the size of F."""
    parts = 2 if centres.standing is None else 1
    return 8 * parts * directions * radial


def _phase(waves: PlaneWaves, centres: Centres) -> Float[Array, "g part centre"]:
    """e^{−iK·τ}, or the standing wave."""
    if centres.standing is None:
        return split(jnp.exp(-1j * waves.K @ centres.tau.T))
    angle = (waves.K - waves.K[0]) @ centres.tau.T - centres.standing.shift
    return (centres.standing.amplitude * jnp.cos(angle))[:, None]


def separable(term: Term, a: Float[Array, " centre"], B: Block) -> Separable:
    """The operator of one weight of `term` [hartree], from the strength of each centre."""
    of_projector = jnp.repeat(a, B.shape[2] // ((2 * term.l + 1) * len(a)))
    return Separable(B, of_projector, jnp.asarray(term.C))
