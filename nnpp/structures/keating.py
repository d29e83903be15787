"""Relaxation of the atoms of an alloy or a dot in the valence force field of Keating.

    E = Σ_bonds (3α/8d²)(r² − d²)² + Σ_angles (3β/8dd′)(r·r′ + dd′/3)²

over the bonds and angles of each tetrahedron (Keating, Phys. Rev. 145, 637 (1966)). Relaxed
positions depend on the ratio β/α only: about 0.17 in III-V compounds (Martin, Phys. Rev. B 1,
4005 (1970)), less in II-VI. The cell is fixed.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import minimize

from nnpp.errors import InputError
from nnpp.pytree import pytree
from nnpp.structures.crystal import Crystal
from nnpp.structures.environment import Bonds, Neighbours, find_neighbours

BENDING = 0.17
"""β/α."""

FORCE_TOLERANCE = 1e-6
"""Largest component of ∂E/∂r after the relaxation."""

PAIRS = np.array([(i, j) for i in range(4) for j in range(i)])
"""The six pairs of neighbours, one for each angle of a tetrahedron."""


@pytree
class Springs:
    """The bonds of a crystal.

    Attributes:
        near: the four neighbours of each atom.
        bonds: d of each bond [bohr].
        present: 1 for each bond, 0 for a broken one.
    """

    near: Neighbours
    bonds: Float[Array, "atom 4"]
    present: Float[Array, "atom 4"]


def springs(structure: Crystal, bonds: Bonds) -> Springs:
    """Return the bonds of a crystal; an InputError unless all atoms have four neighbours."""
    near = find_neighbours(structure.positions, structure.symbols, bonds, structure.cell)
    if not bool(near.complete.all()):
        raise InputError(
            "an atom does not have four neighbours: the bonds are stretched too far",
            "choose compounds with more similar lattice constants",
        )
    s, at = structure.symbols, np.asarray(near.atoms)
    lengths = [[bonds[frozenset((s[a], s[b]))] for b in row] for a, row in enumerate(at)]
    return Springs(near, jnp.asarray(lengths), jnp.ones((len(s), 4)))


def energy(
    of: Springs, positions: Float[Array, "atom 3"], cell: Float[Array, "3 3"]
) -> Float[Array, ""]:
    """Return E for α = 1; each bond belongs to two atoms."""
    r = positions[of.near.atoms] + of.near.shift @ cell - positions[:, None]
    d, p = of.bonds, of.present
    stretched = 3 / 8 * (jnp.sum(r**2, axis=-1) - d**2) ** 2 / d**2
    (i, j), rr = PAIRS.T, jnp.einsum("aix,ajx->aij", r, r)
    dd = d[:, i] * d[:, j]
    bent = 3 / 8 * BENDING * (rr[:, i, j] + dd / 3) ** 2 / dd
    return jnp.sum(p * stretched) / 2 + jnp.sum(p[:, i] * p[:, j] * bent)


slope = jax.jit(jax.value_and_grad(energy, argnums=1))
"""E and ∂E/∂r."""


def relaxed(structure: Crystal, bonds: Bonds) -> Crystal:
    """Return the crystal with relaxed atoms; the first atom and the cell stay.

    Args:
        structure: the crystal.
        bonds: unstrained bond lengths [bohr].
    """
    of, start = springs(structure, bonds), np.asarray(structure.positions)

    def value(x: np.ndarray) -> tuple[float, np.ndarray]:
        E, dE = slope(of, jnp.asarray(x.reshape(-1, 3)), structure.cell)
        return float(E), np.asarray(dE).ravel()

    found = minimize(value, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-9})
    if np.abs(found.jac).max() > FORCE_TOLERANCE:
        raise InputError("the relaxation did not converge", "choose another crystal")
    r = found.x.reshape(-1, 3)
    fractional = (r - r[0] + start[0]) @ np.linalg.inv(np.asarray(structure.cell))
    return Crystal(
        structure.cell, jnp.asarray(fractional), structure.symbols, structure.rest_volume
    )
