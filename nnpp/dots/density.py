"""|ψ(r)|² of states of a dot [bohr⁻³], on the points of its box.

    ρ(r) = Σ_p f_p(r)²,  ∫ ρ d³r = 1

f_p are the parts of a state: one real function, or four for a Kramers pair, where ρ is the mean
of both partners, and their equal densities. States within a multiplet are arbitrary; only
their sum is defined.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.dots.functions import Functions, volume
from nnpp.linalg.blocks import Block


def densities(of: Functions, X: Block) -> Float[Array, "state x y z"]:
    """Return |ψ(r)|² of each state [bohr⁻³]; one box of points a state is held.

    Args:
        of: the basis of the states.
        X: the states.
    """
    return _squares(of, X) / volume(of)


def density(of: Functions, X: Block, w: Float[Array, " state"]) -> Float[Array, "x y z"]:
    """Return Σ_i w_i |ψ_i(r)|² [bohr⁻³]; two boxes of points are held.

    Args:
        of: the basis of the states.
        X: the states.
        w: a weight of each state: 1/n for the mean of a multiplet of n, 2 for its electrons.
    """
    return _weighted(of, X, w) / volume(of)


def unwrapped(
    rho: Float[np.ndarray | Array, "*some x y z"],
) -> Float[np.ndarray | Array, "*some x y z"]:
    """Return fields with the origin, where a dot is centred, in the middle of the array.

    The point (0, 0, 0) becomes the point (x/2, y/2, z/2), so that sites are to be moved by half
    of each lattice vector.
    """
    return jnp.fft.fftshift(rho, axes=(-3, -2, -1))


@jax.jit
def _squares(of: Functions, X: Block) -> Float[Array, "state x y z"]:
    """Return Ω |ψ|² of each state."""
    return jax.lax.map(lambda x: jnp.sum(of.values(x) ** 2, axis=0), jnp.moveaxis(X, 2, 0))


@jax.jit
def _weighted(of: Functions, X: Block, w: Float[Array, " state"]) -> Float[Array, "x y z"]:
    """Return Ω Σ_i w_i |ψ_i|²."""

    def add(total: Array, one: tuple[Array, Array]) -> tuple[Array, None]:
        x, weight = one
        return total + weight * jnp.sum(of.values(x) ** 2, axis=0), None

    zero = jnp.zeros(of.shape, X.dtype)
    return jax.lax.scan(add, zero, (jnp.moveaxis(X, 2, 0), w))[0]
