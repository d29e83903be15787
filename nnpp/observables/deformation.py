"""Deformation potentials: the change of levels with strain at constant fractional coordinates.

A strain η maps r to (1+η)r, so that K and Q = G−G′ become K(1+η)⁻¹ and Q(1+η)⁻¹, Ω grows by
det(1+η), and the integers of the plane waves stay. With P the projector on a group of levels,

    ∂(Σ_m E_m)/∂η_ij = tr P ∂H/∂η_ij,

and dE/d ln Ω is a third of its trace divided by the number of levels: a_c and a_v of the band
edges. A traceless strain splits the four levels Γ8 (Pikus and Bir, Sov. Phys. Solid State 1,
1502 (1960)): levels heavy along 100 rise by −b(η_xx − η_yy), those heavy along 111 by −√3 d
η_xy if η_xy = η_yz = η_zx, and light ones fall by as much. Fractional coordinates are kept, so
d does not contain the internal displacement of the sublattices (Kleinman's parameter is zero).

`Stretched` instead takes the difference between two volumes, as DeePseudopot does:

    D = (E − E_s)/(Ω − s³Ω) · (Ω + s³Ω)/2 = ½ (E − E_s)(1 + s³)/(1 − s³),

where E is a level, or the distance between two levels, and E_s the same with all lengths times
s, in plane waves with the same integers. It differs from dE/d ln Ω by terms of second order in
s³ − 1. Each member of a multiplet that symmetry keeps degenerate has the same derivative.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.basis.plane_waves import lengths
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.levels import eigenvalues
from nnpp.eigensolvers.multiplet import group, projector
from nnpp.eigensolvers.wanted import Lowest
from nnpp.hamiltonian.bulk import System, at_shells, hamiltonian, matrix, values
from nnpp.observables.kdotp import CUBIC, Expansion, along
from nnpp.potentials.interface import require_curve
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree

SHEARS = np.array([np.diag([2, -1, -1]) / 3, (1 - np.eye(3)) / np.sqrt(3)])
"""Strains that raise levels heavy along 100 and along 111 by −b and −d."""


def strained(system: System, eta: Float[Array, "3 3"]) -> System:
    """Return the system under a symmetric strain; differentiable.

    Each G−G′ becomes a shell of its own, because a strain changes their lengths differently.
    """
    back, growth = jnp.linalg.inv(jnp.eye(3) + eta), jnp.linalg.det(jnp.eye(3) + eta)
    d = system.local.differences
    Q = d.Q @ back
    q = lengths(Q, ~d.occurs | jnp.all(d.Q == 0, axis=-1))
    differences = replace(d, Q=Q, q=q, shell=jnp.arange(len(q)))
    return replace(
        system,
        waves=replace(system.waves, K=system.waves.K @ back),
        local=replace(
            system.local, structure=system.local.structure / growth, differences=differences
        ),
        centres=replace(
            system.centres,
            tau=system.centres.tau @ (jnp.eye(3) + eta),
            volume=system.centres.volume * growth,
        ),
        dilation=(1 + system.dilation) * growth - 1,
    )


@pytree
class StrainDerivative:
    """H at one k and its derivative with respect to strain.

    Attributes:
        H: H(k) without strain [hartree].
        slope: ∂H/∂η_ij [hartree].
    """

    H: Complex[Array, "n n"]
    slope: Complex[Array, "3 3 n n"]


@jax.jit
def strain_derivative(potential: Potential, system: System) -> StrainDerivative:
    """Return H and ∂H/∂η at the first k-point of `system`."""
    require_curve(potential.local, "a derivative with respect to strain")

    def H(eta: Float[Array, "3 3"]) -> tuple[Array, Array]:
        s = strained(system, (eta + eta.T) / 2)
        M = matrix(at_shells(potential, s), s)
        return M, M

    slope, here = jax.jacfwd(H, has_aux=True)(jnp.zeros((3, 3)))
    return StrainDerivative(here, jnp.moveaxis(slope, (-2, -1), (0, 1)))


def by_strain(at: StrainDerivative, first: int, last: int) -> Float[Array, "3 3"]:
    """Return ∂E/∂η_ij, the mean over the levels `first` to `last` − 1 [hartree]."""
    P = projector(group(at.H, first, last))
    return jnp.einsum("ab,ijba->ij", P, at.slope).real / (last - first)


def by_volume(at: StrainDerivative, first: int, last: int) -> Float[Array, ""]:
    """Return dE/d ln Ω, the mean over the levels `first` to `last` − 1 [hartree]."""
    return jnp.trace(by_strain(at, first, last)) / 3


def shear(at: StrainDerivative, about: Expansion, first: int) -> Float[Array, " 2"]:
    """Return b and d of the four levels from `first`, Γ8 of a cubic crystal [hartree].

    Heavy and light levels are distinguished by D along the same direction.

    Args:
        at: H under strain at Γ.
        about: the k·p expansion at Γ.
        first: the first of the four levels.
    """
    levels = group(at.H, first, first + 4)
    P, found = projector(levels), []
    for eta, n in zip(SHEARS, CUBIC, strict=True):
        W = P @ jnp.einsum("ij,ijab->ab", eta, at.slope) @ P
        D = along(about, levels, n)
        D = D - P * jnp.trace(D).real / 4
        size = jnp.sqrt(jnp.sum(W * W.T).real / 4)
        found.append(-size * jnp.sign(jnp.sum(W * D.T).real))
    return jnp.stack(found)


Place = tuple[int, int]
"""A k-point of the system and a level, both counted from 0."""


@dataclass(frozen=True)
class Stretched:
    """Changes of levels between two volumes, as a function of a potential.

    Attributes:
        levels: the levels.
        above: for each the level that it is measured from; None for an absolute energy.
        stretch: s of each.
    """

    levels: tuple[Place, ...]
    above: tuple[Place | None, ...]
    stretch: tuple[float, ...]

    def __call__(self, potential: Potential, system: System) -> Float[Array, " y"]:
        """Return D of each level [hartree]."""
        at = {s: self._levels(potential, system, s) for s in {1.0, *self.stretch}}
        D = []
        for place, below, s in zip(self.levels, self.above, self.stretch, strict=True):
            E, E_s = (at[x][place] - (0.0 if below is None else at[x][below]) for x in (1.0, s))
            D.append((E - E_s) * (1 + s**3) / (1 - s**3) / 2)
        return jnp.stack(D)

    def _levels(
        self, potential: Potential, system: System, s: float
    ) -> Float[Array, "k level"]:
        """Return the lowest levels at all k-points with all lengths times s."""
        places = (*self.levels, *(place for place in self.above if place is not None))
        n = 1 + max(level for _, level in places)
        stretched = strained(system, (s - 1) * jnp.eye(3))
        V = values(at_shells(potential, stretched), stretched)
        return jax.lax.map(
            lambda waves: eigenvalues(hamiltonian(waves, stretched, V), Lowest(n), dense),
            stretched.waves,
        )
