"""A crystal: lattice vectors a_i (rows), τ_a = x_a·a, Ω = |det a|, a_i·b_j = 2π δ_ij."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from nnpp.devices.tracing import concrete
from nnpp.errors import InputError
from nnpp.pytree import pytree, static

MOST_ATOMS = 10_000
"""Largest number of atoms in a cell; plane waves of larger cells exceed any memory."""

DIGITS = 6
"""Strains of atoms that agree to this many decimals are replaced by their mean."""


@pytree
class Crystal:
    """Atoms in a periodic cell.

    Attributes:
        cell: lattice vectors a_i as rows [bohr].
        fractional: positions x_a of the atoms in units of the a_i.
        symbols: the element of each atom.
        rest_volume: Ω₀, the volume of the unstrained cell [bohr³].
        kinds: for each atom its kind, an element with a strain of its own; None if all atoms of
            an element are alike.
        own: ε of each kind, instead of that of the cell; None without kinds.
    """

    cell: Float[Array, "3 3"]
    fractional: Float[Array, "atom 3"]
    symbols: tuple[str, ...] = static()
    rest_volume: Float[Array, ""]
    kinds: tuple[int, ...] | None = static(default=None)
    own: Float[Array, " kind"] | None = None

    @property
    def concrete(self) -> "Crystal":
        """The same crystal without derivatives, from which integers are selected."""
        return concrete(self, "a crystal")

    @property
    def species(self) -> tuple[str, ...]:
        """The elements in order of first appearance, once for each of their kinds."""
        if self.kinds is None:
            return tuple(dict.fromkeys(self.symbols))
        return tuple(
            self.symbols[self.kinds.index(kind)] for kind in range(max(self.kinds) + 1)
        )

    @property
    def species_of_atom(self) -> tuple[int, ...]:
        """For each atom the index of its element in `species`."""
        if self.kinds is not None:
            return self.kinds
        place = {symbol: i for i, symbol in enumerate(self.species)}
        return tuple(place[symbol] for symbol in self.symbols)

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
        """ε = Ω/Ω₀ − 1, or ε of each kind; the strain factor of a potential depends on it."""
        return self.volume / self.rest_volume - 1 if self.own is None else self.own

    @property
    def strains(self) -> Float[Array, " atom"]:
        """ε of each atom."""
        return jnp.broadcast_to(self.dilation, (len(self.species),))[
            jnp.asarray(self.species_of_atom)
        ]

    def with_strains(self, strains: ArrayLike) -> "Crystal":
        """Return the crystal with ε of each atom; equal elements with equal ε form a kind."""
        strains = jnp.asarray(strains, float)
        exact = np.asarray(concrete(strains, "a strain"))
        pairs = list(zip(self.symbols, np.round(exact, DIGITS).tolist(), strict=True))
        kinds = list(dict.fromkeys(pairs))
        place = tuple(map(kinds.index, pairs))
        of_kind = jnp.zeros(len(kinds)).at[jnp.asarray(place)].add(strains)
        return replace(self, kinds=place, own=of_kind / np.bincount(place))

    def strained(self, strain: ArrayLike) -> "Crystal":
        """Return the crystal with a_i → (1 + ε) a_i; fractional positions and Ω₀ stay."""
        cell = self.cell @ (jnp.eye(3) + jnp.asarray(strain)).T
        if self.own is None:
            return replace(self, cell=cell)
        growth = jnp.linalg.det(jnp.eye(3) + jnp.asarray(strain))
        return replace(self, cell=cell, own=(1 + self.own) * growth - 1)


def crystal(
    cell: ArrayLike,
    fractional: ArrayLike,
    symbols: tuple[str, ...],
    rest_volume: ArrayLike | None = None,
) -> Crystal:
    """Return a crystal, unstrained if no other volume is given; differentiable.

    Args:
        cell: lattice vectors as rows [bohr].
        fractional: positions in units of the lattice vectors.
        symbols: the element of each atom.
        rest_volume: volume of the unstrained cell [bohr³]; by default that of `cell`.

    Raises:
        InputError: if the shapes do not fit, the cell is flat or not finite, or there are more
            than `MOST_ATOMS` atoms.
    """
    if len(symbols) > MOST_ATOMS:
        raise too_many_atoms(len(symbols))
    cell, fractional = jnp.asarray(cell, float), jnp.asarray(fractional, float)
    a, x = map(np.asarray, concrete((cell, fractional), "a crystal"))
    if a.shape != (3, 3) or x.shape != (len(symbols), 3) or not len(symbols):
        raise InputError(
            f"cell {a.shape}, positions {x.shape}, {len(symbols)} symbols form no crystal",
            "give three lattice vectors, and three coordinates and a symbol for each atom",
        )
    if not (np.isfinite(a).all() and np.isfinite(x).all() and abs(np.linalg.det(a)) > 0):
        raise InputError("the cell is flat, or a number is not finite", "correct the numbers")
    own = jnp.abs(jnp.linalg.det(cell)) if rest_volume is None else jnp.asarray(rest_volume)
    return Crystal(cell, fractional, tuple(symbols), own)


def too_many_atoms(count: int) -> InputError:
    """Return the error about a cell with more than `MOST_ATOMS` atoms."""
    what = f"holds {count:,} atoms, more than {MOST_ATOMS:,}"
    return InputError(what, "use a smaller cell")
