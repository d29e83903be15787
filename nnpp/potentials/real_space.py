"""Real space: v(r) = (1/2π²r) ∫ q sin(qr) v(q) dq."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.potentials.interface import FormFactors
from nnpp.special import gauss_legendre


def real_space(
    v: FormFactors, r: Float[Array, " r"], end: float = 20.0, nodes: int = 800
) -> Float[Array, "r species"]:
    """Return v_s(r) [hartree].

    Args:
        v: the form factors, a pytree, negligible beyond `end`.
        r: distances from the atom [bohr].
        end: upper end of the integral [bohr⁻¹].
        nodes: number of Gauss-Legendre nodes.
    """
    return _sum(v, r, *map(jnp.asarray, gauss_legendre(nodes, end)))


@jax.jit
def _sum(
    v: FormFactors, r: Float[Array, " r"], q: Float[Array, " q"], w: Float[Array, " q"]
) -> Float[Array, "r species"]:
    """Return the integral from nodes and weights."""
    return (q**2 * jnp.sinc(r[:, None] * q / jnp.pi) * w / (2 * jnp.pi**2)) @ v(q)
