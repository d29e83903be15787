"""Slopes: ∂Eₙ(k)/∂x = ⟨ψₙ|∂H/∂x|ψₙ⟩ for every number x that a potential sends into a system.

A few hundred numbers a system stand between any potential and all of its levels, so that
∂E/∂θ = (∂E/∂x)·(∂x/∂θ) needs one solution, whatever the potential and however many its weights.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Complex, Float

from nnpp.basis.convolution import AT_ONCE
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.eigensolvers.choice import Solver, automatic
from nnpp.hamiltonian import AtShells, System, frame, values, within
from nnpp.observables.memory import of_system
from nnpp.parallel import map_k


@partial(jax.jit, static_argnames=("n", "solve"))
def levels_and_slopes(
    numbers: AtShells, system: System, n: int, solve: Solver = automatic
) -> tuple[Float[Array, "k level"], AtShells]:
    """The `n` lowest levels [hartree], and their slopes: `numbers` with axes (k, level, …).

    Inside a multiplet the slopes are those of whatever states `solve` returns; only their sum
    has a meaning, as with every derivative of levels. Under vmap, potentials are walked through
    as k-points are: memory holds no more Hamiltonians at a time, and all devices have work
    (8 potentials, 61 k, N = 153, 2 cores: 2.3 s, against 2.8 s with 8 Hamiltonians at a time).
    """
    each = of_system(numbers, system, n, solve)
    return _over_k(partial(_at_k, n, solve), each)(numbers, system)


def _at_k(
    n: int, solve: Solver, waves_and_numbers: tuple[PlaneWaves, AtShells], system: System
) -> tuple[Float[Array, " level"], AtShells]:
    """Levels and slopes at one k."""
    waves, numbers = waves_and_numbers
    fixed = frame(waves, system)
    E, psi = solve(within(fixed, system, values(numbers, system)), n)

    def expectation(x: AtShells, c: Complex[Array, " n"]) -> Float[Array, ""]:
        return within(fixed, system, values(x, system)).expectation(c[:, None])[0]

    each = partial(jax.grad(expectation), numbers)
    return E, jax.lax.map(each, psi.T, batch_size=min(AT_ONCE, n))


def _over_k(at_k: Callable, each: float) -> Callable:
    """`at_k`, of `each` bytes, at every k, and under vmap for every potential and k."""

    @custom_vmap
    def over_k(numbers: AtShells, system: System) -> Any:
        def shared(waves: PlaneWaves, both: tuple[AtShells, System]) -> Any:
            return at_k((waves, both[0]), both[1])

        return map_k(shared, system.waves, (numbers, system), each)

    @over_k.def_vmap
    def over_pairs(many: int, mapped: Any, numbers: AtShells, system: System) -> Any:
        assert not any(jax.tree.leaves(mapped[1])), "potentials are many, the system is one"
        k = len(system.waves.K)

        def pairs(x: Array, of_many: bool) -> Array:
            return jnp.repeat(x if of_many else jnp.stack([x] * many), k, axis=0)

        waves = jax.tree.map(lambda x: jnp.concatenate([x] * many), system.waves)
        found = map_k(at_k, (waves, jax.tree.map(pairs, numbers, mapped[0])), system, each)
        found = jax.tree.map(lambda x: x.reshape(many, k, *x.shape[1:]), found)
        return found, jax.tree.map(lambda x: True, found)

    return over_k
