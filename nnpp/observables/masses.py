"""Masses at Γ from levels at one small k, for fits: fewer operations than k·p theory.

With Δ(k) = E(k) − E(Γ), an even function of k for the mean of a pair of levels,

    1/m = ∂²E/∂k² = 2 Δ(h)/h² + O(h²).

The error is about 1e-4 of 1/m where m is 0.06, and less for heavier masses. The plane waves
are those of Γ at every k, so that E is analytic and 1/m that of k·p theory (kdotp.py). Its
derivative by a potential needs no derivatives of states. Along 100, the four levels Γ8 of zinc
blende and diamond split into a heavy and a light pair; the valence levels of larger curvature,
the light ones, are lower.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.eigensolvers.dense import dense
from nnpp.hamiltonian.bulk import System
from nnpp.observables.bands import levels
from nnpp.observables.edges import Edges
from nnpp.potentials.potential import Potential
from nnpp.structures.crystal import Crystal

STEP = 0.0005
"""h [bohr⁻¹]. Δ(h) is some 1e-6 hartree, where levels are exact to 3e-11."""


def small_k(crystal: Crystal, directions: int) -> Float[np.ndarray, "k 3"]:
    """Return Γ, then h along x, or along x, y and z, in fractional coordinates."""
    k = STEP * np.concatenate([np.zeros((1, 3)), np.eye(3)[:directions]])
    return k @ np.asarray(crystal.cell).T / (2 * np.pi)


@dataclass(frozen=True)
class Masses:
    """Inverse masses at Γ as a function of a potential.

    Attributes:
        kinds: "electron_mass", "heavy_hole_mass" or "light_hole_mass".
        edges: where the band edges are among the levels.
    """

    kinds: tuple[str, ...]
    edges: Edges

    def __call__(self, potential: Potential, system: System) -> Float[Array, " kind"]:
        """Return 1/m of each kind, the mean over the directions of `system` [1/mₑ].

        Args:
            potential: the potential.
            system: plane waves of Γ at the k-points of `small_k`.
        """
        first, last = self.edges.conduction
        E = levels(potential, system, last, dense)
        top, end = self.edges.valence
        groups = {
            "electron_mass": (1, (first, last), (first, last)),
            "light_hole_mass": (-1, (top, top + 2), (top, end)),
            "heavy_hole_mass": (-1, (top + 2, end), (top, end)),
        }
        found = []
        for sign, (low, high), at_gamma in (groups[kind] for kind in self.kinds):
            away = jnp.mean(E[1:, low:high], axis=1) - jnp.mean(E[0, slice(*at_gamma)])
            found.append(sign * jnp.mean(away) * 2 / STEP**2)
        return jnp.stack(found)
