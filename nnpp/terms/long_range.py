"""Long range: v_LR(q) = −a4·4π/q²·exp(−q²/4γ²), the Coulomb tail of a smeared charge."""

import jax.numpy as jnp
from jaxtyping import Array, Float

GAMMA = 0.2
"""γ, the inverse width of the smeared charge [bohr⁻¹]."""

ORIGIN = 1e-4
"""Lengths up to this count as q = 0, where a neutral cell has no tail [bohr⁻¹]."""


def long_range(
    q: Float[Array, " shell"], charge: Float[Array, " species"]
) -> Float[Array, "shell species"]:
    """v_LR for charges a4 [e] that sum to zero over the cell [hartree·bohr³]."""
    outside = q > ORIGIN
    q = jnp.where(outside, q, 1.0)
    tail = jnp.where(outside, 4 * jnp.pi / q**2 * jnp.exp(-(q**2) / (4 * GAMMA**2)), 0.0)
    return -tail[:, None] * charge


def neutral(
    charge: Float[Array, " species"], count: Float[Array, " species"]
) -> Float[Array, " species"]:
    """The charges nearest to `charge` that sum to zero over a cell with `count` atoms each."""
    return charge - count @ charge / jnp.sum(count)
