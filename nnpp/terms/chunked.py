"""Separable terms of many atoms, group by group of centres: Σ_groups Σ_p B_p s_p C B_p*.

The projectors of a supercell grow as the square of its volume, as plane waves and atoms do.
Here only those of a few centres exist at a time. They are computed each time they are needed,
which takes little time compared with the product with more than a few functions.
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
    """Projectors at one k that are computed when they are needed.

    Attributes:
        waves: the plane waves.
        F: F_m at each of them.
        centres: the centres of the projectors.
        group: number of centres in a group.
        directions: 2l + 1.
    """

    waves: PlaneWaves
    F: Float[Array, "g m"]
    centres: Centres
    group: int = static()
    directions: int = static()


@pytree
class ChunkedSeparable:
    """A separable operator whose projectors are computed group by group.

    Attributes:
        waves: the plane waves.
        F: F_m at each of them.
        centres: the centres of each group, groups on the first axis.
        a: the strength of each centre, zero for padding.
        term: the term that the operator represents.
        directions: 2l + 1.
    """

    waves: PlaneWaves
    F: Float[Array, "g m"]
    centres: Centres
    a: Float[Array, "group centre"]
    term: Term = static()
    directions: int = static()

    def matrix(self) -> Complex[Array, "spin g spin g"]:
        """Return the operator as a matrix."""
        return self._sum(lambda op: op.matrix())

    def scalar(self, parts: int) -> Block:
        """Return the matrix (g part g) of an operator that does not act on spin."""
        return self._sum(lambda op: op.scalar(parts))

    def __matmul__(self, psi: Psi) -> Psi:
        """Return the operator applied to functions."""
        return self._sum(lambda op: op @ psi)

    def diagonal(self) -> Float[Array, "spin g"]:
        """Return the diagonal, which is real."""
        return self._sum(lambda op: op.diagonal())

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """Return ⟨ψ|op|ψ⟩ of every state."""
        return self._sum(lambda op: op.expectation(psi))

    def among(self, rows: Int[Array, " few"]) -> "ChunkedSeparable":
        """Return the operator restricted to the plane waves of `rows`."""
        w = self.waves
        waves = replace(w, K=w.K[rows], code=w.code[rows], real=w.real[rows])
        return replace(self, waves=waves, F=self.F[rows])

    def bytes_of_group(self) -> int:
        """Return the memory of the projectors of one group [bytes]."""
        return bytes_a_centre(self.centres, self.F.size, self.directions) * self.a.shape[1]

    def _sum(self, f: Callable[[Separable], Array]) -> Array:
        """Return the sum of f over the groups."""

        @jax.checkpoint  # otherwise reverse mode stores the projectors of every group
        def of_group(centres: Centres, a: Float[Array, " centre"]) -> Array:
            B = projectors(self.waves, centres, self.F, self.directions)
            return f(separable(self.term, a, B))

        def add(total: Array, group: tuple) -> tuple[Array, None]:
            return total + of_group(*group), None

        groups = (self.centres, self.a)
        shape = jax.eval_shape(of_group, *jax.tree.map(lambda x: x[0], groups))
        return jax.lax.scan(add, jnp.zeros(shape.shape, shape.dtype), groups)[0]


def chunked(term: Term, a: Float[Array, " centre"], lazy: LazyProjectors) -> ChunkedSeparable:
    """Return `term` with the strengths `a`, group by group; the last group is padded."""
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
