"""A crystal: a_i (rows of the cell), τ_a = x_a·a, Ω = |det a|, a_i·b_j = 2π δ_ij."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from nnpp.errors import InputError
from nnpp.pytree import pytree, static


@pytree
class Crystal:
    """Atoms in a periodic cell.

    Attributes:
        cell: lattice vectors a_i as rows [bohr].
        fractional: positions x_a of the atoms in units of the a_i.
        symbols: the element of each atom.
        rest_volume: Ω₀, the volume of the unstrained cell [bohr³].
    """

    cell: Float[Array, "3 3"]
    fractional: Float[Array, "atom 3"]
    symbols: tuple[str, ...] = static()
    rest_volume: Float[Array, ""]

    @property
    def species(self) -> tuple[str, ...]:
        """The distinct elements, in order of first appearance."""
        return tuple(dict.fromkeys(self.symbols))

    @property
    def species_of_atom(self) -> tuple[int, ...]:
        """For each atom the place of its element in `species`."""
        return tuple(self.species.index(s) for s in self.symbols)

    @property
    def positions(self) -> Float[Array, "atom 3"]:
        """τ_a, Cartesian [bohr]."""
        return self.fractional @ self.cell

    @property
    def volume(self) -> Float[Array, ""]:
        """Ω [bohr³]."""
        return jnp.abs(jnp.linalg.det(self.cell))

    @property
    def reciprocal(self) -> Float[Array, "3 3"]:
        """Reciprocal lattice vectors b_i as rows, with 2π [bohr⁻¹]."""
        return 2 * jnp.pi * jnp.linalg.inv(self.cell).T

    @property
    def dilation(self) -> Float[Array, ""]:
        """ε = Ω/Ω₀ − 1, what the strain factor of a potential sees."""
        return self.volume / self.rest_volume - 1

    def strained(self, strain: ArrayLike) -> "Crystal":
        """The crystal with every a_i → (1 + ε) a_i, atoms carried along; Ω₀ stays."""
        cell = self.cell @ (jnp.eye(3) + jnp.asarray(strain)).T
        return Crystal(cell, self.fractional, self.symbols, self.rest_volume)


def crystal(cell: ArrayLike, fractional: ArrayLike, symbols: tuple[str, ...]) -> Crystal:
    """An unstrained crystal from its lattice vectors [bohr] and fractional positions."""
    a, x = np.asarray(cell, float), np.asarray(fractional, float)
    if a.shape != (3, 3) or x.shape != (len(symbols), 3) or not len(symbols):
        raise InputError(
            f"a cell {a.shape}, positions {x.shape} and {len(symbols)} symbols are no crystal",
            "give three lattice vectors, and three coordinates and a symbol for each atom",
        )
    if not (np.isfinite(a).all() and np.isfinite(x).all() and abs(np.linalg.det(a)) > 0):
        raise InputError("the cell or a position is not finite, or flat", "mend the numbers")
    cell = jnp.asarray(a)
    rest_volume = jnp.abs(jnp.linalg.det(cell))
    return Crystal(cell, jnp.asarray(x), tuple(symbols), rest_volume)
