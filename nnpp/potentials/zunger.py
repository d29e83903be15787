"""Zunger form: v(q) = a0 (q² − a1)/(a2 exp(a3 q²) − 1).

Wang and Zunger, J. Chem. Phys. 100, 2394 (1994).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.pytree import pytree

LARGEST_EXPONENT = 600.0
"""Above this exp overflows; the form factor is then far below rounding."""


@pytree
class Zunger:
    """The form, for several species.

    Attributes:
        a: a0 [hartree·bohr⁵], a1 [bohr⁻²], a2, a3 [bohr²] of each species.
    """

    a: Float[Array, "species 4"]

    @partial(jax.jit, inline=True)  # called alone it is one program, not ten
    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """v_s(q) [hartree·bohr³]."""
        a0, a1, a2, a3 = self.a.T
        q2 = (q**2)[:, None]
        return a0 * (q2 - a1) / (a2 * jnp.exp(jnp.minimum(a3 * q2, LARGEST_EXPONENT)) - 1)
