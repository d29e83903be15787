"""Levels with their derivative, dEₙ = ⟨ψₙ|dH|ψₙ⟩ (Hellmann and Feynman), for every solver."""

from functools import partial

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from nnpp.eigensolvers.choice import automatic
from nnpp.eigensolvers.wanted import Solver, Wanted
from nnpp.hamiltonian.interface import Hamiltonian


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def eigenvalues(
    H: Hamiltonian, wanted: Wanted, solve: Solver = automatic
) -> Float[Array, " level"]:
    """Return the wanted eigenvalues of H in rising order [hartree], differentiable.

    The derivative uses `H.expectation(psi)` alone and does not differentiate `solve`: an
    iterative solver needs no rule of its own. Inside a multiplet, only functions that treat its
    members alike have a derivative: give them equal weights. The derivative is of first order.
    A second one would differentiate `solve` itself and fails at multiplets.

    Args:
        H: the Hamiltonian, a pytree of the parameters that it depends on.
        wanted: which levels.
        solve: the eigensolver.
    """
    E, _ = solve(H, wanted)
    return E


@partial(eigenvalues.defjvp, symbolic_zeros=True)
def _hellmann_feynman(wanted: Wanted, solve: Solver, primals: tuple, tangents: tuple):
    (H,), (dH,) = primals, tangents
    E, psi = solve(H, wanted)
    leaves, structure = jax.tree.flatten(H)
    slopes = jax.tree.leaves(dH, is_leaf=lambda x: isinstance(x, SymbolicZero))
    moving = [i for i, x in enumerate(slopes) if not isinstance(x, SymbolicZero)]

    @jax.checkpoint  # else reverse mode keeps every state on the Fourier box, at every k
    def expectation(parts: list[Array]) -> Float[Array, " level"]:
        """⟨ψ|H|ψ⟩ as a function of the leaves that change; the others cost nothing."""
        changed = list(leaves)
        for i, part in zip(moving, parts, strict=True):
            changed[i] = part
        return jax.tree.unflatten(structure, changed).expectation(psi)

    if not moving:
        return E, jnp.zeros_like(E)
    primal, tangent = [leaves[i] for i in moving], [slopes[i] for i in moving]
    return E, jax.jvp(expectation, (primal,), (tangent,))[1]
