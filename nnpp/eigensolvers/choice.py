"""Which solver: dense `eigh` for small matrices or many levels, Davidson for the rest.

Dense costs about 25 N³ operations, Davidson about 8 N² for each of some 8 applications to each
level; where they meet is counted from these, not yet measured.
"""

from collections.abc import Callable
from typing import Any

from jaxtyping import Array, Complex, Float

from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense

DAVIDSON_FROM, DAVIDSON_PER_LEVEL = 200, 12
"""Davidson is faster from so many functions on, and from so many for each level."""

Solution = tuple[Float[Array, " level"], Complex[Array, "g level"]]

Solver = Callable[[Any, int], Solution]
"""The n lowest levels of H [hartree], rising, and their states."""


def faster(H: Any, n: int) -> Solver:
    """The faster one for `n` levels of H."""
    large = H.size >= max(DAVIDSON_FROM, DAVIDSON_PER_LEVEL * n)
    return davidson if large else dense


def automatic(H: Any, n: int) -> Solution:
    """By the faster one."""
    return faster(H, n)(H, n)


SOLVERS: dict[str, Solver] = {"auto": automatic, "dense": dense, "davidson": davidson}
"""As fit.yaml and the command line name them."""
