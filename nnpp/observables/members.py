"""Levels of many potentials near to one, to first order from one solution.

    E_m ≈ E + Σ_x (∂E/∂x) (x_m − x),

x the numbers that a potential sends into a system (slopes.py). Within a multiplet only the mean
of its levels has a slope of its own, and is told for each.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.eigensolvers.choice import Solver
from nnpp.hamiltonian.bulk import System, at_shells
from nnpp.observables.batched import LevelRequest
from nnpp.observables.completeness import TOGETHER
from nnpp.observables.slopes import levels_and_slopes
from nnpp.potentials.potential import Potential


def levels_of_members(
    potential: Potential, members: Potential, system: System, n: int, solve: Solver
) -> tuple[Float[Array, "k level"], Float[np.ndarray, "member k level"]]:
    """Levels of `potential`, and of `members`, stacked along the first axis of every leaf."""
    numbers = at_shells(potential, system)
    ((E, slopes),) = levels_and_slopes([LevelRequest(numbers, system, n, solve)])
    of_members = jax.vmap(lambda one: at_shells(one, system))(members)
    moved = jax.tree.map(lambda x, y: x - y, of_members, numbers)
    parts = jax.tree.map(
        lambda dE, dx: jnp.tensordot(dx.reshape(len(dx), -1), dE.reshape(*E.shape, -1), (1, 2)),
        slopes,
        moved,
    )
    return E, _evened(np.asarray(E), np.asarray(E + sum(jax.tree.leaves(parts))))


def _evened(
    E: Float[np.ndarray, "k level"], of_members: Float[np.ndarray, "member k level"]
) -> Float[np.ndarray, "member k level"]:
    """The mean over each multiplet of E, in place of its levels."""
    found = of_members.copy()
    for k, levels in enumerate(E):
        starts = np.concatenate([[0], np.flatnonzero(np.diff(levels) > TOGETHER) + 1])
        for first, last in zip(starts, [*starts[1:], len(levels)], strict=True):
            mean = of_members[:, k, first:last].mean(axis=1, keepdims=True)
            found[:, k, first:last] = mean
    return found
