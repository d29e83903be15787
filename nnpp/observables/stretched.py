"""How levels follow the volume, by the two volumes that the older code compares.

    D = (E − E_s)/(Ω − s³Ω) · (Ω + s³Ω)/2 = ½ (E − E_s)(1 + s³)/(1 − s³),

E a level, or one counted from another, and E_s the same with all lengths times s, in plane
waves of the same integers. It differs from dE/d ln Ω (deformation.py) by what is of second
order in s³ − 1. A member of a multiplet that symmetry keeps has the derivative of them all.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.levels import lowest_levels
from nnpp.hamiltonian.bulk import System, at_shells, hamiltonian, values
from nnpp.observables.deformation import strained
from nnpp.potentials.potential import Potential

Place = tuple[int, int]
"""A k-point of the system, and a level there, both from 0."""


@dataclass(frozen=True)
class Stretched:
    """Levels that are followed.

    Attributes:
        levels: each level.
        above: the one that it is counted from, if there is one.
        stretch: s of each.
    """

    levels: tuple[Place, ...]
    above: tuple[Place | None, ...]
    stretch: tuple[float, ...]

    def __call__(self, potential: Potential, system: System) -> Float[Array, " y"]:
        """D of each [hartree]."""
        at = {s: self._levels(potential, system, s) for s in {1.0, *self.stretch}}
        D = []
        for place, below, s in zip(self.levels, self.above, self.stretch, strict=True):
            E, E_s = (at[x][place] - (0.0 if below is None else at[x][below]) for x in (1.0, s))
            D.append((E - E_s) * (1 + s**3) / (1 - s**3) / 2)
        return jnp.stack(D)

    def _levels(
        self, potential: Potential, system: System, s: float
    ) -> Float[Array, "k level"]:
        """The lowest levels at all k-points, all lengths times s."""
        named = (*self.levels, *(place for place in self.above if place is not None))
        n = 1 + max(level for _, level in named)
        grown = strained(system, (s - 1) * jnp.eye(3))
        V = values(at_shells(potential, grown), grown)
        return jax.lax.map(
            lambda waves: lowest_levels(hamiltonian(waves, grown, V), n, dense), grown.waves
        )
