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

Corner = np.ndarray
"""One number for each pair of a tetrahedron and an energy."""


@dataclass(frozen=True)
class Dos:
    """Density of states on a grid of energies.

    Attributes:
        energy: where [hartree].
        density: states per hartree and cell about each energy, both spins counted.
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
    """Levels at the corners of every tetrahedron, rising: (band, 4, tetrahedron)."""
    stands_for, address = mesh_map(crystal, size)
    _, of_point = np.unique(stands_for, return_inverse=True)
    grid = np.empty(size, int)
    grid[tuple((address % size).T)] = of_point
    origin = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), axis=-1).reshape(-1, 3)
    corners = (origin[:, None, None] + _tetrahedra(crystal, size)) % size
    levels = E[grid[tuple(np.moveaxis(corners, -1, 0))]].reshape(-1, 4, E.shape[1])
    return np.sort(levels.T, axis=1)


def _low(E: Corner, e1: Corner, e2: Corner, e3: Corner, e4: Corner) -> np.ndarray:
    """n(E) of a tetrahedron for e1 ≤ E < e2."""
    return (E - e1) ** 3 / ((e2 - e1) * (e3 - e1) * (e4 - e1))


def _middle(E: Corner, e1: Corner, e2: Corner, e3: Corner, e4: Corner) -> np.ndarray:
    """n(E) of a tetrahedron for e2 ≤ E < e3."""
    x, slope = E - e2, (e3 - e1 + e4 - e2) / ((e3 - e2) * (e4 - e2))
    filled = (e2 - e1) ** 2 + 3 * (e2 - e1) * x + 3 * x**2 - slope * x**3
    return filled / ((e3 - e1) * (e4 - e1))


def _high(E: Corner, e1: Corner, e2: Corner, e3: Corner, e4: Corner) -> np.ndarray:
    """n(E) of a tetrahedron for e3 ≤ E < e4."""
    return 1 - (e4 - E) ** 3 / ((e4 - e1) * (e4 - e2) * (e4 - e3))


def _within(energy: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple:
    """Every pair of an interval [low, high) and an energy in it, as their places."""
    first, last = np.searchsorted(energy, low), np.searchsorted(energy, high)
    which = np.repeat(np.arange(len(low)), last - first)
    shift = np.repeat(last - np.cumsum(last - first), last - first)
    return which, np.arange(len(which)) + shift


def _states_below(energy: np.ndarray, e: np.ndarray) -> np.ndarray:
    """n(E) summed over tetrahedra with rising corner levels e (4, tetrahedron), one state each.

    A tetrahedron meets only the energies between its corners: 0.3 s, where all pairs take 29 s
    (12×12×12 points, 8 bands, 2500 energies). Corners that coincide enclose no energy, so that
    nothing is divided by zero.
    """
    count = np.searchsorted(np.sort(e[3]), energy, side="right").astype(float)
    for part, low, high in zip((_low, _middle, _high), e, e[1:], strict=False):
        which, at = _within(energy, low, high)
        count += np.bincount(at, part(energy[at], *e[:, which]), len(energy))
    return count


def tetrahedron_dos(
    bands: Bands, crystal: Crystal, size: tuple[int, int, int], energy: np.ndarray
) -> Dos:
    """From bands at the irreducible points of a Γ-centred mesh, by linear interpolation.

    `energy` rises, two values or more. The density is the mean over the interval about each
    energy, half-way to the next, so that a narrow band is not lost, nor a flat one infinite.
    """
    middle = (energy[1:] + energy[:-1]) / 2
    edges = np.concatenate([2 * energy[:1] - middle[:1], middle, 2 * energy[-1:] - middle[-1:]])
    both = np.empty(2 * len(energy) + 1)
    both[::2], both[1::2] = edges, energy
    corners = _corner_levels(crystal, size, np.asarray(bands.E))
    share = (1 if bands.spinor else 2) / corners.shape[2]
    n = share * np.sum([_states_below(both, e) for e in corners], axis=0)
    return Dos(energy, np.diff(n[::2]) / np.diff(edges), n[1::2])


def gaussian_dos(bands: Bands, width: float, energy: np.ndarray) -> Dos:
    """From bands at any weighted k-points, each level a Gaussian of `width` [hartree]."""
    w = (1 if bands.spinor else 2) * np.asarray(bands.kpoints.weights)
    density, integrated = np.zeros_like(energy), np.zeros_like(energy)
    for E in np.asarray(bands.E).T:
        x = (energy[:, None] - E) / (np.sqrt(2) * width)
        density += np.exp(-(x**2)) @ w / (np.sqrt(2 * np.pi) * width)
        integrated += (1 + erf(x)) / 2 @ w
    return Dos(energy, density, integrated)
