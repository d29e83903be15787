"""Density of states: g(E) = s Σₙ ∫ d³k/V_BZ δ(E − Eₙ(k)), s electrons a level, per cell.

What each level has within spheres about an element (spheres.py) makes the part of that element.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from scipy.special import erf

from nnpp.observables.bands import Bands
from nnpp.observables.tetrahedra import about, below, tetrahedra
from nnpp.structures.crystal import Crystal

Shares = Mapping[str, Float[np.ndarray, "k level"]]
"""By element, what part of each level is about its atoms."""


@dataclass(frozen=True)
class Dos:
    """Density of states on a grid of energies.

    Attributes:
        energy: where [hartree].
        density: states per hartree and cell about each energy, both spins counted.
        integrated: states per cell below each energy.
        atoms: the density within spheres about the atoms of each element.
    """

    energy: np.ndarray
    density: np.ndarray
    integrated: np.ndarray
    atoms: Mapping[str, np.ndarray] = field(default_factory=dict)


def tetrahedron_dos(
    bands: Bands,
    crystal: Crystal,
    size: tuple[int, int, int],
    energy: np.ndarray,
    shares: Shares | None = None,
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
    columns = [np.ones_like(E), *(shares or {}).values()]
    n = np.zeros((len(both), len(columns)))
    for level, of_level in zip(E.T, np.stack(columns, axis=-1).swapaxes(0, 1), strict=True):
        A = share[:, None] * of_level[found.corners].mean(axis=1)
        n += below(both, level[found.corners], A)
    density = np.diff(n[::2], axis=0) / np.diff(edges)[:, None]
    atoms = dict(zip(shares or {}, density[:, 1:].T, strict=True))
    return Dos(energy, density[:, 0], n[1::2, 0], atoms)


def gaussian_dos(
    bands: Bands, width: float, energy: np.ndarray, shares: Shares | None = None
) -> Dos:
    """From bands at any weighted k-points, each level a Gaussian of `width` [hartree]."""
    w = (1 if bands.spinor else 2) * np.asarray(bands.kpoints.weights)
    density, integrated = np.zeros_like(energy), np.zeros_like(energy)
    atoms = {element: np.zeros_like(energy) for element in shares or {}}
    for n, E in enumerate(np.asarray(bands.E).T):
        x = (energy[:, None] - E) / (np.sqrt(2) * width)
        gauss = np.exp(-(x**2)) / (np.sqrt(2 * np.pi) * width)
        density += gauss @ w
        integrated += (1 + erf(x)) / 2 @ w
        for element, share in (shares or {}).items():
            atoms[element] += gauss @ (w * share[:, n])
    return Dos(energy, density, integrated, atoms)
