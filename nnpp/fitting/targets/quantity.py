"""Numbers y that levels alone do not determine: r = s·(y − y₀). Masses, couplings."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array, Float

from nnpp.fitting.objective import Theta
from nnpp.fitting.parameters import Parameters
from nnpp.pytree import pytree, static

Numbers = Float[Array, " y"]


@pytree
class Quantity:
    """Numbers of a model and a system, and their target values.

    Attributes:
        system: what they are computed in, for example plane waves and atoms.
        value: y₀.
        scale: s [hartree per unit of y].
        measure: y, from the model and the system.
        name: their name in messages.
    """

    system: Any
    value: Numbers
    scale: Numbers
    measure: Callable[[Any, Any], Numbers] = static()
    name: str = static()

    def observe(self, parameters: Parameters, theta: Theta) -> Numbers:
        """Return y; differentiable."""
        return self.measure(parameters.put(theta), self.system)

    def linear(
        self, parameters: Parameters, theta: Theta
    ) -> tuple[Numbers, Float[Array, "y parameter"]]:
        """Return y and ∂y/∂θ."""

        def twice(x: Theta) -> tuple[Numbers, Numbers]:
            y = self.observe(parameters, x)
            return y, y

        slope, y = jax.jacrev(twice, has_aux=True)(theta)
        return y, slope

    def residuals(self, y: Numbers) -> Float[Array, " residual"]:
        """Return r [hartree]."""
        return self.scale * (y - self.value)

    def held_out(self, y: Numbers) -> Float[Array, " 0"]:
        """Return nothing: no number is held out."""
        return y[:0]
