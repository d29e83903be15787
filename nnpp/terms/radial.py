"""Radial projectors: I_W(K,K′) = ∫ r² j_l(Kr) W(r) j_l(K′r) dr = (KK′)^l Σ_m F_m(K) F_m(K′).

Gauss-Legendre nodes r_n with weights w_n make the integral a sum of products; a singular value
decomposition then finds the few combinations m that the sum needs.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import spherical_jn

from nnpp.pytree import pytree, static
from nnpp.special import gauss_legendre, j0, j1_over_x

ACCURACY = 1e-11
"""Absolute error of I_W that leaving out combinations may cause [bohr³]."""

NODES, EVEN = 32, 2
"""Nodes and combinations are multiples of these, so that crystals of nearly equal volume mostly
share programs; the combinations added are no zeros, only smaller than need be."""

SMALLEST_WEIGHT = 1e-18
"""W(r) below this, relative to its greatest value, ends the integral."""


BESSEL = (j0, j1_over_x)
"""j_l(x)/x^l as a function of x², by l."""


@pytree
class RadialProjectors:
    """F_m(K) = Σ_n [j_l(K r_n)/K^l] A_nm, finite at K = 0.

    Attributes:
        r: the nodes [bohr].
        A: √(w_n r_n² W(r_n)) times the combinations kept [bohr^{3/2}].
        l: the angular momentum, 0 or 1.
    """

    r: Float[Array, " node"]
    A: Float[Array, "node m"]
    l: int = static()

    def __call__(self, K2: Float[Array, " g"]) -> Float[Array, "g m"]:
        """F_m at the squares K² of lengths [bohr^{3/2+l}]; smooth in K² at the origin too."""
        return (self.r**self.l * BESSEL[self.l](K2[:, None] * self.r**2)) @ self.A


def radial_projectors(
    weight: Callable[[np.ndarray], np.ndarray], longest: float, l: int
) -> RadialProjectors:
    """The projectors of `weight` on waves of `l`, for 0 ≤ K ≤ `longest` [bohr⁻¹]."""
    r = np.linspace(0, 20, 4001)
    end = float(r[weight(r) > SMALLEST_WEIGHT * weight(r).max()].max())
    r, w = gauss_legendre(_up(24 + int(end * longest), NODES), end)
    amplitude = np.sqrt(w * r**2 * weight(r))
    K = np.linspace(0, longest, 8 * len(r))
    sampled = spherical_jn(l, K[:, None] * r) * amplitude
    _, s, combinations = np.linalg.svd(sampled, full_matrices=False)
    kept = combinations[: _up(int(np.sum(s**2 > ACCURACY)), EVEN)]
    return RadialProjectors(jnp.asarray(r), jnp.asarray(amplitude[:, None] * kept.T), l)


def _up(n: int, step: int) -> int:
    """The next multiple of `step`."""
    return -(-n // step) * step
