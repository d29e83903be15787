"""Projectors on s or p waves of atoms: B_{G,(a,m),i} = √(4π(2l+1)/Ω) e^{−iK·τ_a} Y_i F_m.

Y = 1 for l = 0 and K_i for l = 1: Σ_i Y_i(K) Y_i(K′) = (KK′)^l P_l(K̂·K̂′).

e^{−i(G−G′)·τ} = e^{−iK·τ} e^{+iK′·τ}, so that every term of the form
(12π/Ω) Σ_a e^{−i(G−G′)·τ_a} K̂_i I(K,K′) K̂′_j is a sum of products B B*, zero at K = 0, and
so is (4π/Ω) Σ_a e^{−i(G−G′)·τ_a} I(K,K′).

If the origin is a centre of inversion, the atoms at τ and −τ give two standing waves, and an
atom that is its own image gives one, so that B is real:

    e^{−i(K−K′)·τ} + e^{+i(K−K′)·τ} = 2 cos κ·τ cos κ′·τ + 2 sin κ·τ sin κ′·τ,  κ = K − K₀

for any K₀; with that of the first plane wave, κ·τ is a multiple of π if τ and −τ are one site.

The radial parts F_m make the integral of a weight W(r) a sum of products,

    I_W(K,K′) = ∫ r² j_l(Kr) W(r) j_l(K′r) dr = (KK′)^l Σ_m F_m(K) F_m(K′):

Gauss-Legendre nodes r_n with weights w_n give such a sum, and a singular value decomposition
gives the few combinations m of its terms that are needed.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.special import spherical_jn

from nnpp.basis.operators import Separable
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.linalg.blocks import Block, split
from nnpp.pytree import pytree, static
from nnpp.special import gauss_legendre, j0, j1_over_x
from nnpp.structures.crystal import Crystal
from nnpp.structures.inversion import images
from nnpp.terms.term import Term

ACCURACY = 1e-11
"""Largest absolute error of I_W from omitted combinations [bohr³]."""

NODES, EVEN = 32, 2
"""The numbers of nodes and combinations are multiples of these, so that crystals of nearly
equal volume mostly share compiled programs. The added combinations are small, not zero."""

SMALLEST_WEIGHT = 1e-18
"""The integral ends where W(r) is below this, relative to its largest value."""

BESSEL = (j0, j1_over_x)
"""j_l(x)/x^l as a function of x², by l."""


@pytree
class RadialProjectors:
    """F_m(K) = Σ_n [j_l(K r_n)/K^l] A_nm, finite at K = 0.

    Attributes:
        r: the nodes [bohr].
        A: √(w_n r_n² W(r_n)) times the combinations [bohr^{3/2}].
        l: the angular momentum, 0 or 1.
    """

    r: Float[Array, " node"]
    A: Float[Array, "node m"]
    l: int = static()

    def __call__(self, K2: Float[Array, " g"]) -> Float[Array, "g m"]:
        """Return F_m as a function of K² [bohr^{3/2+l}], which is smooth also at the origin."""
        return (self.r**self.l * BESSEL[self.l](K2[:, None] * self.r**2)) @ self.A


def radial_projectors(
    weight: Callable[[np.ndarray], np.ndarray], longest: float, l: int
) -> RadialProjectors:
    """Return radial projectors.

    Args:
        weight: W(r), r in bohr.
        longest: the largest K [bohr⁻¹].
        l: the angular momentum.
    """
    r = np.linspace(0, 20, 4001)
    end = float(r[weight(r) > SMALLEST_WEIGHT * weight(r).max()].max())
    r, w = gauss_legendre(_rounded_up(24 + int(end * longest), NODES), end)
    amplitude = np.sqrt(w * r**2 * weight(r))
    K = np.linspace(0, longest, 8 * len(r))
    sampled = spherical_jn(l, K[:, None] * r) * amplitude
    _, s, combinations = np.linalg.svd(sampled, full_matrices=False)
    kept = combinations[: _rounded_up(int(np.sum(s**2 > ACCURACY)), EVEN)]
    return RadialProjectors(jnp.asarray(r), jnp.asarray(amplitude[:, None] * kept.T), l)


def _rounded_up(n: int, step: int) -> int:
    """Return the next multiple of `step`."""
    return -(-n // step) * step


@pytree
class Standing:
    """A standing wave of each centre, √w cos(κ·τ − shift).

    Attributes:
        amplitude: √w; w is 2 if τ and −τ are two atoms, else 1.
        shift: 0 for a cosine, π/2 for a sine.
    """

    amplitude: Float[Array, "*group centre"]
    shift: Float[Array, "*group centre"]


@pytree
class Centres:
    """Centres of projectors: the atoms, or standing waves of the atoms at ±τ.

    Attributes:
        tau: positions [bohr].
        species: index of the species of each.
        volume: Ω [bohr³].
        standing: the standing waves, None if the origin is not a centre of inversion.
    """

    tau: Float[Array, "*group centre 3"]
    species: Int[Array, "*group centre"]
    volume: Float[Array, "*group"]
    standing: Standing | None


def centres(crystal: Crystal, centred: bool) -> Centres:
    """Return the atoms as centres of projectors.

    Args:
        crystal: the atoms.
        centred: whether the origin is a centre of inversion, so that standing waves are used.
    """
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
    """Return B at one k, columns (centre, m, i) with i fastest; rows of padding are zero.

    Args:
        waves: the plane waves.
        centres: the centres of the projectors.
        F: F_m at each plane wave.
        directions: 2l + 1, one for s waves and three for p waves.
    """
    phase = _phase(waves, centres) * jnp.sqrt(4 * jnp.pi * directions / centres.volume)
    phase = jnp.where(waves.real[:, None, None], phase, 0)
    Y = jnp.ones((len(F), 1)) if directions == 1 else waves.K
    B = jnp.einsum("gpa,gm,gi->gpami", phase, F, Y)
    return B.reshape(len(F), phase.shape[1], -1)


def bytes_a_centre(centres: Centres, radial: int, directions: int) -> int:
    """Return the memory of the columns of one centre in B, from the size of F [bytes]."""
    parts = 2 if centres.standing is None else 1
    return 8 * parts * directions * radial


def _phase(waves: PlaneWaves, centres: Centres) -> Float[Array, "g part centre"]:
    """Return e^{−iK·τ}, or the standing wave."""
    if centres.standing is None:
        return split(jnp.exp(-1j * waves.K @ centres.tau.T))
    angle = (waves.K - waves.K[0]) @ centres.tau.T - centres.standing.shift
    return (centres.standing.amplitude * jnp.cos(angle))[:, None]


def separable(term: Term, a: Float[Array, " centre"], B: Block) -> Separable:
    """Return the operator of one weight of `term` for a strength of each centre [hartree]."""
    of_projector = jnp.repeat(a, B.shape[2] // ((2 * term.l + 1) * len(a)))
    return Separable(B, of_projector, jnp.asarray(term.C))
