"""A number x that the levels at Γ tell: r = √w·(x − x₀). Direct gap, spin-orbit splitting.

Aimed at in cells of two volumes, a direct gap sets dE_g/d ln Ω.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.observables.bands import Bands
from nnpp.pytree import pytree, static


@pytree
class AtGammaTarget:
    """What the number should be.

    Attributes:
        value: x₀ [hartree].
        weight: w.
        measure: x, from bands and the place of Γ among their k-points [hartree].
        gamma: that place.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]
    measure: Callable[[Bands, int], Float[Array, ""]] = static()
    gamma: int = static()

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """R [hartree]."""
        x = self.measure(bands, self.gamma)
        return jnp.sqrt(self.weight) * (x - self.value)[None]
