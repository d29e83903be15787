"""Priors: r² = w·∫|m|² dq, where m measures u = v − v⁰, what a fit adds to a form factor.

Its size in space, by Parseval's theorem m = q·u with ∫|u(r)|² d³r = (2π²)⁻¹ ∫|q·u(q)|² dq, or
its curvature, m = d²u/dq². Trapezoids on a grid of q. The tail is the size beyond the longest
|G−G′| of any basis, where no level ever looks.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.fitting.curve import Curve
from nnpp.potentials.potential import FormFactors, Potential
from nnpp.pytree import pytree, static

Measure = Callable[[FormFactors, Float[Array, " q"]], Float[Array, "q species"]]


def size(u: FormFactors, q: Float[Array, " q"]) -> Float[Array, "q species"]:
    """q·u(q) [hartree·bohr²]."""
    return q[:, None] * u(q)


def curvature(u: FormFactors, q: Float[Array, " q"]) -> Float[Array, "q species"]:
    """d²u/dq² [hartree·bohr⁵]."""

    def slope(q: Float[Array, " q"]) -> Float[Array, "q species"]:
        return jax.jvp(u, (q,), (jnp.ones_like(q),))[1]

    return jax.jvp(slope, (q,), (jnp.ones_like(q),))[1]


@pytree
class Prior(Curve):
    """A prior on what a fit adds to the form factors.

    Attributes:
        q: the grid [bohr⁻¹].
        weight: w, such that w·∫|m|² dq is a loss [hartree²].
        before: m of v⁰ on the grid, zero for a network that stands alone.
        measure: what is made small.
        name: what it is called.
    """

    q: Float[Array, " q"]
    weight: Float[Array, ""]
    before: Float[Array, "q species"]
    measure: Measure = static()
    name: str = static()

    def curve(self, potential: Potential, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """M."""
        return self.measure(potential.local, q)

    def wanted(self) -> Float[Array, "q species"]:
        """M of v⁰."""
        return self.before

    def amplitudes(self) -> Float[Array, " q"]:
        """√(w dq)."""
        apart = jnp.diff(self.q)
        return jnp.sqrt(self.weight * (jnp.pad(apart, (0, 1)) + jnp.pad(apart, (1, 0))) / 2)


def prior(
    name: str, measure: Measure, weight: float, q: Float[Array, " q"], start: FormFactors
) -> Prior:
    """A prior that is zero for `start`."""
    return Prior(q, jnp.asarray(weight), measure(start, q), measure, name)
