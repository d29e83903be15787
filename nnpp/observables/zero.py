"""Zeros of energy: what is subtracted from a spectrum before it is compared with another."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

Zero = Callable[[Float[Array, "k band"]], Float[Array, ""]]


@dataclass(frozen=True)
class Absolute:
    """0: energies as they are."""

    def __call__(self, E: Float[Array, "k band"]) -> Float[Array, ""]:
        """The zero of this spectrum [hartree]."""
        return jnp.zeros(())


@dataclass(frozen=True)
class Top:
    """max E over all k and the `occupied` lowest bands: the valence band maximum."""

    occupied: int

    def __call__(self, E: Float[Array, "k band"]) -> Float[Array, ""]:
        """The zero of this spectrum [hartree]."""
        return jnp.max(E[:, : self.occupied])


@dataclass(frozen=True)
class Level:
    """E at one k-point and band, by their places from 0."""

    k: int
    band: int

    def __call__(self, E: Float[Array, "k band"]) -> Float[Array, ""]:
        """The zero of this spectrum [hartree]."""
        return E[self.k, self.band]
