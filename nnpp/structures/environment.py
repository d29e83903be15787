"""The strain of each atom, from the tetrahedron of its four neighbours.

    ε_a = V_a/V₀ − 1,  V_a = |(r₂−r₁)·((r₃−r₁)×(r₄−r₁))|/6,  V₀ = (8√3/27) d₀³,

r₁ … r₄ are the neighbours of atom a, and d₀ is the mean over them of the unstrained bond
length, √3a₀/4 in a zinc-blende crystal. Under a homogeneous strain η of such a crystal ε is
det(1+η) − 1 = Ω/Ω₀ − 1 for every atom, however the sublattices are displaced. An atom without
four neighbours, as on the surface of a nanocrystal, has ε = 0. A nanocrystal is described by
atoms without a cell.
"""

from collections.abc import Iterator, Mapping
from itertools import product

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial import KDTree

from nnpp.devices.tracing import concrete
from nnpp.pytree import pytree

REACH = 1.25
"""Neighbours are nearer than this many bonds; in zinc blende the next atoms are at 1.63."""

Bonds = Mapping[frozenset[str], float]
"""The unstrained length of the bond between two elements [bohr]."""

Positions = Float[np.ndarray | Array, "atom 3"]


@pytree
class Neighbours:
    """The four neighbours of each atom.

    Attributes:
        atoms: the indices of the neighbours.
        shift: lattice translation from each of these atoms to the neighbouring image [cells].
        unstrained: V₀ [bohr³].
        complete: whether an atom has exactly four neighbours.
    """

    atoms: Int[Array, "atom 4"]
    shift: Float[Array, "atom 4 3"]
    unstrained: Float[Array, " atom"]
    complete: Bool[Array, " atom"]


def find_neighbours(
    positions: Positions,
    symbols: tuple[str, ...],
    bonds: Bonds,
    cell: Float[np.ndarray | Array, "3 3"] | None = None,
) -> Neighbours:
    """Return the four neighbours of each atom.

    The result stays valid while atoms move by a fraction of a bond.

    Args:
        positions: Cartesian positions [bohr].
        symbols: the element of each atom.
        bonds: unstrained bond lengths [bohr].
        cell: lattice vectors as rows [bohr]; None for atoms without a cell.
    """
    r, count = np.asarray(concrete(positions, "a position")), len(symbols)
    longest = REACH * max(bonds.values(), default=0.0)
    home, n = np.zeros((count, 3)), np.zeros((1, 3))
    images = r
    if cell is not None:
        a = np.asarray(concrete(cell, "a cell"))
        home = -np.floor(r @ np.linalg.inv(a))
        apart = 1 / np.linalg.norm(np.linalg.inv(a), axis=0)  # between planes of the lattice
        far = [range(-int(m), int(m) + 1) for m in np.ceil(longest / apart)]
        n = np.array(list(product(*far)), float)
        r = r + home @ a
        images = (r + (n @ a)[:, None]).reshape(-1, 3)
    near = KDTree(images).query_ball_point(r, longest)
    atoms, shift = np.zeros((count, 4), int), np.zeros((count, 4, 3))
    bond, complete = np.ones(count), np.zeros(count, bool)
    for a in range(count):
        found = list(_bonded(a, near[a], r[a], images, symbols, bonds))
        if len(found) == 4:
            at, lengths = zip(*found, strict=True)
            atoms[a] = np.array(at) % count
            shift[a] = n[np.array(at) // count] + home[atoms[a]] - home[a]
            bond[a], complete[a] = np.mean(lengths), True
    unstrained = 8 * np.sqrt(3) / 27 * bond**3
    return Neighbours(*map(jnp.asarray, (atoms, shift, unstrained, complete)))


def _bonded(
    a: int,
    near: list[int],
    r: Float[np.ndarray, " 3"],
    images: Float[np.ndarray, "image 3"],
    symbols: tuple[str, ...],
    bonds: Bonds,
) -> Iterator[tuple[int, float]]:
    """Yield each image that is bonded to atom `a` at r, and the unstrained bond length."""
    for i in near:
        length = bonds.get(frozenset((symbols[a], symbols[i % len(symbols)])))
        if length is not None and 0.1 < np.linalg.norm(images[i] - r) < REACH * length:
            yield i, length


def strains(
    near: Neighbours, positions: Positions, cell: Float[np.ndarray | Array, "3 3"] | None = None
) -> Float[Array, " atom"]:
    """Return ε of each atom at `positions` [bohr]; differentiable."""
    r = jnp.asarray(positions)[near.atoms]
    if cell is not None:
        r = r + near.shift @ jnp.asarray(cell)
    edges = r[:, 1:] - r[:, :1]
    volume = jnp.abs(jnp.linalg.det(edges)) / 6
    return jnp.where(near.complete, volume / near.unstrained - 1, 0.0)
