"""Slopes: ∂Eₙ(k)/∂x = ⟨ψₙ|∂H/∂x|ψₙ⟩ for every number x that a potential sends into a system.

A few hundred numbers a system stand between any potential and all of its levels, so that
∂E/∂θ = (∂E/∂x)·(∂x/∂θ) needs one solution, whatever the potential and however many its weights.
"""

from collections.abc import Sequence
from functools import partial

import jax
from jaxtyping import Array, Complex, Float

from nnpp.basis.convolution import AT_ONCE
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.choice import Solver
from nnpp.hamiltonian.bulk import AtShells, System, Values, frame, values, within
from nnpp.observables.batched import LevelRequest, in_rows, map_rows

Slopes = tuple[Float[Array, "k level"], AtShells]
"""Levels [hartree], and their slopes: the numbers of a potential with axes (k, level, …)."""


def levels_and_slopes(asked: Sequence[LevelRequest]) -> list[Slopes]:
    """The lowest levels of all systems, and their slopes.

    Inside a multiplet the slopes are those of whatever states `solve` returns; only their sum
    has a meaning, as with every derivative of levels.
    """
    return in_rows(_row, asked)


@partial(jit_blocking, static_argnames=("n", "solve"))
def _row(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[Slopes, ...]:
    """Systems of equal shapes."""
    return map_rows(partial(_at_k, n, solve), numbers, systems, n, solve)


def _at_k(
    n: int, solve: Solver, waves: PlaneWaves, numbers: AtShells, V: Values, system: System
) -> tuple[Float[Array, " level"], AtShells]:
    """Levels and slopes at one k."""
    fixed = frame(waves, system)
    E, psi = solve(within(fixed, system, V), n)

    def expectation(x: AtShells, c: Complex[Array, " n"]) -> Float[Array, ""]:
        return within(fixed, system, values(x, system)).expectation(c[:, None])[0]

    each = partial(jax.grad(expectation), numbers)
    return E, jax.lax.map(each, psi.T, batch_size=min(AT_ONCE, n))
