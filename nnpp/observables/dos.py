"""Density of states: g(E) = s Σₙ ∫ d³k/V_BZ δ(E − Eₙ(k)), s electrons a level, per cell.

Linear tetrahedra: Lehmann and Taut, Phys. Status Solidi B 54, 469 (1972),
doi:10.1002/pssb.2220540211.
"""

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from scipy.special import erf

from nnpp.crystal.crystal import Crystal
from nnpp.crystal.symmetry import mesh_map
from nnpp.observables.bands import Bands


@dataclass(frozen=True)
class Dos:
    """Density of states on a grid of energies.

    Attributes:
        energy: where [hartree].
        density: states per hartree and cell, both spins counted.
        integrated: states per cell below each energy.
    """

    energy: np.ndarray
    density: np.ndarray
    integrated: np.ndarray


def _tetrahedra(crystal: Crystal, size: tuple[int, int, int]) -> np.ndarray:
    """Corners of the six tetrahedra about the shortest diagonal of a mesh cell (6, 4, 3)."""
    step = np.asarray(crystal.reciprocal) / np.array(size)[:, None]
    flips = [np.array(f) for f in product((0, 1), repeat=3) if f[0] == 0]
    flip = min(flips, key=lambda f: float(np.linalg.norm((1 - 2 * f) @ step)))
    axes = np.eye(3, dtype=int)
    walks = [
        np.cumsum([np.zeros(3, int), *axes[list(p)]], axis=0) for p in permutations(range(3))
    ]
    return np.array(walks) ^ flip


def _corner_levels(crystal: Crystal, size: tuple[int, int, int], E: np.ndarray) -> np.ndarray:
    """Levels at the corners of every tetrahedron, rising: (tetrahedron, 4, band)."""
    stands_for, address = mesh_map(crystal, size)
    _, of_point = np.unique(stands_for, return_inverse=True)
    grid = np.empty(size, int)
    grid[tuple((address % size).T)] = of_point
    origin = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), axis=-1).reshape(-1, 3)
    corners = (origin[:, None, None] + _tetrahedra(crystal, size)) % size
    return np.sort(
        E[grid[tuple(np.moveaxis(corners, -1, 0))]].reshape(-1, 4, E.shape[1]), axis=1
    )


def _one_tetrahedron(
    energy: np.ndarray, e: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """g(E) and n(E) of tetrahedra with rising corner levels e1 … e4, each one state."""
    e1, e2, e3, e4 = e
    with np.errstate(divide="ignore", invalid="ignore"):
        low = (energy - e1) / ((e2 - e1) * (e3 - e1) * (e4 - e1))
        high = (e4 - energy) / ((e4 - e1) * (e4 - e2) * (e4 - e3))
        x, slope = energy - e2, (e3 - e1 + e4 - e2) / ((e3 - e2) * (e4 - e2))
        middle = (3 * (e2 - e1) + 6 * x - 3 * slope * x**2) / ((e3 - e1) * (e4 - e1))
        filled = ((e2 - e1) ** 2 + 3 * (e2 - e1) * x + 3 * x**2 - slope * x**3) / (
            (e3 - e1) * (e4 - e1)
        )
        pieces = [energy < e1, energy < e2, energy < e3, energy < e4]
        density = [0.0, 3 * low * (energy - e1), middle, 3 * high * (e4 - energy)]
        below = [0.0, low * (energy - e1) ** 2, filled, 1 - high * (e4 - energy) ** 2]
        return np.select(pieces, density, 0.0), np.select(pieces, below, 1.0)


def tetrahedron_dos(
    bands: Bands, crystal: Crystal, size: tuple[int, int, int], energy: np.ndarray
) -> Dos:
    """From bands at the irreducible points of a Γ-centred mesh, by linear interpolation."""
    corners = _corner_levels(crystal, size, np.asarray(bands.E))
    density, integrated = np.zeros_like(energy), np.zeros_like(energy)
    share = (1 if bands.spinor else 2) / len(corners)
    for i, E in enumerate(energy):
        g, n = _one_tetrahedron(E, tuple(np.moveaxis(corners, 1, 0)))
        density[i], integrated[i] = share * g.sum(), share * n.sum()
    return Dos(energy, density, integrated)


def gaussian_dos(bands: Bands, width: float, energy: np.ndarray) -> Dos:
    """From bands at any weighted k-points, each level a Gaussian of `width` [hartree]."""
    E, share = np.asarray(bands.E), 1 if bands.spinor else 2
    w = share * np.asarray(bands.kpoints.weights)
    x = (energy[:, None, None] - E) / (np.sqrt(2) * width)
    density = np.einsum("ekn,k->e", np.exp(-(x**2)), w) / (np.sqrt(2 * np.pi) * width)
    return Dos(energy, density, np.einsum("ekn,k->e", (1 + erf(x)) / 2, w))
