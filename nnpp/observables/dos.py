"""Density of states: g(E) = s Σₙ ∫ d³k/V_BZ δ(E − Eₙ(k)), s electrons a level, per cell."""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from nnpp.crystal.crystal import Crystal
from nnpp.observables.bands import Bands
from nnpp.observables.tetrahedra import about, below, tetrahedra


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


def tetrahedron_dos(
    bands: Bands, crystal: Crystal, size: tuple[int, int, int], energy: np.ndarray
) -> Dos:
    """From bands at the irreducible points of a Γ-centred mesh, by linear interpolation.

    `energy` rises, two values or more. The density is the mean over the interval about each
    energy, half-way to the next, so that a narrow band is not lost, nor a flat one infinite.
    """
    edges = about(energy)
    both = np.empty(2 * len(energy) + 1)
    both[::2], both[1::2] = edges, energy
    found, E = tetrahedra(crystal, size), np.asarray(bands.E)
    share = found.share * (1 if bands.spinor else 2)
    n = np.sum([below(both, e[found.corners], share) for e in E.T], axis=0)
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
