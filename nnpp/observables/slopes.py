"""Slopes of levels: ∂Eₙ(k)/∂x = ⟨ψₙ|∂H/∂x|ψₙ⟩ for every number x that enters a system.

A potential acts on a system through a few hundred numbers x, so that ∂E/∂θ = (∂E/∂x)·(∂x/∂θ)
needs one solution, whatever the potential and however many its weights. The levels of a
potential m with slightly different numbers follow to first order from the same solution,

    E_m ≈ E + Σ_x (∂E/∂x) (x_m − x).

Within a multiplet only the mean of the levels has a slope of its own; it is used for each
level.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.basis.convolution import AT_ONCE
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.wanted import Lowest, Solver
from nnpp.hamiltonian.bulk import AtShells, System, Values, at_shells, frame, values, within
from nnpp.observables.batched import LevelRequest, map_kpoints_of_many, solve_by_shape
from nnpp.observables.completeness import TOGETHER
from nnpp.potentials.potential import Potential

Slopes = tuple[Float[Array, "k level"], AtShells]
"""Levels [hartree] and their slopes: as the numbers of a potential, with axes (k, level, …)."""


def levels_and_slopes(requests: Sequence[LevelRequest]) -> list[Slopes]:
    """Return the lowest levels of all systems and their slopes.

    Within a multiplet the slopes belong to the states that `solve` returns; only their sum has
    a meaning, as for every derivative of levels.
    """
    return solve_by_shape(_slopes, requests)


@partial(jit_blocking, static_argnames=("n", "solve"))
def _slopes(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[Slopes, ...]:
    """Return levels and slopes of systems of equal shapes."""
    return map_kpoints_of_many(partial(_at_k, n, solve), numbers, systems, n, solve)


def _at_k(
    n: int, solve: Solver, waves: PlaneWaves, numbers: AtShells, V: Values, system: System
) -> tuple[Float[Array, " level"], AtShells]:
    """Return levels and slopes at one k."""
    fixed = frame(waves, system)
    E, psi = solve(within(fixed, system, V), Lowest(n))

    def expectation(x: AtShells, c: Complex[Array, " n"]) -> Float[Array, ""]:
        return within(fixed, system, values(x, system)).expectation(c[:, None])[0]

    each = partial(jax.grad(expectation), numbers)
    return E, jax.lax.map(each, psi.T, batch_size=min(AT_ONCE, n))


def levels_of_members(
    potential: Potential, members: Potential, system: System, n: int, solve: Solver
) -> tuple[Float[Array, "k level"], Float[np.ndarray, "member k level"]]:
    """Return levels of a potential and, to first order, of similar potentials [hartree].

    Args:
        potential: the potential that is solved.
        members: the similar potentials, stacked along the first axis of every leaf.
        system: the system.
        n: number of levels.
        solve: the eigensolver.

    Returns:
        The levels of `potential` and those of `members`.
    """
    numbers = at_shells(potential, system)
    ((E, slopes),) = levels_and_slopes([LevelRequest(numbers, system, n, solve)])
    of_members = jax.vmap(lambda one: at_shells(one, system))(members)
    differences = jax.tree.map(lambda x, y: x - y, of_members, numbers)
    parts = jax.tree.map(
        lambda dE, dx: jnp.tensordot(dx.reshape(len(dx), -1), dE.reshape(*E.shape, -1), (1, 2)),
        slopes,
        differences,
    )
    return E, _averaged(np.asarray(E), np.asarray(E + sum(jax.tree.leaves(parts))))


def _averaged(
    E: Float[np.ndarray, "k level"], of_members: Float[np.ndarray, "member k level"]
) -> Float[np.ndarray, "member k level"]:
    """Return levels of the members, each replaced by the mean over its multiplet of E."""
    found = of_members.copy()
    for k, levels in enumerate(E):
        starts = np.concatenate([[0], np.flatnonzero(np.diff(levels) > TOGETHER) + 1])
        for first, last in zip(starts, [*starts[1:], len(levels)], strict=True):
            mean = of_members[:, k, first:last].mean(axis=1, keepdims=True)
            found[:, k, first:last] = mean
    return found
