"""Separable terms of many atoms, group by group of centres: Σ_groups Σ_p B_p s_p C B_p*.

The projectors of a supercell grow as the square of its volume, as plane waves and atoms do.
Here those of a few centres exist at a time; they are computed again each time they are needed,
which costs little compared with the product with more than a few functions.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.operators import Psi, Separable
from nnpp.basis.plane_waves import PlaneWaves
from nnpp.linalg.blocks import Block
from nnpp.pytree import pytree, static
from nnpp.terms.projectors import Centres, bytes_a_centre, projectors, separable
from nnpp.terms.term import Term


@pytree
class LazyProjectors:
    """Projectors at one k that are made when they are needed.

    Attributes:
        waves: the plane waves.
        F: F_m at each of them.
        centres: where the projectors sit.
        group: centres at a time.
        directions: 2l + 1.
    """

    waves: PlaneWaves
    F: Float[Array, "g m"]
    centres: Centres
    group: int = static()
    directions: int = static()


@pytree
class ChunkedSeparable:
    """A separable operator whose projectors are made group by group.

    Attributes:
        waves: the plane waves.
        F: F_m at each of them.
        centres: those of each group, groups on the first axis.
        a: the strength of each centre, zero where one only fills up.
        term: whose operator this is.
        directions: 2l + 1.
    """

    waves: PlaneWaves
    F: Float[Array, "g m"]
    centres: Centres
    a: Float[Array, "group centre"]
    term: Term = static()
    directions: int = static()

    def matrix(self) -> Complex[Array, "spin g spin g"]:
        """As a matrix."""
        return self._sum(lambda op: op.matrix())

    def scalar(self, parts: int) -> Block:
        """The matrix (g part g) of an operator that leaves spin alone."""
        return self._sum(lambda op: op.scalar(parts))

    def __matmul__(self, psi: Psi) -> Psi:
        """Applied to functions."""
        return self._sum(lambda op: op @ psi)

    def diagonal(self) -> Float[Array, "spin g"]:
        """Its diagonal, real."""
        return self._sum(lambda op: op.diagonal())

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """⟨ψ|op|ψ⟩ of every state."""
        return self._sum(lambda op: op.expectation(psi))

    def among(self, rows: Int[Array, " few"]) -> "ChunkedSeparable":
        """The same between the plane waves of `rows` alone."""
        waves = jax.tree.map(lambda x: x[rows], self.waves)
        return replace(self, waves=waves, F=self.F[rows])

    def bytes_of_group(self) -> int:
        """What the projectors of one group take."""
        return bytes_a_centre(self.centres, self.F.size, self.directions) * self.a.shape[1]

    def _sum(self, f: Callable[[Separable], Array]) -> Array:
        """Σ f over the groups."""

        @jax.checkpoint  # else reverse mode would keep the projectors of every group
        def of_group(centres: Centres, a: Float[Array, " centre"]) -> Array:
            B = projectors(self.waves, centres, self.F, self.directions)
            return f(separable(self.term, a, B))

        def add(total: Array, group: tuple) -> tuple[Array, None]:
            return total + of_group(*group), None

        groups = (self.centres, self.a)
        shape = jax.eval_shape(of_group, *jax.tree.map(lambda x: x[0], groups))
        return jax.lax.scan(add, jnp.zeros(shape.shape, shape.dtype), groups)[0]


def chunked(term: Term, a: Float[Array, " centre"], lazy: LazyProjectors) -> ChunkedSeparable:
    """`term` with the strengths `a`, group by group; the last group is filled up."""
    centres, group = lazy.centres, lazy.group
    surplus = -len(a) % group

    def grouped(x: Array) -> Array:
        filled = jnp.concatenate([x, *[x[-1:]] * surplus])
        return filled.reshape(-1, group, *x.shape[1:])

    groups = (len(a) + surplus) // group
    grouped_centres = Centres(
        grouped(centres.tau),
        grouped(centres.species),
        jnp.full(groups, centres.volume),
        jax.tree.map(grouped, centres.standing),
    )
    strengths = jnp.pad(a, (0, surplus)).reshape(groups, group)
    return ChunkedSeparable(
        lazy.waves, lazy.F, grouped_centres, strengths, term, lazy.directions
    )
