"""Which solver: dense `eigh` for small matrices or many levels, Davidson for the rest.

Measured on one core (`python -m benchmarks solvers`), 8 levels of zb-CdSe: 3.0 ms dense and 4.9
by Davidson for 142 plane waves, 9.5 and 6.7 for 200, 39 and 7.8 for 332, 880 and 27 for 939; 16
levels of 200 take Davidson 13, of 332 it takes 22.
"""

from collections.abc import Callable
from typing import Any

from jaxtyping import Array, Complex, Float

from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense

DAVIDSON_FROM, DAVIDSON_PER_LEVEL = 200, 16
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
