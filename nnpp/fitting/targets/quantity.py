"""Numbers y that levels alone do not tell: r = s·(y − y₀). Masses, couplings."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array, Float

from nnpp.fitting.parameters import Parameters
from nnpp.hamiltonian.bulk import System
from nnpp.observables.couplings import Pair
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static

Numbers = Float[Array, " y"]


@pytree
class Quantity:
    """What the numbers should be.

    Attributes:
        system: the plane waves that they are told from.
        value: y₀.
        scale: s [hartree per unit of y].
        measure: y.
        name: what they are called.
    """

    system: System | Pair
    value: Numbers
    scale: Numbers
    measure: Callable[[Potential, Any], Numbers] = static()
    name: str = static()

    def observe(self, parameters: Parameters, theta: Float[Array, " parameter"]) -> Numbers:
        """Y; differentiable."""
        return self.measure(parameters.put(theta), self.system)

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Numbers, Float[Array, "y parameter"]]:
        """Y and ∂y/∂θ."""

        def twice(x: Float[Array, " parameter"]) -> tuple[Numbers, Numbers]:
            y = self.observe(parameters, x)
            return y, y

        slope, y = jax.jacrev(twice, has_aux=True)(theta)
        return y, slope

    def residuals(self, y: Numbers) -> Numbers:
        """R [hartree]."""
        return self.scale * (y - self.value)

    def held_out(self, y: Numbers) -> Float[Array, " 0"]:
        """Nothing is held out."""
        return y[:0]
