"""Completeness: no level was missed. Eigenvalues of H(k) below the last level are counted.

σ stands just below the last group of levels; Sylvester's law of inertia counts what is below.
"""

from collections.abc import Iterable

import jax
import numpy as np
from jaxtyping import Array, Float

from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import System, at_shells, matrix
from nnpp.linalg.eigh import count_below
from nnpp.potentials.potential import Potential

TOGETHER = 1e-5
"""Levels closer than this are one group [hartree]."""

LARGEST = 4000
"""Functions beyond which H would have to be written out for this alone."""


def complete(
    E: Float[Array, "k level"],
    potential: Potential,
    system: System,
    which: Iterable[int] | None = None,
) -> Float[Array, "k level"]:
    """`E`, once known to be the lowest levels, at all k-points or at those of `which`.

    Not looked at for bases beyond `LARGEST`.
    """
    if _size(potential, system) > LARGEST:
        return E
    numbers, all_levels = at_shells(potential, system), np.asarray(E)
    for i in range(len(E)) if which is None else which:
        sigma, below = _below_last_group(all_levels[i])
        found = count_below(np.array(_matrix(numbers, system.at(i).bare(numbers))), sigma)
        if found != below:
            raise InputError(
                f"k-point {i + 1}: {found} levels lie where {below} were found",
                "set `solver: dense`, and tell the authors of nnpp",
            )
    return E


def _below_last_group(levels: Float[np.ndarray, " level"]) -> tuple[float, int]:
    """σ below the last group of levels, and how many are below it."""
    apart = np.flatnonzero(np.diff(levels) > TOGETHER)
    first = int(apart[-1]) + 1 if len(apart) else 0
    return float(levels[first]) - TOGETHER / 2, first


def _size(potential: Potential, system: System) -> int:
    """Functions at each k."""
    return system.waves.K.shape[1] * (1 + potential.spinor)


_matrix = jax.jit(matrix)
"""H at one k [hartree]."""
