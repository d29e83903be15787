"""Slopes: ∂Eₙ(k)/∂x = ⟨ψₙ|∂H/∂x|ψₙ⟩ for every number x that a potential sends into a system.

A few hundred numbers a system stand between any potential and all of its levels, so that
∂E/∂θ = (∂E/∂x)·(∂x/∂θ) needs one solution, whatever the potential and however many its weights.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.eigensolvers.dense import dense
from nnpp.hamiltonian import AtShells, System, hamiltonian, values
from nnpp.parallel import map_k


@partial(jax.jit, static_argnames=("n", "solve"))
def levels_and_slopes(
    numbers: AtShells, system: System, n: int, solve: Callable = dense
) -> tuple[Float[Array, "k level"], AtShells]:
    """The `n` lowest levels [hartree], and their slopes: `numbers` with axes (k, level, …).

    Inside a multiplet the slopes are those of whatever states `solve` returns; only their sum
    has a meaning, as with every derivative of levels.
    """

    def at_k(waves, shared):
        system, numbers = shared
        E, psi = solve(hamiltonian(waves, system, values(numbers, system)), n)

        def expectation(x: AtShells, c: Complex[Array, " n"]) -> Float[Array, ""]:
            H = hamiltonian(waves, system, values(x, system))
            return jnp.vdot(c, (H @ c[:, None])[:, 0]).real

        return E, jax.vmap(jax.grad(expectation), (None, 1))(numbers, psi)

    return map_k(at_k, system.waves, (system, numbers))
