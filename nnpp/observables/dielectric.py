"""The dielectric function of independent electrons, as a target of a fit.

    ε(ω) = 1 + (8π/3Ω) s Σ_k w_k Σ_{cv,i} |⟨c|v_i|v⟩|² / (E_cv (E_cv² − (ω + iη)²)),

s = 2 without spin, else 1; the mean over directions, with all bands of the basis. In the static
limit (ω = η = 0) it is ε∞; as η → 0 its imaginary part is the ε₂ of optics.py, and 2η is the
width of a line. The mesh must be so fine that lines of this width merge. No local fields, no
excitons.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.eigensolvers.pairs import pair_sum
from nnpp.hamiltonian.bulk import System, at_shells
from nnpp.observables.edges import Edges
from nnpp.observables.kdotp import velocity
from nnpp.potentials.potential import Potential


@dataclass(frozen=True)
class Response:
    """1/(E(E² − (ω + iη)²)), of one transition.

    Attributes:
        energy: ω [hartree].
        width: η [hartree].
        imaginary: whether the imaginary part is taken, else the real part.
    """

    energy: float = 0.0
    width: float = 0.0
    imaginary: bool = False

    def __call__(self, E: Array) -> Array:
        """Return the real or imaginary part [hartree⁻³]."""
        found = 1 / (E * (E**2 - (self.energy + 1j * self.width) ** 2))
        return found.imag if self.imaginary else found.real


@dataclass(frozen=True)
class Dielectric:
    """ε₁ or ε₂ of a crystal at one ω.

    Attributes:
        edges: the band edges.
        weights: weights of the k-points of the system; their sum is 1.
        response: the contribution of a transition.
    """

    edges: Edges
    weights: tuple[float, ...]
    response: Response = Response()

    def __call__(self, potential: Potential, system: System) -> Float[Array, " 1"]:
        """Return ε₁ or ε₂; differentiable."""
        numbers = at_shells(potential, system)

        def at_k(waves: PlaneWaves) -> Float[Array, ""]:
            one = replace(system, waves=jax.tree.map(lambda x: x[None], waves))
            at = velocity(numbers, one)
            return pair_sum(at.H, at.H_i, self.edges.occupied, self.response)

        s = 1 if self.edges.spinor else 2
        mean = jnp.asarray(self.weights) @ jax.lax.map(at_k, system.waves)
        vacuum = 0 if self.response.imaginary else 1
        return (vacuum + 8 * jnp.pi / 3 * s * mean / system.centres.volume)[None]
