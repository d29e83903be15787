"""Form: r = √w(q)·(v_s(q) − v⁰_s(q)); a network learns a form before it learns bands."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.fitting.closed import Closed
from nnpp.fitting.jacobian import along
from nnpp.fitting.parameters import Parameters
from nnpp.pytree import pytree, static


@pytree
class FormTarget(Closed):
    """A form to be learned.

    Attributes:
        q: where [bohr⁻¹].
        v: the form there [hartree·bohr³].
        weights: w at each q.
        name: what it is called.
    """

    q: Float[Array, " q"]
    v: Float[Array, "q species"]
    weights: Float[Array, " q"]
    name: str = static(default="form")

    def observe(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, " residual"]:
        """R [hartree·bohr³]."""
        apart = parameters.put(theta).local(self.q) - self.v
        return (jnp.sqrt(self.weights)[:, None] * apart).reshape(-1)

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Float[Array, " residual"], Float[Array, "residual parameter"]]:
        """R and ∂r/∂θ."""

        def v(theta: Float[Array, " parameter"], q: Float[Array, " q"]) -> Array:
            return parameters.put(theta).local(q)

        J = jnp.sqrt(self.weights)[:, None, None] * along(v, theta, self.q)
        return self.observe(parameters, theta), J.reshape(-1, theta.size)
