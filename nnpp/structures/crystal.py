"""A crystal: a_i (rows of the cell), τ_a = x_a·a, Ω = |det a|, a_i·b_j = 2π δ_ij."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from nnpp.errors import InputError
from nnpp.pytree import pytree, static

DIGITS = 6
"""Strains of atoms that agree to so many decimals are one, their mean."""


@pytree
class Crystal:
    """Atoms in a periodic cell.

    Attributes:
        cell: lattice vectors a_i as rows [bohr].
        fractional: positions x_a of the atoms in units of the a_i.
        symbols: the element of each atom.
        rest_volume: Ω₀, the volume of the unstrained cell [bohr³].
        kinds: for each atom its element in its own surroundings; None where elements are all.
        own: ε of each kind, in place of that of the cell; None where there are no kinds.
    """

    cell: Float[Array, "3 3"]
    fractional: Float[Array, "atom 3"]
    symbols: tuple[str, ...] = static()
    rest_volume: Float[Array, ""]
    kinds: tuple[int, ...] | None = static(default=None)
    own: Float[Array, " kind"] | None = None

    @property
    def species(self) -> tuple[str, ...]:
        """The elements in order of first appearance, one as often as it has surroundings."""
        if self.kinds is None:
            return tuple(dict.fromkeys(self.symbols))
        return tuple(
            self.symbols[self.kinds.index(kind)] for kind in range(max(self.kinds) + 1)
        )

    @property
    def species_of_atom(self) -> tuple[int, ...]:
        """For each atom the place of its element in `species`."""
        if self.kinds is not None:
            return self.kinds
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
    def dilation(self) -> Float[Array, "*kind"]:
        """ε = Ω/Ω₀ − 1, or that of each kind; what the strain factor of a potential sees."""
        return self.volume / self.rest_volume - 1 if self.own is None else self.own

    @property
    def strains(self) -> Float[Array, " atom"]:
        """ε of each atom."""
        return jnp.broadcast_to(self.dilation, (len(self.species),))[
            jnp.asarray(self.species_of_atom)
        ]

    def with_strains(self, strains: ArrayLike) -> "Crystal":
        """The same, each atom with the ε given; atoms of one element and one ε are a kind."""
        exact = np.asarray(strains, float)
        pairs = list(zip(self.symbols, np.round(exact, DIGITS).tolist(), strict=True))
        kinds = list(dict.fromkeys(pairs))
        place = tuple(map(kinds.index, pairs))
        of_kind = np.bincount(place, exact) / np.bincount(place)
        return replace(self, kinds=place, own=jnp.asarray(of_kind))

    def strained(self, strain: ArrayLike) -> "Crystal":
        """The crystal with every a_i → (1 + ε) a_i, atoms carried along; Ω₀ stays."""
        cell = self.cell @ (jnp.eye(3) + jnp.asarray(strain)).T
        if self.own is None:
            return replace(self, cell=cell)
        grown = jnp.linalg.det(jnp.eye(3) + jnp.asarray(strain))
        return replace(self, cell=cell, own=(1 + self.own) * grown - 1)


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
