"""Direct gap: r = √w·(E_c(Γ) − E_v(Γ) − E_g). At two volumes it sets dE_g/d ln Ω."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.observables.bands import Bands
from nnpp.pytree import pytree, static


@pytree
class DirectGapTarget:
    """What the gap at Γ should be.

    Attributes:
        value: E_g [hartree].
        weight: w.
        gamma: the place of Γ among the k-points.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]
    gamma: int = static()

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """R [hartree]."""
        v = bands.occupied
        width = bands.E[self.gamma, v] - bands.E[self.gamma, v - 1]
        return jnp.sqrt(self.weight) * (width - self.value)[None]
