"""Table: v(q_j) = v_j at the lengths listed, zero at every other.

For form factors known at a few shells only, such as those of Cohen and Bergstresser,
Phys. Rev. 141, 789 (1966), doi:10.1103/PhysRev.141.789.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from nnpp.errors import InputError
from nnpp.potentials.interface import Form
from nnpp.pytree import pytree, static

SAME_LENGTH = 1e-6
"""Relative difference up to which a length is equal to an entry of the table."""


@pytree
class Table(Form):
    """Form factors at listed lengths, for several species.

    Attributes:
        q: the lengths [bohr⁻¹].
        v: the form factors at these lengths [hartree·bohr³].
    """

    kind: ClassVar = "table"
    words: ClassVar = "table"
    units: ClassVar = {"v": "hartree·bohr³"}

    q: tuple[float, ...] = static()
    v: Float[Array, "entry species"]

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """Return v_s(q) [hartree·bohr³]."""
        return self._matches(_without_slope(q)) @ self.v

    def _matches(self, q: Float[Array, " q"]) -> Bool[Array, "q entry"]:
        """Return which lengths are equal to which entries."""
        entries = jnp.asarray(self.q)
        return jnp.abs(q[:, None] - entries) <= SAME_LENGTH * jnp.maximum(entries, 1e-3)

    @property
    def lengths(self) -> tuple[float, ...]:
        """The lengths listed [bohr⁻¹]."""
        return self.q

    def lost(self, q: Float[Array, " q"]) -> tuple[float, ...]:
        """Return the entries that are not among the lengths `q`."""
        found = jnp.any(self._matches(q), axis=0).tolist()
        return tuple(x for x, hit in zip(self.q, found, strict=True) if not hit)

    def prior_reference(self) -> None:
        """Raise an error: a table has no curve."""
        raise InputError("a table has no curve, which priors need", "remove the priors")

    def describe(self) -> dict[str, Any]:
        """Return the lengths."""
        return {"q": list(self.q)}

    @classmethod
    def from_description(cls, form: Mapping[str, Any], species: int) -> "Table":
        """Return the table with zeros."""
        q = tuple(float(x) for x in form["q"])
        return cls(q, jnp.zeros((len(q), species)))

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the number of its lengths."""
        yield "v(q)", f"a table of {len(self.q)} lengths, zero at every other"


@jax.custom_jvp
def _without_slope(q: Float[Array, " q"]) -> Float[Array, " q"]:
    """Return q; its derivative would be lost in a table."""
    return q


@_without_slope.defjvp
def _refuse(primals: tuple, tangents: tuple) -> tuple:
    """Raise an error: v(q) is not known between the lengths of a table."""
    raise InputError(
        "a derivative with respect to the cell needs v(q) at lengths that a table lacks",
        "use a form or a network",
    )


def table(entries: Sequence[Mapping[float, float]]) -> Table:
    """Return one table from v at the lengths of each species, on the union of their lengths."""
    q = sorted({x for entry in entries for x in entry})
    return Table(tuple(q), jnp.array([[entry.get(x, 0.0) for entry in entries] for x in q]))
