"""Zunger form: v(q) = a0 (q² − a1)/(a2 exp(a3 q²) − 1), with first parameters of elements.

Wang and Zunger, J. Chem. Phys. 100, 2394 (1994).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import pi
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.potentials.interface import Form, Heads, Rows
from nnpp.pytree import pytree

FORMULA = "a0 (q² − a1)/(a2 e^(a3 q²) − 1)"

LARGEST_EXPONENT = 600.0
"""Above this exp overflows; the form factor is then far below rounding."""


@pytree
class Zunger(Form):
    """Zunger's form for several species.

    Attributes:
        a: a0 [hartree·bohr⁵], a1 [bohr⁻²], a2, a3 [bohr²] of each species.
    """

    kind: ClassVar = "zunger"
    words: ClassVar = "Zunger form"
    units: ClassVar = {"a": "a0 hartree·bohr⁵, a1 bohr⁻², a2 1, a3 bohr²"}

    a: Float[Array, "species 4"]

    @partial(jax.jit, inline=True)  # one program instead of ten when called alone
    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:  # pyright: ignore[reportIncompatibleMethodOverride] -- jit keeps the signature
        """Return v_s(q) [hartree·bohr³]."""
        a0, a1, a2, a3 = self.a.T
        q2 = (q**2)[:, None]
        return a0 * (q2 - a1) / (a2 * jnp.exp(jnp.minimum(a3 * q2, LARGEST_EXPONENT)) - 1)

    def describe(self) -> dict[str, Any]:
        """Return nothing: the form has no options."""
        return {}

    @classmethod
    def from_description(cls, form: Mapping[str, Any], species: int) -> "Zunger":
        """Return the form with zeros."""
        return cls(jnp.zeros((species, 4)))

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the formula."""
        yield "v(q)", FORMULA

    def parameters(self) -> tuple[Heads, Rows]:
        """Return a0 … a3 of each species."""
        heads = ("a0/hartree·bohr⁵", "a1/bohr⁻²", "a2", "a3/bohr²")
        return heads, tuple(map(tuple, self.a.tolist()))


def zunger(numbers: Sequence[Sequence[float]]) -> Zunger:
    """Return the form with a0 … a3 of each species."""
    return Zunger(jnp.array(numbers, float))


PUBLISHED = {
    "Cd": (-31.4518, 1.3890, -0.0502, 1.6603),
    "Se": (8.4921, 4.3513, 1.3600, 0.3227),
    "S": (7.6697, 4.5192, 1.3456, 0.3035),
    "In": (50.52125600, 2.08060694, 2.99746849, 0.51659601),
    "Ga": (50.91553834, 2.32117774, 3.74512863, 0.59911115),
    "As": (25.70448291, 2.62806888, 1.58938433, 0.51483870),
    "P": (27.48125398, 2.59934529, 1.66391955, 0.47585808),
    "Pb": (88.83, 2.605, 4.2869, 0.5195),
    "I": (113.756, 2.1413, 2.8422, 0.5671),
    "Cs": (0.0, 0.73523927, 2.46919399, 1.33888287),
}
"""Published a0 … a3 (hartree, bohr) of fits to zb-CdSe, CdS, the III-V family and CsPbI₃."""

A2, A3 = 3.0, 0.55
"""a2 and a3 [bohr²] of the typical form."""

CORE = 0.42
"""r_c relative to the covalent radius, from the mean node of the published forms."""


def first_form(Z: int, radius: float, density: float) -> tuple[float, float, float, float]:
    """Return typical a0 … a3 of an element without published ones (hartree, bohr).

    This is the screened empty core (Ashcroft, Phys. Lett. 23, 48 (1966)) as a Zunger form:
    −4πZ cos(q r_c)/(q² + k_s²) has the node π/2r_c and is −4πZ/k_s² at q = 0. Thomas and Fermi
    give k_s² = 4k_F/π, with k_F³ = 3π²n. With a2 and a3 in the range of the published forms,
    a1 = (π/2r_c)² and a0 = (a2 − 1)·4πZ/(k_s² a1).

    Args:
        Z: number of valence electrons.
        radius: covalent radius [bohr].
        density: n, valence electrons per volume [bohr⁻³].
    """
    a1 = (pi / (2 * CORE * radius)) ** 2
    k_s2 = 4 / pi * (3 * pi**2 * density) ** (1 / 3)
    return (A2 - 1) * 4 * pi * Z / (k_s2 * a1), a1, A2, A3
