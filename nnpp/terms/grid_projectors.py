"""Projectors on p waves at the points of a grid, as filter-diagonalisation codes make them.

    A_ij = ∫₀^{r_c} r² j₁(k_i r) W(r) j₁(k_j r) dr,  A u = w u,
    p(r) = (2/π) √|w| Σ_i k_i² j₁(k_i r) u_i dk,  r_c² = 1.5 + 6 ln 10 + 3 dx,

with 1,024 values of r below r_c and of k below 1.5π/dx, and the five eigenvectors of largest
|w|. With all of them Σ sign(w) p(r) p(r′) = W(r) δ(r−r′)/r². The function of an atom at τ is
p(|r−τ|) √(3/4π) (r−τ)_i/|r−τ|, for directions i = x, y, z; it is zero beyond r_c.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import spherical_jn

POINTS = 1024
"""Values of r and of k."""

KEPT = 5
"""Eigenvectors."""

Weight = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class GridRadial:
    """Radial functions of one weight.

    Attributes:
        step: distance of the values of r [bohr].
        p: p(r) at r = 0, step, 2 step, …
        sign: the sign of w of each.
    """

    step: float
    p: Float[np.ndarray, "row m"]
    sign: Float[np.ndarray, " m"]

    def __call__(self, r: Float[np.ndarray, " point"]) -> Float[np.ndarray, "point m"]:
        """Return p at distances below r_c, by straight lines between the values."""
        i = np.minimum((r / self.step).astype(int), POINTS - 2)
        part = (r / self.step - i)[:, None]
        lines = (1 - part) * self.p[i] + part * self.p[i + 1]
        return np.where((r / self.step < POINTS - 1)[:, None], lines, 0.0)


def cut_radius(dx: float) -> float:
    """Return r_c [bohr] of a spacing dx [bohr]."""
    return float(np.sqrt(1.5 + 6 * np.log(10) + 3 * dx))


def grid_radial(W: Weight, dx: float) -> GridRadial:
    """Return the radial functions of a weight.

    Args:
        W: W(r), r in bohr.
        dx: spacing of the grid [bohr].
    """
    step, dk = cut_radius(dx) / POINTS, 1.5 * np.pi / dx / POINTS
    r, k = step * np.arange(POINTS), dk * np.arange(POINTS)
    bessel = spherical_jn(1, np.outer(r, k))
    w, u = np.linalg.eigh((bessel.T * (r**2 * W(r) * step)) @ bessel)
    kept = np.argsort(-np.abs(w), kind="stable")[:KEPT]
    p = 2 / np.pi * np.sqrt(np.abs(w[kept])) * ((bessel * k**2 * dk) @ u[:, kept])
    return GridRadial(step, p, np.sign(w[kept]))


def grid_functions(
    points: tuple[np.ndarray, np.ndarray, np.ndarray],
    tau: Float[np.ndarray, " 3"],
    radial: GridRadial,
) -> Float[Array, "m i x y z"]:
    """Return the functions of one atom at the points of a grid [bohr^{-3/2}].

    Args:
        points: coordinates of the points along each axis [bohr].
        tau: the place of the atom [bohr].
        radial: its radial functions.
    """
    axes = [x - t for x, t in zip(points, tau, strict=True)]
    d = np.stack(np.meshgrid(*axes, indexing="ij"))
    r = np.sqrt(np.sum(d**2, axis=0))
    near = np.nonzero(r < radial.step * POINTS)
    direction = np.sqrt(3 / (4 * np.pi)) * d[:, *near] / np.maximum(r[near], 1e-12)
    f = np.zeros((radial.p.shape[1], *d.shape))
    f[:, :, *near] = radial(r[near]).T[:, None] * direction
    return jnp.asarray(f)
