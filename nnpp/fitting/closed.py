"""Residuals in closed form: no levels are solved, so derivatives are taken straight through."""

from jaxtyping import Array, Float

from nnpp.fitting.jacobian import jacobian
from nnpp.fitting.parameters import Parameters


class Closed:
    """A source of residuals whose `observe(parameters, θ)` gives r itself."""

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Float[Array, " residual"], Float[Array, "residual parameter"]]:
        """R and ∂r/∂θ."""

        def observe(theta: Float[Array, " parameter"]) -> Float[Array, " residual"]:
            return self.observe(parameters, theta)

        return observe(theta), jacobian(observe, theta)

    def observe(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, " residual"]:
        """R."""
        raise NotImplementedError

    def residuals(self, r: Float[Array, " residual"]) -> Float[Array, " residual"]:
        """R."""
        return r

    def held_out(self, r: Float[Array, " residual"]) -> Float[Array, " 0"]:
        """Nothing is held out."""
        return r[:0]
