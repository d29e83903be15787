"""Density of states: g(E) = s Σₙ ∫ d³k/V_BZ δ(E − Eₙ(k)) per cell, s electrons a level.

The density of states of an element counts the share of each level within spheres about the
atoms of that element. θ_s(r), one within R_s of an atom of s and zero elsewhere, is a local
operator like V, with form factor ∫_{r<R} e^{−iq·r} d³r = 4πR³ j₁(qR)/(qR). It is evaluated up
to the longest |G−G′|, as is |ψ|², so that ⟨ψ|θ_s|ψ⟩ is exact. The space between spheres is not
assigned to any element.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.spatial import KDTree
from scipy.special import erf

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.choice import automatic
from nnpp.eigensolvers.wanted import Lowest, Solver
from nnpp.hamiltonian.bulk import AtShells, System, Values, hamiltonian
from nnpp.observables.bands import Bands, solve_one
from nnpp.observables.batched import map_kpoints
from nnpp.observables.tetrahedra import about, below, tetrahedra
from nnpp.potentials.potential import Potential
from nnpp.structures.crystal import Crystal

Shares = Mapping[str, Float[np.ndarray, "k level"]]
"""For each element the share of each level within spheres about its atoms."""


@dataclass(frozen=True)
class Dos:
    """Density of states on a grid of energies.

    Attributes:
        energy: the energies [hartree].
        density: states per hartree and cell at each energy, both spins counted.
        integrated: states per cell below each energy.
        atoms: for each element the density within spheres about its atoms.
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
    """Return the density of states by linear tetrahedra.

    The density is the mean over the interval about each energy, half-way to the next, so that a
    narrow band is not lost and a flat one not infinite.

    Args:
        bands: levels at the irreducible points of a Γ-centred mesh.
        crystal: the atoms.
        size: the divisions of the mesh.
        energy: two or more ascending energies [hartree].
        shares: for each element the share of each level about its atoms.
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
    """Return the density of states at weighted k-points, each level a Gaussian.

    Args:
        bands: levels at any k-points.
        width: standard deviation of the Gaussian [hartree].
        energy: the energies [hartree].
        shares: for each element the share of each level about its atoms.
    """
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


NEIGHBOURS = 12
"""Nearest neighbours of an atom that are searched for the first sphere in contact."""

SMALL = 1e-3
"""Below this qR the form factor is computed from its series."""


def touching_radii(crystal: Crystal, sizes: tuple[float, ...]) -> tuple[float, ...]:
    """Return the largest radii without overlap in the ratio of `sizes`, by element [bohr]."""
    x, size = np.asarray(crystal.fractional), np.array(sizes)
    of_atom = size[np.asarray(crystal.species_of_atom)]
    n = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cell, atoms = np.asarray(crystal.cell), len(x)
    every = (x[None] + n[:, None]).reshape(-1, 3) @ cell
    distance, which = map(np.asarray, KDTree(every).query(x @ cell, NEIGHBOURS + 1))
    both = of_atom[:, None] + of_atom[which[:, 1:] % atoms]
    scale = (distance[:, 1:] / both).min()
    return tuple(float(scale * one) for one in sizes)


def form_factor(q: Float[Array, " shell"], R: float) -> Float[Array, " shell"]:
    """Return the form factor of a sphere, 4πR³ j₁(qR)/(qR) [bohr³]."""
    x = jnp.where(q * R < SMALL, 1.0, q * R)
    j = jnp.where(
        q * R < SMALL, 1 / 3 - (q * R) ** 2 / 30, (jnp.sin(x) / x - jnp.cos(x)) / x**2
    )
    return 4 * jnp.pi * R**3 * j


def levels_in_spheres(
    potential: Potential,
    system: System,
    n: int,
    radii: tuple[float, ...],
    solve: Solver = automatic,
) -> tuple[Float[Array, "k level"], Float[Array, "k level species"]]:
    """Return the `n` lowest levels at every k [hartree] and their shares about each element."""
    return solve_one(partial(_in_spheres, radii=radii), potential, system, n, solve)


@partial(jit_blocking, static_argnames=("n", "solve", "radii"))
def _in_spheres(
    numbers: tuple[AtShells, ...],
    systems: tuple[System, ...],
    n: int,
    solve: Solver,
    radii: tuple[float, ...],
) -> tuple[tuple[Array, Array], ...]:
    """Return levels and shares of systems of equal shapes."""

    def at_k(
        waves: PlaneWaves, numbers: AtShells, V: Values, system: System
    ) -> tuple[Array, Array]:
        H = hamiltonian(waves, system, V)
        E, psi = solve(H, Lowest(n))
        apart, found = psi.reshape(H.spins, -1, n), []
        for s, R in enumerate(radii):
            theta = (
                jnp.zeros((len(system.q), len(radii))).at[:, s].set(form_factor(system.q, R))
            )
            inside = system.local.operator(system.local.box(theta), waves)
            found.append(inside.expectation(apart))
        return E, jnp.stack(found, axis=-1)

    return map_kpoints(at_k, numbers, systems, n, solve)
