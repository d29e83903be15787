"""Atoms of an alloy, moved until stretched bonds and bent angles are at peace (Keating).

    E = Σ_bonds (3α/8d²)(r² − d²)² + Σ_angles (3β/8dd′)(r·r′ + dd′/3)²

over the bonds and angles of each tetrahedron (Keating, Phys. Rev. 145, 637 (1966)). Where only
places are asked for, the ratio β/α alone counts: about 0.17 in III-V compounds (Martin, Phys.
Rev. B 1, 4005 (1970)), less in II-VI. The cell stays.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import minimize

from nnpp.errors import InputError
from nnpp.pytree import pytree
from nnpp.structures.crystal import Crystal
from nnpp.structures.environment import Bonds, Tetrahedra, tetrahedra

BENDING = 0.17
"""β/α."""

FORCE_TOLERANCE = 1e-6
"""What may be left of ∂E/∂r."""

PAIRS = np.array([(i, j) for i in range(4) for j in range(i)])
"""The six angles of a tetrahedron."""


@pytree
class Springs:
    """What the energy needs.

    Attributes:
        near: the four neighbours of each atom.
        bonds: d of each [bohr].
    """

    near: Tetrahedra
    bonds: Float[Array, "atom 4"]


def springs(structure: Crystal, bonds: Bonds) -> Springs:
    """Of a crystal whose atoms all have four neighbours."""
    near = tetrahedra(structure.positions, structure.symbols, bonds, structure.cell)
    if not bool(near.whole.all()):
        raise InputError(
            "bonds of this crystal are stretched so far that atoms lack neighbours",
            "choose compounds whose lattices are nearer to each other",
        )
    s, at = structure.symbols, np.asarray(near.neighbours)
    rest = [[bonds[frozenset((s[a], s[b]))] for b in row] for a, row in enumerate(at)]
    return Springs(near, jnp.asarray(rest))


def energy(
    of: Springs, positions: Float[Array, "atom 3"], cell: Float[Array, "3 3"]
) -> Float[Array, ""]:
    """E for α = 1; each bond belongs to two atoms."""
    r = positions[of.near.neighbours] + of.near.shift @ cell - positions[:, None]
    d = of.bonds
    stretched = 3 / 8 * (jnp.sum(r**2, axis=-1) - d**2) ** 2 / d**2
    (i, j), rr = PAIRS.T, jnp.einsum("aix,ajx->aij", r, r)
    dd = d[:, i] * d[:, j]
    bent = 3 / 8 * BENDING * (rr[:, i, j] + dd / 3) ** 2 / dd
    return jnp.sum(stretched) / 2 + jnp.sum(bent)


_slope = jax.jit(jax.value_and_grad(energy, argnums=1))


def relaxed(structure: Crystal, bonds: Bonds) -> Crystal:
    """The crystal with its atoms at peace, the first where it was."""
    of, start = springs(structure, bonds), np.asarray(structure.positions)

    def value(x: np.ndarray) -> tuple[float, np.ndarray]:
        E, dE = _slope(of, jnp.asarray(x.reshape(-1, 3)), structure.cell)
        return float(E), np.asarray(dE).ravel()

    found = minimize(value, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-9})
    if np.abs(found.jac).max() > FORCE_TOLERANCE:
        raise InputError("atoms did not come to rest", "choose another crystal")
    r = found.x.reshape(-1, 3)
    fractional = (r - r[0] + start[0]) @ np.linalg.inv(np.asarray(structure.cell))
    return Crystal(
        structure.cell, jnp.asarray(fractional), structure.symbols, structure.rest_volume
    )
