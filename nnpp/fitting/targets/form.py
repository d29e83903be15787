"""Form: r = √w(q)·(v_s(q) − v⁰_s(q)); a network learns a form before it learns bands."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.fitting.curve import Curve
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static


@pytree
class FormTarget(Curve):
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

    def curve(self, potential: Potential, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """V_s(q) [hartree·bohr³]."""
        return potential.local(q)

    def wanted(self) -> Float[Array, "q species"]:
        """V⁰_s(q)."""
        return self.v

    def amplitudes(self) -> Float[Array, " q"]:
        """√w."""
        return jnp.sqrt(self.weights)
