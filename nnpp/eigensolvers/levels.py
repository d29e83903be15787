"""Levels and their derivative, dEₙ = ⟨ψₙ|dH|ψₙ⟩ (Hellmann and Feynman), for any solver."""

from functools import partial
from typing import Any

import jax
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


@lowest_levels.defjvp
def _hellmann_feynman(n: int, solve: Solver, primals: tuple, tangents: tuple):
    (H,), (dH,) = primals, tangents
    E, psi = solve(H, n)

    @jax.checkpoint  # else reverse mode keeps every state on the Fourier box, at every k
    def expectation(h: Any) -> Float[Array, " level"]:
        return h.expectation(psi)

    return E, jax.jvp(expectation, (H,), (dH,))[1]
