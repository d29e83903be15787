"""s and p character of states within spheres about the atoms.

With K = k+G, ψ(r) = Ω^(−1/2) Σ_G c_G e^{iK·r}, and the expansion of a plane wave about an atom
at τ, e^{iK·(τ+r)} = e^{iK·τ} 4π Σ_lm i^l j_l(Kr) Y_lm(r̂) Y*_lm(K̂), the weight of angular
momentum l within its sphere of radius R is

    W_l = (4π(2l+1)/Ω) ∫₀^R r² Σ_i |Σ_G c_G e^{iK·τ} Y_i(K̂) j_l(Kr)|² dr,

with Y = 1 for l = 0 and Y_i = K̂_i for l = 1. The weight of all l is exactly
Σ_GG′ c*_G c_G′ e^{i(K′−K)·τ} θ(|K′−K|)/Ω, θ the transform of the sphere; what is not s or p is
the rest. Weights are divided by those of all spheres together, so that they sum to one. Spheres
touch, so that tails of neighbours appear as high l; the space between spheres is left out.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex, Float
from scipy.special import spherical_jn

from nnpp.observables.dos import form_factor
from nnpp.special import gauss_legendre
from nnpp.structures.crystal import Crystal

NODES = 24
"""Points of the radial integral; j_l²(Kr) oscillates less than this within a sphere."""

WAVES = ("s", "p", "rest")
"""Angular momenta that have weights of their own, and all others."""


@dataclass(frozen=True)
class Characters:
    """Weights of states, which sum to one over species and waves.

    Attributes:
        species: the elements.
        weights: weight of each state by element and wave, in the order of `WAVES`.
    """

    species: tuple[str, ...]
    weights: Float[np.ndarray, "k level species wave"]

    @property
    def of_elements(self) -> dict[str, Float[np.ndarray, "k level"]]:
        """The weights about each element."""
        parts = np.moveaxis(self.weights.sum(axis=3), 2, 0)
        found: dict[str, np.ndarray] = {}
        for name, part in zip(self.species, parts, strict=True):
            found[name] = found.get(name, 0.0) + part
        return found

    @property
    def of_waves(self) -> dict[str, Float[np.ndarray, "k level"]]:
        """The weights of s and of p character."""
        parts = np.moveaxis(self.weights.sum(axis=2), 2, 0)
        return dict(zip(WAVES[:2], parts[:2], strict=True))


def characters(
    psi: Complex[np.ndarray, "k spin g level"],
    K: Float[np.ndarray, "k g 3"],
    crystal: Crystal,
    radii: tuple[float, ...],
) -> Characters:
    """Return the weights of states within spheres.

    Args:
        psi: coefficients c_G of the states, normalised; zero for rows of padding.
        K: the plane waves k+G [bohr⁻¹].
        crystal: the atoms, from the origin of the plane waves.
        radii: radius of the spheres of each species [bohr].
    """
    weights = np.zeros((len(psi), psi.shape[-1], len(crystal.species), len(WAVES)))
    volume, tau = float(crystal.volume), np.asarray(crystal.positions)
    for i, (c, waves) in enumerate(zip(psi, K, strict=True)):
        apart = np.linalg.norm(waves[:, None] - waves[None], axis=-1)
        for at, s in zip(tau, crystal.species_of_atom, strict=True):
            shifted = c * np.exp(1j * waves @ at)[None, :, None]
            theta = np.asarray(form_factor(jnp.asarray(apart.ravel()), radii[s])) / volume
            theta = theta.reshape(apart.shape)
            total = np.einsum("sgn,gh,shn->n", shifted.conj(), theta, shifted, optimize=True)
            waves_of = _s_and_p(shifted, waves, radii[s]) / volume
            rest = total.real - waves_of.sum(axis=0)
            weights[i, :, s] += np.stack([*waves_of, np.maximum(rest, 0.0)], axis=-1)
    return Characters(crystal.species, weights / weights.sum(axis=(2, 3), keepdims=True))


def _s_and_p(
    c: Complex[np.ndarray, "spin g level"], K: Float[np.ndarray, "g 3"], R: float
) -> Float[np.ndarray, "2 level"]:
    """Return Ω W_l for l = 0 and 1 of states about the origin."""
    r, w = gauss_legendre(NODES, R)
    length = np.linalg.norm(K, axis=1)
    unit = K / np.where(length > 0, length, 1.0)[:, None]
    found = []
    for l, Y in ((0, np.ones((len(K), 1))), (1, unit)):
        j = spherical_jn(l, length[:, None] * r)
        amplitude = np.einsum("sgn,gi,gr->snir", c, Y, j, optimize=True)
        found.append(4 * np.pi * (2 * l + 1) * (np.abs(amplitude) ** 2 @ (w * r**2)))
    return np.stack([part.sum(axis=(0, 2)) for part in found])
