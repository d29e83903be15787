"""The strain of each atom by itself, from the tetrahedron of its four neighbours.

    ε_a = V_a/V₀ − 1,  V_a = |(r₂−r₁)·((r₃−r₁)×(r₄−r₁))|/6,  V₀ = (8√3/27) d₀³,

r₁ … r₄ the neighbours of atom a, and d₀ the mean over them of the bond at rest, √3a₀/4 in a
zinc-blende crystal. Under a homogeneous strain η of such a crystal ε is det(1+η) − 1 for every
atom, as Ω/Ω₀ − 1 is, wherever the sublattices go. An atom without four neighbours, as on the
surface of a nanocrystal, has ε = 0. A nanocrystal has no cell, and is the same to all this.
"""

from collections.abc import Iterator, Mapping
from itertools import product

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial import KDTree

from nnpp.pytree import pytree

REACH = 1.25
"""Neighbours are nearer than so many bonds; in zinc blende the next atoms are at 1.63."""

Bonds = Mapping[frozenset[str], float]
"""The length at rest of the bond between two elements [bohr]."""

Positions = Float[np.ndarray | Array, "atom 3"]


@pytree
class Tetrahedra:
    """Who the four neighbours of each atom are.

    Attributes:
        neighbours: the place of each.
        shift: whole cells from the neighbour in the home cell to the one that is meant.
        rest: V₀ [bohr³].
        whole: False where there are not four.
    """

    neighbours: Int[Array, "atom 4"]
    shift: Float[Array, "atom 4 3"]
    rest: Float[Array, " atom"]
    whole: Bool[Array, " atom"]


def tetrahedra(
    positions: Positions,
    symbols: tuple[str, ...],
    bonds: Bonds,
    cell: Float[np.ndarray | Array, "3 3"] | None = None,
) -> Tetrahedra:
    """Found once; the same atoms may then move by parts of a bond. Positions in bohr."""
    r, count = np.asarray(positions), len(symbols)
    longest = REACH * max(bonds.values(), default=0.0)
    home, n = np.zeros((count, 3)), np.zeros((1, 3))
    if cell is not None:
        a = np.asarray(cell)
        home = -np.floor(r @ np.linalg.inv(a))
        apart = 1 / np.linalg.norm(np.linalg.inv(a), axis=0)  # between planes of the lattice
        far = [range(-int(m), int(m) + 1) for m in np.ceil(longest / apart)]
        n = np.array(list(product(*far)), float)
        r = r + home @ a
    images = (r if cell is None else (r + (n @ np.asarray(cell))[:, None])).reshape(-1, 3)
    near = KDTree(images).query_ball_point(r, longest)
    neighbours, shift = np.zeros((count, 4), int), np.zeros((count, 4, 3))
    bond, whole = np.ones(count), np.zeros(count, bool)
    for a in range(count):
        found = list(_bonded(a, near[a], r[a], images, symbols, bonds))
        if len(found) == 4:
            at, rest = zip(*found, strict=True)
            neighbours[a] = np.array(at) % count
            shift[a] = n[np.array(at) // count] + home[neighbours[a]] - home[a]
            bond[a], whole[a] = np.mean(rest), True
    rest = 8 * np.sqrt(3) / 27 * bond**3
    return Tetrahedra(*map(jnp.asarray, (neighbours, shift, rest, whole)))


def _bonded(
    a: int,
    near: list[int],
    r: Float[np.ndarray, " 3"],
    images: Float[np.ndarray, "image 3"],
    symbols: tuple[str, ...],
    bonds: Bonds,
) -> Iterator[tuple[int, float]]:
    """Images that atom `a`, at r, has a bond to, and how long it is at rest."""
    for i in near:
        rest = bonds.get(frozenset((symbols[a], symbols[i % len(symbols)])))
        if rest is not None and 0.1 < np.linalg.norm(images[i] - r) < REACH * rest:
            yield i, rest


def strains(
    of: Tetrahedra, positions: Positions, cell: Float[np.ndarray | Array, "3 3"] | None = None
) -> Float[Array, " atom"]:
    """ε of each atom, where atoms now are; differentiable."""
    r = jnp.asarray(positions)[of.neighbours]
    if cell is not None:
        r = r + of.shift @ jnp.asarray(cell)
    edges = r[:, 1:] - r[:, :1]
    volume = jnp.abs(jnp.linalg.det(edges)) / 6
    return jnp.where(of.whole, volume / of.rest - 1, 0.0)
