"""Memory of a solution, estimated from the arrays that exist at the same time.

    dense      5 matrices             H, its parts, and the work space of LAPACK
    davidson   matrix, boxes, spaces  the first two not at once; spaces: V, H V, corrections …

For twenty programs the memory that XLA reports, plus two matrices for LAPACK if dense, lies
between this estimate and half of it.
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
"""Number of arrays at a time: dense H, states in boxes, V, H whose levels are counted."""

PROGRAM = 700_000_000
"""A process before it solves anything: JAX, its compiler, libraries; 0.5 to 0.8 GB [bytes]."""


@dataclass(frozen=True)
class Memory:
    """Memory of a process.

    Attributes:
        fixed: the part that does not depend on the number of k-points at a time [bytes].
        counting: the check of completeness, which follows the solution [bytes].
        per_k: one k-point [bytes].
        at_once: number of k-points that are solved at a time.
    """

    fixed: int
    counting: int
    per_k: int
    at_once: int

    def total(self, at_once: int | None = None) -> int:
        """Return the total memory with `at_once` k-points at a time [bytes]."""
        solving = self.per_k * (self.at_once if at_once is None else at_once)
        return self.fixed + max(solving, self.counting)


def bytes_of_one_k(H: operator.PlaneWaveHamiltonian, n: int, solve: Solver = automatic) -> int:
    """Return the memory of one k-point for its `n` levels and their slopes [bytes]."""
    solve = faster(H.size, Lowest(n)) if solve is automatic else solve
    boxes, coarse = _in_boxes(H), H.coarse_waves(n)
    if solve is dense or coarse is None or not davidson.fits(H, n):
        return _bytes_of(H) + boxes + MATRICES * COMPLEX * H.size**2
    m = davidson.columns(H, n + davidson.GUARD)
    w, scalar = davidson.width(davidson.columns(H, n)), H.spinless().parts
    space = REAL * H.parts * H.rows * (m + davidson.EXPANSIONS * w)
    matrix = _matrix(H, scalar, coarse) if H.waves <= operator.ASSEMBLED_UP_TO else 0
    return _bytes_of(H) + max(matrix, boxes) + SPACES * space


def bytes_per_k(numbers: AtShells, system: System, n: int, solve: Solver) -> int:
    """Return the memory of one k-point of `system` [bytes], from shapes only."""

    def first(numbers: AtShells, system: System) -> Any:
        waves = jax.tree.map(lambda x: x[0], system.waves)
        return hamiltonian(waves, system, values(numbers, system))

    return bytes_of_one_k(jax.eval_shape(first, numbers, system), n, solve)


def process_memory(numbers: AtShells, system: System, n: int, solve: Solver) -> Memory:
    """Return the memory of a process that finds the `n` lowest levels of `system`."""
    each, (k, g) = bytes_per_k(numbers, system, n, solve), system.waves.K.shape[:2]
    size = g * (1 + numbers.strengths.spinor)
    counting = COUNTED * COMPLEX * size**2 if size <= LARGEST else 0
    return Memory(PROGRAM + 2 * _bytes_of(system), counting, each, min(k, k_in_memory(each)))


def _matrix(H: operator.PlaneWaveHamiltonian, parts: int, coarse: int) -> int:
    """Return the memory of H without spin while its coarse matrix is solved densely [bytes].

    B times its coupling, and B*, of every separable term in the matrix are added.
    """
    made = sum(2 * REAL * op.B.size for op in H.scalar if isinstance(op, Separable))
    return REAL * parts * (H.waves * (2 * H.waves + coarse) + MATRICES * coarse**2) + made


def _bytes_of(tree: Any) -> int:
    """Return the memory of all arrays of `tree` and of one group of lazy projectors [bytes]."""
    made = jax.tree.leaves(tree, is_leaf=lambda x: isinstance(x, ChunkedSeparable))
    groups = sum(op.bytes_of_group() for op in made if isinstance(op, ChunkedSeparable))
    return groups + sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(tree))


def _in_boxes(H: operator.PlaneWaveHamiltonian) -> int:
    """Return the memory of a few states in boxes, with those kept for reverse mode [bytes]."""
    points = max(prod(op.box.size) for op in H.scalar if isinstance(op, Convolution))
    return BOXES * COMPLEX * H.spins * AT_ONCE * points
