"""Optical spectra of independent electrons: joint density of states, ε₂, ε₁ and absorption.

    ε₂_ij(ω) = (4π²/Ωω) s Σ_cv ∫ d³k/V_BZ Re ⟨v|v_i|c⟩⟨c|v_j|v⟩ / E_cv · δ(E_cv − ω),
    J(ω) = s Σ_cv ∫ d³k/V_BZ δ(E_cv − ω),  E_cv = E_c − E_v,

s = 2 without spin, else 1; v_i = ∂H/∂k_i = i[H, r_i] includes the contribution of non-local
terms (kdotp.py). With 1/ωE in place of 1/E² tetrahedra keep the sum rule for every mesh.
Transitions are vertical, from occupied to empty levels: no excitons, no local fields, no
phonons. From ε₂ follow

    ε₁(ω) = 1 + (1/π) P∫_{−∞}^{∞} ε₂(x)/(x−ω) dx,  ε₂(−x) = −ε₂(x)   (Kramers and Kronig)
    α(ω) = (2ω/c) Im √(ε₁ + iε₂),   ∫₀^∞ ω ε₂ dω = 2π² N/Ω           (sum rule)

For T = ½k² and a local potential, N is the number of electrons a cell. In general the sum over
all empty levels of one k is, with Σ_v over full levels,

    2 Σ_cv |⟨c|v_i|v⟩|²/E_cv = Σ_v (⟨v|∂²H/∂k_i²|v⟩ − ∂²E_v/∂k_i²),

and the last term vanishes in the mean over the zone, as full bands are periodic. So N is the
mean of s Σ_v ⟨v|∂²H/∂k²|v⟩, to which non-local terms and a smooth cutoff contribute. Bands that
were not computed are missing from ε₁, α and N. Integration by linear tetrahedra
(tetrahedra.py). |v|² is averaged over the pairs of two multiplets, within which states are
arbitrary. Units: hartree; bohr⁻¹ for α; hartree·bohr for v.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int
from scipy.signal import fftconvolve

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.choice import automatic
from nnpp.eigensolvers.wanted import Lowest, Solver
from nnpp.hamiltonian.bulk import AtShells, System, Values, hamiltonian
from nnpp.observables.bands import Bands, solve_one
from nnpp.observables.batched import map_kpoints
from nnpp.observables.completeness import TOGETHER
from nnpp.observables.tetrahedra import about, below, tetrahedra
from nnpp.potentials.potential import Potential
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints
from nnpp.structures.symmetry import equivalent, mesh, rotations
from nnpp.units import SPEED_OF_LIGHT

Tensors = Float[np.ndarray, "E 3 3"]


@dataclass(frozen=True)
class Optics:
    """Optical spectra of a crystal.

    Attributes:
        energy: ω, evenly spaced from 0 [hartree].
        joint: J(ω), pairs of levels per hartree and cell.
        imaginary: ε₂(ω).
        real: ε₁(ω).
        electrons: the sum rule up to ω, as electrons a cell, mean over directions.
    """

    energy: Float[np.ndarray, " E"]
    joint: Float[np.ndarray, " E"]
    imaginary: Tensors
    real: Tensors
    electrons: Float[np.ndarray, " E"]

    @property
    def absorption(self) -> Float[np.ndarray, " E"]:
        """The absorption coefficient α of the mean over directions [bohr⁻¹]."""
        e1, e2 = (np.einsum("eii->e", x) / 3 for x in (self.real, self.imaginary))
        return 2 * self.energy / SPEED_OF_LIGHT * np.sqrt(e1 + 1j * e2).imag


def optics(
    bands: Bands,
    velocities: Complex[np.ndarray, "k 3 level level"],
    crystal: Crystal,
    size: tuple[int, int, int],
    energy: Float[np.ndarray, " E"],
    width: float = 0.0,
) -> Optics:
    """Return the spectra from levels and velocities at the irreducible points of a mesh.

    Args:
        bands: levels at the irreducible points of a Γ-centred mesh.
        velocities: ⟨m|v_i|n⟩ between these levels [hartree·bohr].
        crystal: the atoms.
        size: the divisions of the mesh.
        energy: ω, evenly spaced from 0 [hartree].
        width: standard deviation of the Gaussians that broaden all spectra [hartree].
    """
    full, s = bands.occupied, 1 if bands.spinor else 2
    E = np.asarray(bands.E)
    E_cv = E[:, full:, None] - E[:, None, :full]
    v = np.asarray(velocities)[:, :, full:, :full]
    squared = np.einsum("kicv,kjcv->kcvij", v, v.conj()).real
    squared = np.einsum("kac,kcvij->kavij", _within_multiplets(E[:, full:]), squared)
    squared = np.einsum("kbv,kavij->kabij", _within_multiplets(E[:, :full]), squared)
    squared = symmetric(squared / E_cv[..., None, None], crystal)
    volume, edges = float(crystal.volume), about(energy)
    found, count = tetrahedra(crystal, size), E_cv[0].size
    e = E_cv.reshape(-1, count)[found.corners]
    of_pair = squared.reshape(-1, count, 9)
    one = np.ones((len(e), 1))  # for J, next to ε₂
    n = np.zeros((len(edges), 10))
    for pair in np.flatnonzero(e.min(axis=(0, 1)) < edges[-1]):
        A = of_pair[:, pair][found.corners].mean(axis=1)
        A_and_1 = np.concatenate([A, one], axis=1) * found.share[:, None]
        n += below(edges, e[:, :, pair], A_and_1)
    step = energy[1] - energy[0]
    density = s * np.diff(n, axis=0) / step
    density[1:, :9] /= energy[1:, None]
    density[0] = 0  # the gap is open
    density = broadened(energy, density, width)
    joint = density[:, 9]
    imaginary = 4 * np.pi**2 / volume * density[:, :9].reshape(-1, 3, 3)
    mean = np.einsum("eii->e", imaginary) / 3
    electrons = np.cumsum(energy * mean) * step * volume / (2 * np.pi**2)
    return Optics(energy, joint, imaginary, kramers_kronig(energy, imaginary), electrons)


def _within_multiplets(E: Float[np.ndarray, "k level"]) -> Float[np.ndarray, "k level level"]:
    """Return the matrices that average over the levels of each multiplet."""
    apart = np.diff(E, axis=1, prepend=E[:, :1]) > TOGETHER
    number = np.cumsum(apart, axis=1)
    same = (number[:, :, None] == number[:, None, :]).astype(float)
    return same / same.sum(axis=2, keepdims=True)


def expected_electrons(bands: Bands, H_ii: Float[Array | np.ndarray, "k level"]) -> float:
    """Return N of the sum rule with all bands, electrons a cell.

    Args:
        bands: levels at the irreducible points of a mesh.
        H_ii: ⟨n|∂²H/∂k²|n⟩ of these levels, the mean over directions [1/mₑ].
    """
    s = 1 if bands.spinor else 2
    of_k = np.asarray(H_ii)[:, : bands.occupied].sum(axis=1)
    return s * float(np.asarray(bands.kpoints.weights) @ of_k)


def every_second(
    bands: Bands, crystal: Crystal, size: tuple[int, int, int]
) -> tuple[KPoints, Int[np.ndarray, " k"]] | None:
    """Return the mesh of every second point, and where its points are among those of `bands`.

    Args:
        bands: levels at the irreducible points of a Γ-centred mesh.
        crystal: the atoms.
        size: the divisions of the mesh; None is returned if one of them is odd.
    """
    if any(n % 2 for n in size):
        return None
    k = mesh(crystal, (size[0] // 2, size[1] // 2, size[2] // 2))
    fine, coarse = (np.asarray(x.fractional) for x in (bands.kpoints, k))
    which = equivalent(crystal, np.concatenate([fine, coarse]))
    index = {number: i for i, number in enumerate(which[: len(fine)].tolist())}
    return k, np.array([index[number] for number in which[len(fine) :].tolist()])


def broadened(
    energy: Float[np.ndarray, " E"], density: Float[np.ndarray, "E column"], width: float
) -> Float[np.ndarray, "E column"]:
    """Return columns, odd in ω, convolved with a Gaussian of `width` [hartree]."""
    if width <= 0:
        return density
    x = np.arange(len(energy)) * (energy[1] - energy[0]) / width
    gauss = np.exp(-(np.concatenate([-x[:0:-1], x]) ** 2) / 2)
    odd = np.concatenate([-density[:0:-1], density])
    return fftconvolve(odd, gauss[:, None] / gauss.sum(), "same", axes=0)[len(energy) - 1 :]


def symmetric(
    T: Float[np.ndarray, "*rest 3 3"], crystal: Crystal
) -> Float[np.ndarray, "*rest 3 3"]:
    """Return Cartesian tensors averaged over the rotations of the crystal."""
    cell, found, R = np.asarray(crystal.cell), np.zeros_like(T), rotations(crystal)
    for turn in np.linalg.inv(cell) @ R.transpose(0, 2, 1) @ cell:
        found += turn.T @ T @ turn
    return found / len(R)


def kramers_kronig(energy: Float[np.ndarray, " E"], imaginary: Tensors) -> Tensors:
    """Return ε₁ of the odd ε₂ that is linear between its values; the integral is exact.

    P∫ of a hat of width h about x is (u+1)ln|u+1| + (u−1)ln|u−1| − 2u ln|u|, u = (x−ω)/h.
    """
    count = len(energy)
    both = np.concatenate([-imaginary[:0:-1], imaginary]).reshape(-1, 9)
    u = np.arange(-2.0 * count + 1, 2 * count)
    hat = _times_log(u + 1) + _times_log(u - 1) - 2 * _times_log(u)  # odd in u
    found = -fftconvolve(both, hat[:, None], "full", axes=0)[len(u) // 2 :][: len(both)]
    return found[count - 1 :].reshape(-1, 3, 3) / np.pi + np.eye(3)


def _times_log(u: np.ndarray) -> np.ndarray:
    """U ln|u|, zero at 0."""
    return u * np.log(np.where(u == 0, 1, np.abs(u)))


def change(fine: Optics, coarse: Optics, below: float) -> float:
    """Return ∫|Δ tr ε₂| dω / ∫ tr ε₂ dω of two meshes, over the energies below one.

    The errors of linear tetrahedra fall with the square of the spacing, so that the finer of
    two meshes with spacings 1:2 has an error of about a third of the change.
    """
    shown = fine.energy < below
    a, b = (np.einsum("eii->e", x.imaginary)[shown] for x in (fine, coarse))
    total = np.abs(a).sum()
    return float(np.abs(a - b).sum() / total) if total else 0.0


def agreeing(fine: list[float], coarse: list[float], within: float) -> list[float]:
    """Return the energies of `fine` that differ from one of `coarse` by at most `within`."""
    return [x for x in fine if any(abs(x - y) <= within for y in coarse)]


def strongest(found: Optics, below: float, share: float = 0.1) -> list[float]:
    """Return energies of maxima of tr ε₂, below an energy and above a share of the highest."""
    e = np.einsum("eii->e", found.imaginary)
    inner = np.flatnonzero((e[1:-1] > e[:-2]) & (e[1:-1] >= e[2:])) + 1
    high = inner[(e[inner] > share * e.max()) & (found.energy[inner] < below)]
    return found.energy[high].tolist()


class LevelsAndVelocities(NamedTuple):
    """Levels at every k and the derivatives of H between them.

    Attributes:
        E: the levels [hartree].
        v: ⟨m|∂H/∂k_i|n⟩ [hartree·bohr].
        H_ii: ⟨n|∂²H/∂k_i²|n⟩, the mean over three directions [1/mₑ].
    """

    E: Float[Array, "k level"]
    v: Complex[Array, "k 3 level level"]
    H_ii: Float[Array, "k level"]


def levels_and_velocities(
    potential: Potential, system: System, n: int, solve: Solver = automatic
) -> LevelsAndVelocities:
    """Return the `n` lowest levels at every k and the derivatives of H between them."""
    return solve_one(_velocities, potential, system, n, solve)


@partial(jit_blocking, static_argnames=("n", "solve"))
def _velocities(
    numbers: tuple[AtShells, ...], systems: tuple[System, ...], n: int, solve: Solver
) -> tuple[LevelsAndVelocities, ...]:
    """Return levels and velocities of systems of equal shapes."""

    def at_k(
        waves: PlaneWaves, numbers: AtShells, V: Values, system: System
    ) -> LevelsAndVelocities:
        E, psi = solve(hamiltonian(waves, system, V), Lowest(n))

        def on_states(kappa: Float[Array, " 3"]) -> Complex[Array, "g level"]:
            moved = hamiltonian(replace(waves, K=waves.K + kappa), system, V)
            return moved.apply(psi)

        def along(unit: Float[Array, " 3"]) -> tuple[Array, Array]:
            """⟨m|H_i|n⟩ and ⟨n|H_ii|n⟩."""

            def first(kappa: Float[Array, " 3"]) -> Complex[Array, "g level"]:
                return jax.jvp(on_states, (kappa,), (unit,))[1]

            H_i, H_ii = jax.jvp(first, (jnp.zeros(3),), (unit,))
            return psi.conj().T @ H_i, jnp.sum(psi.conj() * H_ii, axis=0).real

        v, H_ii = jax.lax.map(along, jnp.eye(3))
        return LevelsAndVelocities(E, v, jnp.mean(H_ii, axis=0))

    return map_kpoints(at_k, numbers, systems, n, solve)
