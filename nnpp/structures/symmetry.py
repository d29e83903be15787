"""Symmetry: operations {R|t} that map the crystal onto itself, and irreducible meshes."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import spglib
from jaxtyping import Float, Int

from nnpp.errors import InputError
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import atomic_number
from nnpp.structures.kpoints import KPoints, listed

TOLERANCE = 1e-5
"""Atoms that agree to this after an operation coincide [bohr]."""

SAME_K = 1e-5
"""Wave vectors that agree to this in fractional coordinates are equal."""

LOOSE = 1e-2
"""The tolerance for coordinates that were rounded when they were written [bohr]."""

MOST_POINTS = 2_000_000
"""A mesh of more points would not fit into memory together with its tetrahedra."""

SpglibCell = Any
"""(cell, positions, numbers); spglib and seekpath each have their own type for it."""


def spglib_cell(crystal: Crystal) -> SpglibCell:
    """Return the crystal in the form of spglib and seekpath."""
    crystal, numbers = crystal.concrete, [atomic_number(s) for s in crystal.symbols]
    return np.asarray(crystal.cell), np.asarray(crystal.fractional), numbers


def _dataset(crystal: Crystal, tolerance: float = TOLERANCE) -> Any:
    """Return the symmetry data of spglib, whose type cannot be imported for a shape checker."""
    dataset = spglib.get_symmetry_dataset(spglib_cell(crystal), symprec=tolerance)
    if dataset is None:
        raise InputError(
            "spglib found no symmetry, not even the identity", "remove duplicate atoms"
        )
    return dataset


def space_group(crystal: Crystal, tolerance: float = TOLERANCE) -> str:
    """Return symbol and number of the space group, such as "F-43m (216)"."""
    dataset = _dataset(crystal, tolerance)
    return f"{dataset.international} ({dataset.number})"


def conventional_lengths(crystal: Crystal) -> Float[np.ndarray, " 3"]:
    """Return the lengths of the conventional lattice vectors, e.g. of the cubic cell [bohr]."""
    return np.linalg.norm(_dataset(crystal).std_lattice, axis=1)


def rotations(crystal: Crystal) -> np.ndarray:
    """Return R of each operation x → R x + t in fractional coordinates, (op, 3, 3).

    A wave vector in fractional coordinates is mapped to k R⁻¹; over the group that is k R.
    """
    return np.unique(_dataset(crystal).rotations, axis=0)


def equivalent(crystal: Crystal, k: Float[np.ndarray, "k 3"]) -> Int[np.ndarray, " k"]:
    """Return a number for each k, equal for k-points related by symmetry or time reversal."""
    R = rotations(crystal)
    images = np.einsum("ki,oij->okj", k, np.concatenate([R, -R]))
    places = round(1 / SAME_K)
    grid = np.round(images * places).astype(int) % places
    first = [min(map(tuple, of_k)) for of_k in grid.transpose(1, 0, 2).tolist()]
    return np.unique(first, axis=0, return_inverse=True)[1].reshape(-1)


def primitive_cells(crystal: Crystal) -> int:
    """Return the number of primitive cells in the cell."""
    mapping = _dataset(crystal).mapping_to_primitive
    return len(crystal.symbols) // (int(mapping.max()) + 1)


def mesh_map(crystal: Crystal, size: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the representative of each point of a Γ-centred mesh, and all points as integers.

    Points related by symmetry or time reversal share one representative.
    """
    if np.prod(np.array(size, float)) > MOST_POINTS:
        raise InputError(f"a mesh of {size} has too many points", "use a coarser mesh")
    representative, address = spglib.get_ir_reciprocal_mesh(
        size, spglib_cell(crystal), is_shift=(0, 0, 0), is_time_reversal=True, symprec=TOLERANCE
    )
    return np.asarray(representative), np.asarray(address)


def mesh_off_gamma(crystal: Crystal, size: tuple[int, int, int]) -> KPoints:
    """Return the irreducible points of a mesh shifted by half a step, which avoids Γ."""
    steps = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).reshape(-1, 3)
    k = (steps + 0.5) / np.array(size)
    which = equivalent(crystal, k)
    _, first, count = np.unique(which, return_index=True, return_counts=True)
    return listed(crystal, k[first], count)


def mesh(crystal: Crystal, size: tuple[int, int, int]) -> KPoints:
    """Return the irreducible points of a Γ-centred mesh, weighted by their multiplicity."""
    representative, address = mesh_map(crystal, size)
    irreducible, count = np.unique(representative, return_counts=True)
    k = listed(crystal, address[irreducible] / np.array(size), count)
    return KPoints(k.fractional, k.weights, jnp.zeros(len(k)), k.labels)
