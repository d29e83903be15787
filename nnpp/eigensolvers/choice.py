"""Which solver: dense `eigh` for small matrices or many levels, Davidson for the others.

Measured on one core (`python -m benchmarks solvers`), 8 levels of zb-CdSe: 3.0 ms dense and
4.9 ms with Davidson for 142 plane waves, 9.5 and 6.7 for 200, 39 and 7.8 for 332, 880 and 27
for 939. 16 levels take Davidson 13 ms for 200 plane waves and 22 ms for 332.
"""

from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.wanted import Nearest, Solution, Solver, Wanted
from nnpp.hamiltonian.interface import Hamiltonian

DAVIDSON_FROM, DAVIDSON_PER_LEVEL = 200, 16
"""Davidson is faster from this size of H on, and from this size for each level."""


def faster(size: int, wanted: Wanted) -> Solver:
    """Return the faster solver for the wanted levels of H with `size` rows."""
    if isinstance(wanted, Nearest):
        return dense
    large = size >= max(DAVIDSON_FROM, DAVIDSON_PER_LEVEL * wanted.n)
    return davidson if large else dense


def automatic(H: Hamiltonian, wanted: Wanted) -> Solution:
    """Return the wanted levels [hartree] and their states, by the faster solver."""
    return faster(H.size, wanted)(H, wanted)


SOLVERS: dict[str, Solver] = {"auto": automatic, "dense": dense, "davidson": davidson}
"""Solvers by their names in fit.yaml and on the command line."""
