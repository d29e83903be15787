"""A number y that levels alone do not tell: r = s·(y − y₀). Masses, deformation potentials."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float

from nnpp.fitting.parameters import Parameters
from nnpp.hamiltonian import System
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static


@pytree
class Quantity:
    """What the number should be.

    Attributes:
        system: the plane waves at the k that it is told from.
        value: y₀.
        scale: s [hartree per unit of y].
        measure: y.
        name: what it is called.
    """

    system: System
    value: Float[Array, ""]
    scale: Float[Array, ""]
    measure: Callable[[Potential, System], Float[Array, ""]] = static()
    name: str = static()

    def observe(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, ""]:
        """Y; differentiable."""
        return self.measure(parameters.put(theta), self.system)

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Float[Array, ""], Float[Array, " parameter"]]:
        """Y and ∂y/∂θ."""
        return jax.value_and_grad(lambda x: self.observe(parameters, x))(theta)

    def residuals(self, y: Float[Array, ""]) -> Float[Array, " 1"]:
        """R [hartree]."""
        return (self.scale * (y - self.value))[None]

    def held_out(self, y: Float[Array, ""]) -> Float[Array, " 0"]:
        """Nothing is held out."""
        return y[None][:0]
