"""Zunger form: v(q) = a0 (q² − a1)/(a2 exp(a3 q²) − 1).

Wang and Zunger, J. Chem. Phys. 100, 2394 (1994).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
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
    """The form, for several species.

    Attributes:
        a: a0 [hartree·bohr⁵], a1 [bohr⁻²], a2, a3 [bohr²] of each species.
    """

    kind: ClassVar = "zunger"
    words: ClassVar = "Zunger form"
    units: ClassVar = {"a": "a0 hartree·bohr⁵, a1 bohr⁻², a2 1, a3 bohr²"}

    a: Float[Array, "species 4"]

    @partial(jax.jit, inline=True)  # called alone it is one program, not ten
    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:  # pyright: ignore[reportIncompatibleMethodOverride] -- jit keeps the signature
        """v_s(q) [hartree·bohr³]."""
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
