"""Which levels are wanted, and the type of a solver."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.hamiltonian.interface import Hamiltonian

Solution = tuple[Float[Array, " level"], Complex[Array, "g level"]]
"""Levels in rising order [hartree], and their states as columns."""


@dataclass(frozen=True)
class Lowest:
    """The `n` lowest levels."""

    n: int

    def of(self, E: Float[Array, " all"], psi: Complex[Array, "g all"]) -> Solution:
        """Return the wanted ones of all levels and states."""
        return E[: self.n], psi[:, : self.n]


@dataclass(frozen=True)
class Nearest:
    """The `n` levels nearest to the energy `E` [hartree]."""

    E: float
    n: int

    def of(self, E: Float[Array, " all"], psi: Complex[Array, "g all"]) -> Solution:
        """Return the wanted ones of all levels and states."""
        chosen = jnp.sort(jnp.argsort(jnp.abs(E - self.E))[: self.n])
        return E[chosen], psi[:, chosen]


Wanted = Lowest | Nearest
"""Hashable, so that compiled functions take it as a static argument."""

Solver = Callable[[Hamiltonian, Wanted], Solution]
"""solve(H, wanted): the wanted levels of H [hartree], and their states."""
