"""Where in a dot a state is: participation ratio, shares of sites, elements, core and surface.

    P = 1/∫ |ψ|⁴ d³r,   s_a = ∫_{points nearest to site a} |ψ|² d³r,   Σ_a s_a = 1

P is the volume over which a state is spread: that of a box over which |ψ|² is constant. A point
of the periodic box belongs to its nearest site; one that is equally far from several sites
belongs to one of them. For a Kramers pair |ψ|² is the mean of both partners.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial import KDTree

from nnpp.dots.functions import Cell, Functions, volume
from nnpp.linalg.blocks import Block


def participation_volume(of: Functions, X: Block) -> Float[Array, " state"]:
    """Return P = 1/∫|ψ|⁴ of each state [bohr³].

    Divide it by the volume of the dot (`nnpp.structures.dots.surface.hull_volume`) for the
    participation ratio: about ⅓ for the lowest state of a sphere with hard walls, and small
    for a state at a defect. The Bloch part of ψ lowers it.
    """
    return volume(of) / _mean_fourth(of, X)


def nearest_site(
    positions: Float[np.ndarray | Array, "site 3"], cell: Cell, shape: tuple[int, int, int]
) -> Int[np.ndarray, "x y z"]:
    """Return the site nearest to each point of a periodic rectangular box.

    Args:
        positions: Cartesian positions of the sites [bohr].
        cell: lattice vectors as rows, orthogonal [bohr].
        shape: points of the box along each axis.
    """
    edges = np.linalg.norm(np.asarray(cell), axis=1)
    x = np.asarray(positions) @ np.linalg.inv(np.asarray(cell))
    # x − ⌊x⌋ rounds to 1 for a tiny negative x, and KDTree refuses the upper end.
    inside = np.where((wrapped := x - np.floor(x)) < 1, wrapped, 0.0)
    tree = KDTree(inside * edges, boxsize=edges)
    axes = [np.arange(m) * a / m for m, a in zip(shape, edges, strict=True)]
    plane = np.stack(np.meshgrid(*axes[1:], indexing="ij"), axis=-1).reshape(-1, 2)
    found = np.empty(shape, np.int32)
    for i, at in enumerate(axes[0]):
        found[i] = tree.query(np.insert(plane, 0, at, axis=1))[1].reshape(shape[1:])
    return found


def site_shares(
    of: Functions, X: Block, nearest: Int[np.ndarray | Array, "x y z"], sites: int
) -> Float[Array, "state site"]:
    """Return the part of each state at the points nearest to each site.

    Args:
        of: the basis of the states.
        X: the states.
        nearest: the site of each point of the box, by `nearest_site`.
        sites: number of sites.
    """
    sums = _site_sums(of, X, jnp.asarray(nearest).reshape(-1), sites)
    return sums / sums.sum(axis=1, keepdims=True)


def element_shares(
    s: Float[np.ndarray | Array, "state site"], symbols: Sequence[str]
) -> dict[str, Float[np.ndarray, " state"]]:
    """Return the part of each state at the sites of each element, and of each passivant.

    Args:
        s: shares of the sites.
        symbols: the symbol of each site.
    """
    of_site, shares = np.array(symbols), np.asarray(s)
    return {
        symbol: shares[:, of_site == symbol].sum(axis=1) for symbol in dict.fromkeys(symbols)
    }


def surface_share(
    s: Float[np.ndarray | Array, "state site"], is_surface: Bool[np.ndarray, " site"]
) -> Float[np.ndarray, " state"]:
    """Return the part of each state at the surface; the rest is the share of the core.

    Args:
        s: shares of the sites.
        is_surface: whether each site is on the surface, by
            `nnpp.structures.dots.surface.is_surface`.
    """
    return np.asarray(s)[:, is_surface].sum(axis=1)


def shares_within(
    s: Float[np.ndarray | Array, "state site"],
    positions: Float[np.ndarray | Array, "site 3"],
    radii: Float[np.ndarray, " radius"],
) -> Float[np.ndarray, "state radius"]:
    """Return the part of each state at the sites within each distance from their middle.

    Args:
        s: shares of the sites.
        positions: positions of the sites of a dot [bohr].
        radii: distances from the middle of the range of the sites [bohr].
    """
    r = np.asarray(positions)
    distance = np.linalg.norm(r - (r.min(axis=0) + r.max(axis=0)) / 2, axis=1)
    return np.asarray(s) @ (distance[:, None] <= radii).astype(float)


@jax.jit
def _mean_fourth(of: Functions, X: Block) -> Float[Array, " state"]:
    """Return the mean of (Ω|ψ|²)² over the box, for each state."""

    def mean(x: Float[Array, "row part"]) -> Float[Array, ""]:
        return jnp.mean(jnp.sum(of.values(x) ** 2, axis=0) ** 2)

    return jax.lax.map(mean, jnp.moveaxis(X, 2, 0))


@partial(jax.jit, static_argnames="sites")
def _site_sums(
    of: Functions, X: Block, nearest: Int[Array, " point"], sites: int
) -> Float[Array, "state site"]:
    """Return the sum of Ω|ψ|² over the points of each site."""

    def sums(x: Float[Array, "row part"]) -> Float[Array, " site"]:
        rho = jnp.sum(of.values(x) ** 2, axis=0).reshape(-1)
        return jax.ops.segment_sum(rho, nearest, sites)

    return jax.lax.map(sums, jnp.moveaxis(X, 2, 0))
