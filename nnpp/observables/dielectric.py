"""The dielectric function of independent electrons, as a number to be fitted.

    ε(ω) = 1 + (8π/3Ω) s Σ_k w_k Σ_{cv,i} |⟨c|v_i|v⟩|² / (E_cv (E_cv² − (ω + iη)²)),

s = 2 without spin, else 1; the mean over directions, all bands of the basis in it. At rest
(ω = η = 0) it is ε∞; as η → 0 its imaginary part is the ε₂ of optics.py, and 2η is the width of
a line. A mesh must be so fine that lines of that width run together. No local fields, no
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
        imaginary: its imaginary part is meant, else its real part.
    """

    energy: float = 0.0
    width: float = 0.0
    imaginary: bool = False

    def __call__(self, E: Array) -> Array:
        """The part that is meant [hartree⁻³]."""
        found = 1 / (E * (E**2 - (self.energy + 1j * self.width) ** 2))
        return found.imag if self.imaginary else found.real


@dataclass(frozen=True)
class Dielectric:
    """ε₁ or ε₂ of a crystal at one ω.

    Attributes:
        edges: how many levels are full, and of what.
        weights: of the k-points of the system; together 1.
        response: what each transition adds.
    """

    edges: Edges
    weights: tuple[float, ...]
    response: Response = Response()

    def __call__(self, potential: Potential, system: System) -> Float[Array, " 1"]:
        """The number; differentiable."""
        numbers = at_shells(potential, system)

        def at_k(waves: PlaneWaves) -> Float[Array, ""]:
            one = replace(system, waves=jax.tree.map(lambda x: x[None], waves))
            at = velocity(numbers, one)
            return pair_sum(at.H, at.v, self.edges.occupied, self.response)

        s = 1 if self.edges.spinor else 2
        mean = jnp.asarray(self.weights) @ jax.lax.map(at_k, system.waves)
        vacuum = 0 if self.response.imaginary else 1
        return (vacuum + 8 * jnp.pi / 3 * s * mean / system.centres.volume)[None]
