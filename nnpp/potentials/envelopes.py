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

    def __str__(self) -> str:
        return f"e^(−q²/2σ²), σ = {self.sigma:g} bohr⁻¹"


@dataclass(frozen=True)
class Sigmoid:
    """1 − 1/(1 + exp(−rate (q − centre))), rate in bohr, centre in bohr⁻¹; not even in q."""

    rate: float
    centre: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """The factor at q."""
        return jax.nn.sigmoid(-self.rate * (q - self.centre))

    def __str__(self) -> str:
        numbers = f"β = {self.rate:g} bohr, c = {self.centre:g} bohr⁻¹"
        return f"1 − 1/(1 + e^(−β(q − c))), {numbers}"


@dataclass(frozen=True)
class Open:
    """1: no envelope."""

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """The factor at q."""
        return jnp.ones_like(q)

    def __str__(self) -> str:
        return "none: v(q) need not decay"


ENVELOPES = {"gaussian": Gaussian, "sigmoid": Sigmoid, "none": Open}
"""By the names in fit.yaml and in stored models."""
