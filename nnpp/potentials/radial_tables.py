"""Tables of v(r): v(q) = 4π ∫ r² v(r) j₀(qr) dr by Simpson's rule over the rows of a table.

For potentials that are known as files of v(r) on a radial grid. v(r) is zero beyond the last
row. The rule is that for unequal distances, since distances in a file are rounded.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.errors import InputError
from nnpp.potentials.interface import Form
from nnpp.pytree import pytree, static
from nnpp.special import j0

AT_ONCE = 256
"""Lengths at which the integral is evaluated at a time: j₀(qr) then takes some MB."""

Rows = tuple[float, ...]


@pytree
class RadialTables(Form):
    """v(r) of several species, each at the rows of its own table.

    Attributes:
        r: for each species the distances of its rows, from 0 [bohr].
        v: v(r) at these rows, zero in rows that a species lacks [hartree].
    """

    kind: ClassVar = "radial tables"
    words: ClassVar = "tables of v(r)"
    units: ClassVar = {"v": "hartree"}

    r: tuple[Rows, ...] = static()
    v: Float[Array, "species row"]

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """Return v_s(q) [hartree·bohr³]."""
        columns = {
            r: _transform(q, jnp.asarray(r), self._integrand(r)) for r in dict.fromkeys(self.r)
        }
        of_species = [columns[r][:, self.r[:i].count(r)] for i, r in enumerate(self.r)]
        return jnp.stack(of_species, axis=1)

    def _integrand(self, r: Rows) -> Float[Array, "row some"]:
        """Return 4π w r² v of the species with the rows r, w the weights of Simpson's rule."""
        some = jnp.array([i for i, own in enumerate(self.r) if own == r])
        weights = 4 * np.pi * simpson_weights(np.array(r)) * np.array(r) ** 2
        return (self.v[some, : len(r)] * weights).T

    def values(self, species: int, x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return v(x) of one species [hartree]: straight lines between rows, zero beyond.

        The interval of x is that of equal distances r₁ − r₀, as filter-diagonalisation codes
        find it. Where rounded distances differ from these, its line is continued.

        Args:
            species: index of the species.
            x: distances [bohr].
        """
        r, v = jnp.asarray(self.r[species]), self.v[species]
        i = jnp.floor(x / (r[1] - r[0])).astype(int)
        j = jnp.minimum(i, len(r) - 2)
        slope = (v[j + 1] - v[j]) / (r[j + 1] - r[j])
        return jnp.where(i <= len(r) - 2, v[j] + slope * (x - r[j]), 0.0)

    def describe(self) -> dict[str, Any]:
        """Return the distances."""
        return {"r": [list(r) for r in self.r]}

    @classmethod
    def from_description(cls, form: Mapping[str, Any], species: int) -> "RadialTables":
        """Return the tables with zeros."""
        r = tuple(tuple(float(x) for x in own) for own in form["r"])
        return cls(r, jnp.zeros((species, max(map(len, r)))))

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the number of rows of each table."""
        yield "v(r)", f"tables of {', '.join(str(len(r)) for r in self.r)} rows, zero beyond"


def radial_tables(tables: Sequence[tuple[np.ndarray, np.ndarray]]) -> RadialTables:
    """Return tables from r [bohr] and v(r) [hartree] of each species."""
    longest = max(len(r) for r, _ in tables)
    if min(len(r) for r, _ in tables) < 3:
        raise InputError("a table of v(r) has fewer than three rows", "give more rows")
    v = [np.pad(np.asarray(v, float), (0, longest - len(v))) for _, v in tables]
    return RadialTables(
        tuple(tuple(map(float, r)) for r, _ in tables), jnp.asarray(np.stack(v))
    )


@partial(jax.jit, inline=True)
def _transform(
    q: Float[Array, " q"], r: Float[Array, " row"], f: Float[Array, "row some"]
) -> Float[Array, "q some"]:
    """Return Σ_i f_i j₀(q r_i), some lengths at a time."""

    @jax.checkpoint
    def at(one: Float[Array, ""]) -> Float[Array, " some"]:
        return j0((one * r) ** 2) @ f

    return jax.lax.map(at, q, batch_size=min(AT_ONCE, max(len(q), 1)))


def simpson_weights(r: Float[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
    """Return the weights of Simpson's rule for rows of unequal distances, three or more.

    A parabola through three rows is integrated over two intervals. With an even number of rows
    the last interval has the parabola of the last three rows.
    """
    w, h = np.zeros(len(r)), np.diff(r)
    a, b = h[0 : len(r) // 2 * 2 - 1 : 2][: (len(r) - 1) // 2], h[1::2][: (len(r) - 1) // 2]
    first = 2 * np.arange(len(a))
    np.add.at(w, first, (a + b) * (2 * a - b) / (6 * a))
    np.add.at(w, first + 1, (a + b) ** 3 / (6 * a * b))
    np.add.at(w, first + 2, (a + b) * (2 * b - a) / (6 * b))
    if len(r) % 2 == 0:
        a, b = h[-2:]
        w[-3:] += [
            -(b**3) / (6 * a * (a + b)),
            b * (b + 3 * a) / (6 * a),
            b * (2 * b + 3 * a) / (6 * (a + b)),
        ]
    return w
