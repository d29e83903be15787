"""Residuals along a curve: r = A(q)·(c(θ, q) − c₀(q)); no levels are solved."""

from jaxtyping import Array, Float

from nnpp.fitting.jacobian import along
from nnpp.fitting.parameters import Parameters
from nnpp.potentials.potential import Potential


class Curve:
    """A source of residuals that asks of a potential a curve on its grid `q`, and no levels."""

    q: Float[Array, " q"]

    def amplitudes(self) -> Float[Array, " q"]:
        """A, the square roots of the weights along q."""
        raise NotImplementedError

    def curve(self, potential: Potential, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """C, each row from its own q alone."""
        raise NotImplementedError

    def wanted(self) -> Float[Array, "q species"]:
        """What c should be."""
        raise NotImplementedError

    def observe(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, " residual"]:
        """R."""
        c = self.curve(parameters.put(theta), self.q)
        return (self.amplitudes()[:, None] * (c - self.wanted())).reshape(-1)

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Float[Array, " residual"], Float[Array, "residual parameter"]]:
        """R and ∂r/∂θ."""

        def c(theta: Float[Array, " parameter"], q: Float[Array, " q"]) -> Array:
            return self.curve(parameters.put(theta), q)

        J = self.amplitudes()[:, None, None] * along(c, theta, self.q)
        return self.observe(parameters, theta), J.reshape(-1, theta.size)

    def residuals(self, r: Float[Array, " residual"]) -> Float[Array, " residual"]:
        """R."""
        return r

    def held_out(self, r: Float[Array, " residual"]) -> Float[Array, " 0"]:
        """Nothing is held out."""
        return r[:0]
