"""Memory of a solution, by counting the arrays that live at the same time.

    dense      5 matrices             H, what it is made of, and LAPACK's own
    davidson   matrix, boxes, spaces  the first two not at once; spaces: V, H V, corrections …

XLA's own account of twenty programs, and two matrices for LAPACK where dense, lie between this
count and half of it.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import jax

from nnpp.basis.convolution import AT_ONCE, Convolution
from nnpp.basis.operators import Separable
from nnpp.devices.parallel import k_in_memory
from nnpp.eigensolvers import davidson
from nnpp.eigensolvers.choice import automatic, faster
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.wanted import Lowest, Solver
from nnpp.hamiltonian import operator
from nnpp.hamiltonian.bulk import AtShells, System, hamiltonian, values
from nnpp.observables.completeness import LARGEST
from nnpp.terms.chunked import ChunkedSeparable

REAL, COMPLEX = 8, 16
"""Bytes of a number."""

MATRICES, BOXES, SPACES, COUNTED = 5, 4, 16, 4
"""How many live at a time: dense H, states in boxes, V, H whose levels are counted."""

PROGRAM = 700_000_000
"""A process before it solves anything: JAX, its compiler, libraries; 0.5 to 0.8 GB."""


@dataclass(frozen=True)
class Memory:
    """What a process takes.

    Attributes:
        rest: all that does not depend on how many k-points are solved at a time [bytes].
        counting: what counting levels takes, once nothing is solved any more [bytes].
        each: one k-point [bytes].
        at_once: k-points that the same memory holds at a time.
    """

    rest: int
    counting: int
    each: int
    at_once: int

    def whole(self, at_once: int | None = None) -> int:
        """All of it, with so many k-points at a time [bytes]."""
        solving = self.each * (self.at_once if at_once is None else at_once)
        return self.rest + max(solving, self.counting)


def of_one_k(H: operator.PlaneWaveHamiltonian, n: int, solve: Solver = automatic) -> int:
    """One k-point while its `n` levels and their slopes are found [bytes]."""
    solve = faster(H, Lowest(n)) if solve is automatic else solve
    boxes, coarse = _in_boxes(H), H.coarse_waves(n)
    if solve is dense or coarse is None or not davidson.fits(H, n):
        return _bytes_of(H) + boxes + MATRICES * COMPLEX * H.size**2
    m = davidson.columns(H, n + davidson.GUARD)
    w, scalar = davidson.width(davidson.columns(H, n)), H.spinless().parts
    space = REAL * H.parts * H.rows * (m + davidson.EXPANSIONS * w)
    matrix = _matrix(H, scalar, coarse) if H.waves <= operator.ASSEMBLED_UP_TO else 0
    return _bytes_of(H) + max(matrix, boxes) + SPACES * space


def of_system(numbers: AtShells, system: System, n: int, solve: Solver) -> int:
    """The same for any k-point of `system`; nothing is computed."""

    def first(numbers: AtShells, system: System) -> Any:
        waves = jax.tree.map(lambda x: x[0], system.waves)
        return hamiltonian(waves, system, values(numbers, system))

    return of_one_k(jax.eval_shape(first, numbers, system), n, solve)


def of_process(numbers: AtShells, system: System, n: int, solve: Solver) -> Memory:
    """A whole process that finds the `n` lowest levels of `system`."""
    each, (k, g) = of_system(numbers, system, n, solve), system.waves.K.shape[:2]
    size = g * (1 + numbers.strengths.spinor)
    counting = COUNTED * COMPLEX * size**2 if size <= LARGEST else 0
    return Memory(PROGRAM + 2 * _bytes_of(system), counting, each, min(k, k_in_memory(each)))


def _matrix(H: operator.PlaneWaveHamiltonian, parts: int, coarse: int) -> int:
    """H without spin and its coarse columns, while the coarse matrix is solved densely.

    Beside them B times its coupling, and B*, of every separable term that goes into the matrix.
    """
    made = sum(2 * REAL * op.B.size for op in H.scalar if isinstance(op, Separable))
    return REAL * parts * (H.waves * (2 * H.waves + coarse) + MATRICES * coarse**2) + made


def _bytes_of(tree: Any) -> int:
    """All arrays of `tree`, and the projectors that it makes a group at a time."""
    made = jax.tree.leaves(tree, is_leaf=lambda x: isinstance(x, ChunkedSeparable))
    groups = sum(op.bytes_of_group() for op in made if isinstance(op, ChunkedSeparable))
    return groups + sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(tree))


def _in_boxes(H: operator.PlaneWaveHamiltonian) -> int:
    """A few states in their boxes, and what reverse mode keeps of them."""
    points = max(prod(op.box.size) for op in H.scalar if isinstance(op, Convolution))
    return BOXES * COMPLEX * H.spins * AT_ONCE * points
