"""Splitting: r = √w·(E(Γ8) − E(Γ7) − Δ), of the valence top at Γ."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.observables.bands import Bands
from nnpp.observables.splitting import spin_orbit_splitting
from nnpp.pytree import pytree


@pytree
class SplittingTarget:
    """What the spin-orbit splitting should be.

    Attributes:
        value: Δ [hartree].
        weight: w.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """R [hartree]."""
        return jnp.sqrt(self.weight) * (spin_orbit_splitting(bands) - self.value)[None]
