"""Kinetic energy: ⟨G|T|G′⟩ = T(|k+G|) δ_GG′, sharp or smooth at the cutoff.

    sharp:   T(K) = ½K²
    smooth:  T(K) = ½K² [1 + g(t)],  t = (K/K_max − x₀)/(1 − x₀),  K_max = √(2E_cut),
             g(t) = 0 for t ≤ 0,  g(t) = e^{1/(1−t) − 1/t} for 0 < t < 1.

T and 1/T are smooth to all orders, at t = 0 and at t = 1: a plane wave leaves the basis with an
infinite energy, and levels are smooth in k, volume and strain. This is the modified operator of
Cancès, Hassan and Vidal, Math. Comp. 93, 1203 (2024), with another g; for K < x₀ K_max nothing
changes. Velocities ∂T/∂k and strain derivatives follow by differentiation of T.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.operators import Diagonal
from nnpp.basis.plane_waves import PlaneWaves

FILLING = 1e3
"""Energy of a row of padding [hartree]: above every requested level."""

UNCHANGED = 0.9
"""x₀: up to this K/K_max the kinetic energy is ½K²."""

LARGEST = 12.0
"""Largest exponent of g, which keeps T finite where a strain moves K beyond K_max."""


def kinetic(waves: PlaneWaves) -> Diagonal:
    """Return T at one k [hartree]."""
    K2 = jnp.sum(waves.K**2, axis=-1)
    return Diagonal(jnp.where(waves.real, kinetic_energy(K2, waves.K_max), FILLING))


def kinetic_energy(K2: Float[Array, " g"], K_max: Float[Array, ""]) -> Float[Array, " g"]:
    """Return T [hartree] of K² [bohr⁻²]; sharp for K_max = ∞."""
    return K2 / 2 * (1 + _rise(K2, K_max))


def _rise(K2: Float[Array, " g"], K_max: Float[Array, ""]) -> Float[Array, " g"]:
    """Return g; zero for K_max = ∞."""
    changed = (UNCHANGED * K_max) ** 2 < K2
    K = jnp.sqrt(jnp.where(changed, K2, 1.0))
    t = jnp.where(changed, (K / K_max - UNCHANGED) / (1 - UNCHANGED), 0.5)
    t = jnp.clip(t, 1e-3, 1 - 1e-3)
    return jnp.where(changed, jnp.exp(jnp.minimum(1 / (1 - t) - 1 / t, LARGEST)), 0.0)
