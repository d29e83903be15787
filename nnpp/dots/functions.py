"""Real functions in a periodic box of points, and coordinates that do not cut a dot.

A dot is centred at the origin of its box, so that the sides of the box, x_i = ½, lie in the
vacuum. Coordinates of points run from −½ to ½ about a centre; a dot is not cut by that.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Array, Float

Cell = Float[np.ndarray | Array, "3 3"]
"""Lattice vectors as rows [bohr]."""


@runtime_checkable
class Functions(Protocol):
    """A basis of real functions in a periodic cell, as `HalfSphere`."""

    @property
    def cell(self) -> Cell:
        """Lattice vectors as rows [bohr]."""
        ...

    @property
    def shape(self) -> tuple[int, int, int]:
        """Points of the box along each axis."""
        ...

    def values(self, X: Float[Array, "row column"]) -> Float[Array, "column x y z"]:
        """Return √Ω f(r) at the points of the box."""
        ...

    def multiplied(
        self, V: Float[Array, "x y z"], X: Float[Array, "row column"]
    ) -> Float[Array, "row column"]:
        """Return the rows of V(r) f(r)."""
        ...


def volume(of: Functions) -> float:
    """Return Ω of the box [bohr³]."""
    return float(abs(np.linalg.det(np.asarray(of.cell))))


def middle(
    positions: Float[np.ndarray | Array, "site 3"], cell: Cell
) -> Float[np.ndarray, " 3"]:
    """Return the middle of the range of the sites along each axis, in fractions of `cell`.

    Args:
        positions: the sites of a dot, as in its system [bohr].
        cell: lattice vectors of its box as rows [bohr].
    """
    x = np.asarray(positions) @ np.linalg.inv(np.asarray(cell))
    return (x.min(axis=0) + x.max(axis=0)) / 2


def points(of: Functions, centre: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "x y z 3"]:
    """Return the vectors from a centre to the points of the box [bohr].

    Args:
        of: the basis.
        centre: the centre, in fractions of the cell; the vectors end half a cell from it.
    """
    axes = [np.arange(m) / m - c for m, c in zip(of.shape, centre, strict=True)]
    x = np.stack(np.meshgrid(*[a - np.rint(a) for a in axes], indexing="ij"), axis=-1)
    return x @ np.asarray(of.cell)
