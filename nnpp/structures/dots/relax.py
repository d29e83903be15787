"""Relaxation of a dot by Keating springs; its surface is free."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from nnpp.errors import InputError
from nnpp.structures.dots.cut import Cut
from nnpp.structures.environment import Bonds, Neighbours, strains
from nnpp.structures.keating import FORCE_TOLERANCE, Springs, slope

MOST_STEPS = 5000

NO_CELL = jnp.zeros((3, 3))


@dataclass(frozen=True)
class Relaxed:
    """A relaxed dot.

    Attributes:
        cut: the atoms at their new positions, with the bonds of the lattice.
        directions: vectors along all bonds [bohr]; broken ones turn with the others of an
            atom and have their mean unstrained length.
        strains: ε of each atom; 0 with broken bonds.
        moved: the largest displacement [bohr].
    """

    cut: Cut
    directions: Float[np.ndarray, "atom 4 3"]
    strains: Float[np.ndarray, " atom"]
    moved: float


def pairs_in(cut: Cut) -> set[tuple[str, str]]:
    """Return the cation and anion of each kind of bond in a dot."""
    cation = cut.charges > 0
    atom, bond = np.nonzero(~cut.broken & cation[:, None])
    symbols = np.array(cut.symbols)
    both = np.stack([symbols[atom], symbols[cut.near[atom, bond]]], axis=1)
    return {(str(a), str(b)) for a, b in np.unique(both, axis=0)}


def springs_of(cut: Cut, bonds: Bonds) -> Springs:
    """Return the springs of a dot.

    Args:
        cut: the atoms and their bonds.
        bonds: unstrained bond lengths [bohr].
    """
    there = ~cut.broken
    near = np.where(there, cut.near, 0)
    kinds, kind = np.unique(np.array(cut.symbols), return_inverse=True)
    table = np.array([[bonds.get(frozenset((a, b)), 1.0) for b in kinds] for a in kinds])
    lengths = np.where(there, table[kind[:, None], kind[near]], 1.0)
    unstrained = 8 * np.sqrt(3) / 27 * lengths.mean(axis=1) ** 3
    neighbours = Neighbours(
        jnp.asarray(near),
        jnp.zeros((*near.shape, 3)),
        jnp.asarray(unstrained),
        jnp.asarray(there.all(axis=1)),
    )
    return Springs(neighbours, jnp.asarray(lengths), jnp.asarray(there, float))


def relaxed(cut: Cut, bonds: Bonds) -> Relaxed:
    """Return the dot at the minimum of its Keating energy; its centre stays.

    Args:
        cut: the atoms and their bonds.
        bonds: unstrained bond lengths [bohr].
    """
    of = springs_of(cut, bonds)

    def value(x: np.ndarray) -> tuple[float, np.ndarray]:
        E, dE = slope(of, jnp.asarray(x.reshape(-1, 3)), NO_CELL)
        return float(E), np.asarray(dE).ravel()

    options = {"gtol": FORCE_TOLERANCE, "ftol": 0.0, "maxiter": MOST_STEPS, "maxcor": 20}
    found = minimize(value, cut.positions.ravel(), jac=True, method="L-BFGS-B", options=options)
    if np.abs(found.jac).max() > 10 * FORCE_TOLERANCE:
        raise InputError("the relaxation did not converge", "use --no-relax, or another size")
    r = found.x.reshape(-1, 3)
    moved = float(np.linalg.norm(r - cut.positions, axis=1).max())
    own = np.asarray(strains(of.near, r))
    # A broken bond of a CdS shell has the length of CdS, not of the CdSe lattice.
    there = ~cut.broken
    unstrained = (np.asarray(of.bonds) * there).sum(axis=1)
    scale = unstrained / (np.linalg.norm(cut.bonds, axis=-1) * there).sum(axis=1)
    directions = scale[:, None, None] * followed(cut, r)
    return Relaxed(replace(cut, positions=r), directions, own, moved)


def followed(cut: Cut, r: Float[np.ndarray, "atom 3"]) -> Float[np.ndarray, "atom 4 3"]:
    """Return the vectors along the bonds of each atom, turned with its unbroken bonds.

    The rotation of an atom maps its bonds in the lattice best onto those at `r` (Kabsch, Acta
    Cryst. A 32, 922 (1976)); the lengths are those of the lattice.

    Args:
        cut: the atoms and their bonds in the lattice.
        r: the new positions [bohr].
    """
    there = ~cut.broken
    now = (r[np.where(there, cut.near, 0)] - r[:, None]) * there[..., None]
    U, _, V = np.linalg.svd(np.einsum("aix,aiy->axy", cut.bonds * there[..., None], now))
    proper = np.ones((len(r), 1, 3))
    proper[:, 0, 2] = np.sign(np.linalg.det(U @ V))
    return cut.bonds @ ((U * proper) @ V)
