"""A nanocrystal: atoms and passivants without a cell."""

import re

import numpy as np
from jaxtyping import Array, Bool, Float
from scipy.spatial import KDTree

from nnpp.errors import InputError
from nnpp.pytree import pytree, static
from nnpp.structures.dots.charges import CHARGES
from nnpp.structures.electrons import SYMBOLS, valence_electrons
from nnpp.units import LENGTH

PASSIVANT = re.compile(r"P[1-9]")
"""Symbols of Gaussian passivants; P alone is phosphorus."""

MOST_SITES = 100_000
"""Largest number of atoms and passivants."""

CLOSEST = 0.4 * LENGTH["angstrom"]
"""Smallest distance of two sites [bohr]; less means a repeated site or a wrong unit."""


@pytree
class Dot:
    """Atoms and passivants; together they are called sites.

    Attributes:
        positions: Cartesian positions [bohr].
        symbols: the element of each atom, or P1 to P9 for a Gaussian passivant.
        strains: ε of each site, from its tetrahedron of neighbours; None if not known.
    """

    positions: Float[np.ndarray | Array, "site 3"]
    symbols: tuple[str, ...] = static()
    strains: Float[np.ndarray | Array, " site"] | None = None

    @property
    def is_passivant(self) -> Bool[np.ndarray, " site"]:
        """Whether each site is a Gaussian passivant."""
        return np.array([PASSIVANT.fullmatch(s) is not None for s in self.symbols])

    @property
    def atoms(self) -> tuple[str, ...]:
        """The elements of the atoms, without passivants."""
        return tuple(s for s in self.symbols if not PASSIVANT.fullmatch(s))

    @property
    def charge(self) -> int:
        """The sum of the formal charges of all atoms; passivants have none."""
        return sum(map(formal_charge, self.atoms))

    @property
    def electrons(self) -> int:
        """Electrons in closed shells: 8 for each anion, 2 for each Pb²⁺; passivants bring none.

        An atom of formal charge z brings its valence electrons less z.
        """
        return sum(valence_electrons(s) - formal_charge(s) for s in self.atoms)

    @property
    def occupied(self) -> int:
        """The number of occupied states without spin: 4 for each anion of II-VI and III-V."""
        return self.electrons // 2


def dot(
    positions: Float[np.ndarray, "site 3"],
    symbols: tuple[str, ...],
    strains: Float[np.ndarray, " site"] | None = None,
) -> Dot:
    """Return a dot; an InputError for unknown symbols and sites that coincide."""
    if not symbols:
        raise InputError("there is no atom", "add the atoms")
    if len(symbols) > MOST_SITES:
        raise InputError(f"{len(symbols):,} sites are too many", f"give up to {MOST_SITES:,}")
    for i, symbol in enumerate(symbols):
        if symbol not in SYMBOLS and not PASSIVANT.fullmatch(symbol):
            raise InputError(
                f"site {i + 1}: unknown symbol {symbol!r:.30}",
                "write an element, as Cd, or a passivant from P1 to P9",
            )
    if not np.isfinite(positions).all():
        raise InputError("a coordinate is not finite", "write finite numbers")
    _check_distances(positions, symbols)
    return Dot(positions, symbols, strains)


def _check_distances(r: Float[np.ndarray, "site 3"], symbols: tuple[str, ...]) -> None:
    """Raise an error if two sites nearly coincide."""
    pairs = KDTree(r).query_pairs(CLOSEST, output_type="ndarray")
    if len(pairs):
        i, j = pairs[np.lexsort(pairs.T[::-1])[0]].tolist()
        apart = np.linalg.norm(r[i] - r[j]) / LENGTH["angstrom"]
        raise InputError(
            f"sites {i + 1} ({symbols[i]}) and {j + 1} ({symbols[j]}) are {apart:.3f} Å apart",
            "check the positions and their unit",
        )


def formal_charge(symbol: str) -> int:
    """Return the formal charge of an element in compounds."""
    if symbol not in CHARGES:
        raise InputError(
            f"the formal charge of {symbol} is not known",
            f"use elements with one: {', '.join(CHARGES)}",
        )
    return CHARGES[symbol]
