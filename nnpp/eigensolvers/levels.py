"""Levels and their derivative, dEₙ = ⟨ψₙ|dH|ψₙ⟩ (Hellmann and Feynman), for any solver."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from nnpp.eigensolvers.choice import Solver, automatic


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def lowest_levels(H: Any, n: int, solve: Solver = automatic) -> Float[Array, " level"]:
    """The `n` lowest eigenvalues of a Hermitian H, in rising order [hartree].

    The derivative asks of H only `H.expectation(psi)` and never looks inside `solve`, so that
    an iterative solver needs no rule of its own. Inside a multiplet only functions that treat
    its members alike have a derivative: weigh them equally. First order: a second one would go
    through `solve` itself, and fails at multiplets.
    """
    E, _ = solve(H, n)
    return E


@partial(lowest_levels.defjvp, symbolic_zeros=True)
def _hellmann_feynman(n: int, solve: Solver, primals: tuple, tangents: tuple):
    (H,), (dH,) = primals, tangents
    E, psi = solve(H, n)
    all_of_H, whole = jax.tree.flatten(H)
    slopes = jax.tree.leaves(dH, is_leaf=lambda x: isinstance(x, SymbolicZero))
    moving = [i for i, x in enumerate(slopes) if not isinstance(x, SymbolicZero)]

    @jax.checkpoint  # else reverse mode keeps every state on the Fourier box, at every k
    def expectation(parts: list[Array]) -> Float[Array, " level"]:
        """⟨ψ|H|ψ⟩ as a function of what moves: the rest, such as projectors, costs nothing."""
        leaves = list(all_of_H)
        for i, part in zip(moving, parts, strict=True):
            leaves[i] = part
        return jax.tree.unflatten(whole, leaves).expectation(psi)

    if not moving:
        return E, jnp.zeros_like(E)
    primal, tangent = [all_of_H[i] for i in moving], [slopes[i] for i in moving]
    return E, jax.jvp(expectation, (primal,), (tangent,))[1]
