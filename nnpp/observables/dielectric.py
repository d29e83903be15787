"""The dielectric constant of independent electrons at rest, as a function to be fitted.

    ε∞ = 1 + (8π/3Ω) s Σ_k w_k Σ_{cv,i} |⟨c|v_i|v⟩|²/E_cv³,

s = 2 without spin, else 1: what Kramers and Kronig make of ε₂ (optics.py) at ω = 0, mean over
directions, all bands of the basis in it. No local fields, no excitons.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.eigensolvers.pairs import pair_sum
from nnpp.hamiltonian import System, at_shells
from nnpp.observables.edges import Edges
from nnpp.observables.momentum import velocity
from nnpp.potentials.potential import Potential


@dataclass(frozen=True)
class Dielectric:
    """ε∞ of a crystal.

    Attributes:
        edges: how many levels are full, and of what.
        weights: of the k-points of the system; together 1.
    """

    edges: Edges
    weights: tuple[float, ...]

    def __call__(self, potential: Potential, system: System) -> Float[Array, " 1"]:
        """The number; differentiable."""
        numbers = at_shells(potential, system)

        def at_k(waves: PlaneWaves) -> Float[Array, ""]:
            one = replace(system, waves=jax.tree.map(lambda x: x[None], waves))
            at = velocity(numbers, one)
            return pair_sum(at.H, at.v, self.edges.occupied, _inverse_cube)

        s = 1 if self.edges.spinor else 2
        mean = jnp.asarray(self.weights) @ jax.lax.map(at_k, system.waves)
        return (1 + 8 * jnp.pi / 3 * s * mean / system.centres.volume)[None]


def _inverse_cube(E: Array) -> Array:
    """1/E³."""
    return 1 / E**3
