"""Envelopes: factors from 1 towards 0 that make a form factor decay."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Envelope = Callable[[Float[Array, " q"]], Float[Array, " q"]]


@dataclass(frozen=True)
class Gaussian:
    """exp(−q²/2σ²), σ in bohr⁻¹; even in q."""

    sigma: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """The factor at q."""
        return jnp.exp(-(q**2) / (2 * self.sigma**2))


@dataclass(frozen=True)
class Sigmoid:
    """1 − 1/(1 + exp(−rate (q − centre))), rate in bohr, centre in bohr⁻¹; not even in q."""

    rate: float
    centre: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """The factor at q."""
        return jax.nn.sigmoid(-self.rate * (q - self.centre))


@dataclass(frozen=True)
class Open:
    """1: no envelope."""

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """The factor at q."""
        return jnp.ones_like(q)
