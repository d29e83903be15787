"""The lowest exciton of a dot to first order: the attraction of electron and hole.

    E_X = E_gap − J/ε,   J = ∬ ρ_h(r) ρ_e(r') / |r − r'| d³r d³r'

ρ_h and ρ_e are the mean densities of the highest valence and the lowest conduction multiplet.
ε is a constant given by the caller. Exchange of electron and hole, the mixing of other pairs
and the energy of surface charges (the dot's own polarisation) are left out.

J is that of densities in free space. 1/r = erf(γr)/r + erfc(γr)/r: the first is smooth and is
taken at the points of a box of twice the edges, where densities do not meet their images; the
second is short, and its transform is 4π/k² (1 − e^{−k²/4γ²}).
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import erf

from nnpp.dots.density import density, unwrapped
from nnpp.dots.functions import Functions, volume
from nnpp.linalg.blocks import Block

SHARP = 4.3
"""k_max/2γ: e^{−18.5} = 10⁻⁸ of the long-range part lies beyond the box's wave vectors."""


@dataclass(frozen=True)
class Exciton:
    """The lowest exciton to first order.

    Attributes:
        gap: E_gap, lowest conduction level minus highest valence level [hartree].
        attraction: J, not divided by ε [hartree].
        epsilon: ε.
    """

    gap: float
    attraction: float
    epsilon: float

    @property
    def binding(self) -> float:
        """J/ε [hartree]."""
        return self.attraction / self.epsilon

    @property
    def energy(self) -> float:
        """E_X [hartree]."""
        return self.gap - self.binding


def lowest_exciton(
    of: Functions, hole: tuple[float, Block], electron: tuple[float, Block], epsilon: float
) -> Exciton:
    """Return the exciton of two multiplets.

    Args:
        of: the basis of the states.
        hole: level [hartree] and states of the highest valence multiplet.
        electron: level [hartree] and states of the lowest conduction multiplet.
        epsilon: the dielectric constant, e.g. that of the crystal at optical frequencies.
    """
    rho_h, rho_e = (
        density(of, X, jnp.full(X.shape[2], 1 / X.shape[2])) for _, X in (hole, electron)
    )
    return Exciton(electron[0] - hole[0], attraction(of, rho_h, rho_e), epsilon)


def attraction(
    of: Functions,
    rho: Float[Array, "x y z"],
    other: Float[Array, "x y z"],
) -> float:
    """Return ∬ ρ(r) ρ'(r') / |r − r'| of two densities at the points of a box [hartree].

    The box is taken to end half a cell from the origin, where a dot is centred.

    Args:
        of: the basis, whose box is rectangular.
        rho: ρ [bohr⁻³].
        other: ρ' [bohr⁻³].
    """
    edges = np.linalg.norm(np.asarray(of.cell), axis=1)
    kernel = jnp.asarray(_kernel(edges, rho.shape))
    a, b = jnp.asarray(unwrapped(rho)), jnp.asarray(unwrapped(other))
    return float(_integral(kernel, a, b)) * volume(of) / rho.size


@jax.jit
def _integral(
    kernel: Float[Array, "X Y Z"], a: Float[Array, "x y z"], b: Float[Array, "x y z"]
) -> Float[Array, ""]:
    """Return Σ_j a_j (v∗b)_j, in a box that is padded with zeros."""
    double = tuple(2 * m for m in a.shape)
    potential = jnp.fft.irfftn(kernel * jnp.fft.rfftn(b, s=double), s=double)
    return jnp.sum(a * potential[: a.shape[0], : a.shape[1], : a.shape[2]])


def _kernel(
    edges: Float[np.ndarray, " 3"], shape: tuple[int, ...]
) -> Float[np.ndarray, "X Y Z"]:
    """Return the transform of 1/r in the half spectrum of a box of twice the edges."""
    double = [2 * m for m in shape]
    step = edges / np.array(shape)
    gamma = np.pi / step.max() / (2 * SHARP)
    axes = [np.fft.fftfreq(m, 1 / m) * h for m, h in zip(double, step, strict=True)]
    r = np.sqrt(sum(x**2 for x in np.meshgrid(*axes, indexing="ij", sparse=True)))
    at_zero = 2 * gamma / np.sqrt(np.pi)
    long = np.where(r > 0, erf(gamma * r) / np.where(r > 0, r, 1.0), at_zero)
    waves = [2 * np.pi * np.fft.fftfreq(m, h) for m, h in zip(double, step, strict=True)]
    waves[2] = 2 * np.pi * np.fft.rfftfreq(double[2], step[2])
    k2 = sum(k**2 for k in np.meshgrid(*waves, indexing="ij", sparse=True))
    x = k2 / (4 * gamma**2)
    short = np.where(k2 > 0, -np.expm1(-x) / np.where(k2 > 0, x, 1.0), 1.0) * np.pi / gamma**2
    return np.fft.rfftn(long).real * step.prod() + short
