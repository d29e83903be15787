"""Completeness: a check that no level was missed, by counting the eigenvalues of H(k).

The number of eigenvalues below σ, just below the last group of levels, follows from Sylvester's
law of inertia.
"""

from collections.abc import Iterable

import jax
import numpy as np
from jaxtyping import Array, Float

from nnpp.devices.tracing import concrete
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import System, at_shells, matrix
from nnpp.linalg.eigh import count_below
from nnpp.potentials.potential import Potential

TOGETHER = 1e-5
"""Levels closer than this form one group [hartree]."""

LARGEST = 4000
"""Largest basis that is checked: beyond it the dense H is needed only for this check."""


def complete(
    E: Float[Array, "k level"],
    potential: Potential,
    system: System,
    which: Iterable[int] | None = None,
) -> Float[Array, "k level"]:
    """Return `E` after checking that they are the lowest levels.

    Args:
        E: the levels found [hartree].
        potential: the potential.
        system: the system.
        which: the k-points to check; by default all. Bases beyond `LARGEST` are not checked.

    Raises:
        InputError: if a level was missed.
    """
    if _size(potential, system) > LARGEST:
        return E
    found, potential, system = concrete((E, potential, system), "a level")
    numbers, all_levels = at_shells(potential, system), np.asarray(found)
    for i in range(len(E)) if which is None else which:
        sigma, below = _below_last_group(all_levels[i])
        found = count_below(np.array(_matrix(numbers, system.at(i).bare(numbers))), sigma)
        if found != below:
            raise InputError(
                f"k-point {i + 1}: {found} levels lie where {below} were found",
                "set `solver: dense`, and report it to the authors of nnpp",
            )
    return E


def _below_last_group(levels: Float[np.ndarray, " level"]) -> tuple[float, int]:
    """Return σ below the last group of levels, and the number of levels below it."""
    apart = np.flatnonzero(np.diff(levels) > TOGETHER)
    first = int(apart[-1]) + 1 if len(apart) else 0
    return float(levels[first]) - TOGETHER / 2, first


def _size(potential: Potential, system: System) -> int:
    """Return the number of basis functions at each k."""
    return system.waves.K.shape[1] * (1 + potential.spinor)


_matrix = jax.jit(matrix)
"""H at one k [hartree]."""
