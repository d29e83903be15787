"""Symmetry: operations {R|t} that map the crystal onto itself, and the mesh they leave."""

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
"""Atoms this close after an operation are on top of each other [bohr]."""

SAME_K = 1e-5
"""Wave vectors that agree to this are one, in fractional coordinates."""

LOOSE = 1e-2
"""The same for coordinates that were rounded when they were written [bohr]."""

MOST_POINTS = 2_000_000
"""A mesh of more points would not fit into memory together with its tetrahedra."""

SpglibCell = Any
"""(cell, positions, numbers); spglib and seekpath each have a type of their own for it."""


def spglib_cell(crystal: Crystal) -> SpglibCell:
    """The crystal as spglib and seekpath want it."""
    numbers = [atomic_number(s) for s in crystal.symbols]
    return np.asarray(crystal.cell), np.asarray(crystal.fractional), numbers


def _dataset(crystal: Crystal, tolerance: float = TOLERANCE) -> Any:
    """What spglib finds; its own type is not importable for a shape checker."""
    dataset = spglib.get_symmetry_dataset(spglib_cell(crystal), symprec=tolerance)
    if dataset is None:
        raise InputError(
            "no symmetry, not even the identity, was found", "look for double atoms"
        )
    return dataset


def space_group(crystal: Crystal, tolerance: float = TOLERANCE) -> str:
    """Symbol and number, such as «F-43m (216)»."""
    dataset = _dataset(crystal, tolerance)
    return f"{dataset.international} ({dataset.number})"


def conventional_lengths(crystal: Crystal) -> Float[np.ndarray, " 3"]:
    """Lengths of the conventional lattice vectors, as of the cube of zinc blende [bohr]."""
    return np.linalg.norm(_dataset(crystal).std_lattice, axis=1)


def rotations(crystal: Crystal) -> np.ndarray:
    """R of each operation, x → R x + t in fractional coordinates (op, 3, 3).

    A wave vector in fractional coordinates goes to k R⁻¹; over the group that is k R.
    """
    return np.unique(_dataset(crystal).rotations, axis=0)


def equivalent(crystal: Crystal, k: Float[np.ndarray, "k 3"]) -> Int[np.ndarray, " k"]:
    """A number for each k: the same for those that symmetry or time reversal makes one."""
    R = rotations(crystal)
    images = np.einsum("ki,oij->okj", k, np.concatenate([R, -R]))
    places = round(1 / SAME_K)
    whole = np.round(images * places).astype(int) % places
    first = [min(map(tuple, of_k)) for of_k in whole.transpose(1, 0, 2).tolist()]
    return np.unique(first, axis=0, return_inverse=True)[1].reshape(-1)


def primitive_cells(crystal: Crystal) -> int:
    """How many primitive cells this one holds; 1 when it is primitive."""
    mapping = _dataset(crystal).mapping_to_primitive
    return len(crystal.symbols) // (int(mapping.max()) + 1)


def mesh_map(crystal: Crystal, size: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Γ-centred mesh: which point stands for each, and all points as whole numbers (k, 3).

    Points that symmetry or time reversal turns into each other share one that stands for them.
    """
    if np.prod(np.array(size, float)) > MOST_POINTS:
        raise InputError(f"a mesh of {size} has too many points", "use a coarser one")
    stands_for, address = spglib.get_ir_reciprocal_mesh(
        size, spglib_cell(crystal), is_shift=(0, 0, 0), is_time_reversal=True, symprec=TOLERANCE
    )
    return np.asarray(stands_for), np.asarray(address)


def mesh_off_gamma(crystal: Crystal, size: tuple[int, int, int]) -> KPoints:
    """The points half a step off those of a Γ-centred mesh, for means that Γ would spoil."""
    steps = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).reshape(-1, 3)
    k = (steps + 0.5) / np.array(size)
    which = equivalent(crystal, k)
    _, first, count = np.unique(which, return_index=True, return_counts=True)
    return listed(crystal, k[first], count)


def mesh(crystal: Crystal, size: tuple[int, int, int]) -> KPoints:
    """The irreducible points of a Γ-centred mesh, weighted by how many each stands for."""
    stands_for, address = mesh_map(crystal, size)
    irreducible, count = np.unique(stands_for, return_counts=True)
    k = listed(crystal, address[irreducible] / np.array(size), count)
    return KPoints(k.fractional, k.weights, jnp.zeros(len(k)), k.labels)
