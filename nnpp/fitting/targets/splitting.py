"""Splitting: r = √w·(E(Γ8) − E(Γ7) − Δ), of the valence top at Γ."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.observables.bands import Bands
from nnpp.observables.splitting import splitting_at
from nnpp.pytree import pytree, static


@pytree
class SplittingTarget:
    """What the spin-orbit splitting should be.

    Attributes:
        value: Δ [hartree].
        weight: w.
        gamma: the place of Γ among the k-points.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]
    gamma: int = static()

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """R [hartree]."""
        return jnp.sqrt(self.weight) * (splitting_at(bands, self.gamma) - self.value)[None]
