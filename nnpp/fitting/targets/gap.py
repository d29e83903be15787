"""Gap: r = √w·(min E_c − max E_v − E_g), over the k-points of a spectrum."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.observables.bands import Bands
from nnpp.pytree import pytree


@pytree
class GapTarget:
    """What the gap should be.

    Attributes:
        value: E_g [hartree].
        weight: w.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """R [hartree]."""
        v = bands.occupied
        width = jnp.min(bands.E[:, v]) - jnp.max(bands.E[:, v - 1])
        return jnp.sqrt(self.weight) * (width - self.value)[None]
