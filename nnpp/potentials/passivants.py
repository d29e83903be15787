"""Gaussian passivants: V(r) = A exp(−r²/w), v(q) = A (πw)^{3/2} exp(−wq²/4).

A passivant lies on a broken bond of a nanocrystal and removes its level from the gap. It brings
no electron. Widths and amplitudes are those of Wang and Zunger's nanocrystals of CdSe, as
filter-diagonalisation codes use them.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

WIDTH = 2.2287033
"""w [bohr²]."""


@dataclass(frozen=True)
class Passivant:
    """A Gaussian.

    Attributes:
        amplitude: A [hartree].
        width: w [bohr²].
    """

    amplitude: float
    width: float = WIDTH

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """Return v(q) [hartree·bohr³]."""
        weight = self.amplitude * (jnp.pi * self.width) ** 1.5
        return weight * jnp.exp(-self.width * q**2 / 4)

    def values(self, r: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Return V(r) [hartree]."""
        return self.amplitude * np.exp(-(r**2) / self.width)


PASSIVANTS = {
    "P1": Passivant(0.64),
    "P2": Passivant(-0.384),
    "P3": Passivant(0.64),
    "P4": Passivant(-0.20),
}
"""Passivants of cations (P1, P3) and of anions (P2, P4)."""
