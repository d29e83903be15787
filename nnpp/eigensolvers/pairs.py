"""Sums over pairs of a full and an empty level, differentiable where levels are degenerate.

    S = Σ_{n full, m empty} f(E_m − E_n) Σ_i |⟨n|v_i|m⟩|²

States change with H by d|n⟩ = Σ_l |l⟩⟨l|dH|n⟩/(E_n−E_l). Within the full levels only the sum
over n and l contributes, where f appears as a divided difference (Daleckii and Krein). No
denominator contains the difference of two full or of two empty levels. There must be a gap
between full and empty levels. First order, in forward or reverse mode.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.linalg.eigh import eigh

Weight = Callable[[Array], Array]
"""f as a function of energy differences [hartree]."""

TOGETHER = 1e-6
"""Levels closer than this use the slope of f instead of its divided difference [hartree]."""


@partial(jax.custom_jvp, nondiff_argnums=(2, 3))
def pair_sum(
    H: Complex[Array, "n n"], v: Complex[Array, "3 n n"], full: int, f: Weight
) -> Float[Array, ""]:
    """Return S, with the lowest `full` levels full."""
    E, U = eigh(H)
    A = jnp.einsum("an,iab,bm->inm", U[:, :full].conj(), v, U[:, full:])
    return jnp.sum(f(E[None, full:] - E[:full, None]) * jnp.abs(A) ** 2)


@pair_sum.defjvp
def _pair_sum(full: int, f: Weight, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (H, v), (dH, dv) = primals, tangents
    E, U = eigh(H)
    A, dA = (jnp.einsum("an,iab,bm->inm", U.conj(), x, U) for x in (v, dv))
    h, (V, C) = U.conj().T @ dH @ U, (slice(0, full), slice(full, None))
    g = f(E[None, C] - E[V, None])
    S = jnp.sum(g * jnp.abs(A[:, V, C]) ** 2)
    dS = 2 * jnp.sum(g * (A[:, V, C].conj() * dA[:, V, C]).real)
    of_full = _divided(g, E[V], -_slope(f, E[None, C] - E[V, None]))
    of_empty = _divided(g.T, E[C], _slope(f, E[None, C] - E[V, None]).T)
    inner = jnp.einsum("inm,ilm,nlm->nl", A[:, V, C].conj(), A[:, V, C], of_full)
    dS += jnp.sum(inner * h[V, V]).real
    inner = jnp.einsum("inm,inl,mln->lm", A[:, V, C].conj(), A[:, V, C], of_empty)
    dS += jnp.sum(inner * h[C, C]).real
    apart = E[V, None] - E[None, C]
    mixed = jnp.einsum("inm,nm,ilm->nl", A[:, V, C].conj(), g, A[:, C, C]) / apart
    dS += 2 * jnp.sum(mixed * h[V, C]).real
    mixed = jnp.einsum("inm,nm,inl->lm", A[:, V, C].conj(), g, A[:, V, V]) / -apart
    dS += 2 * jnp.sum(mixed * h[V, C]).real
    return S, dS


def _slope(f: Weight, x: Array) -> Array:
    """Return f′ at each x."""
    return jax.jvp(f, (x,), (jnp.ones_like(x),))[1]


def _divided(
    g: Float[Array, "a b"], E: Float[Array, " a"], slope: Float[Array, "a b"]
) -> Float[Array, "a a b"]:
    """Return (g_nb − g_lb)/(E_n − E_l), or the mean slope if both levels coincide."""
    apart = (E[:, None] - E[None, :])[..., None]
    near = jnp.abs(apart) < TOGETHER
    quotient = (g[:, None] - g[None, :]) / jnp.where(near, 1, apart)
    return jnp.where(near, (slope[:, None] + slope[None, :]) / 2, quotient)
