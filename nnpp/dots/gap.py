"""What is wrong with the gap of a dot, in words."""

import numpy as np
from jaxtyping import Float

from nnpp.eigensolvers.probe import THRESHOLD
from nnpp.units import HARTREE_EV

SMALL = 0.02
"""Gaps below this are reported [hartree]."""

NEARBY = 20
"""Levels on each side among which a larger gap is searched."""

ROUGH = 2e-3
"""Largest rise above a coarse level [hartree], by its smaller box."""

CUT = 0.005
"""Coarse levels so near to the last state wanted are not compared [hartree]."""

CONTAINED = 0.3
"""Smallest share of a coarse function in the states."""

MOSTLY = 0.5
"""Share of occupied coarse functions in a state below the gap: more; above it: less."""


def gap_warning(E: Float[np.ndarray, " state"], occupied: int, missed: float = 0.0) -> str:
    """Return what is wrong with the gap; empty if nothing is.

    Args:
        E: levels, rising [hartree].
        occupied: number of occupied levels.
        missed: weight of occupied functions that were not found.
    """
    wrong = [_small(E, occupied)] if E[occupied] - E[occupied - 1] < SMALL else []
    if missed >= THRESHOLD:
        wrong.append(f"the coarse level lacks occupied states (weight {missed:.2g})")
    return "; ".join(wrong)


def count_warning(
    weight: Float[np.ndarray, "state edge"],
    E: Float[np.ndarray, " edge"],
    coarse: Float[np.ndarray, " state"],
    occupied: int,
    valence: int,
) -> str:
    """Return a warning if the states at the edges are not those of the coarse level.

    1. States below the gap consist of occupied coarse functions, those above do not.
    2. A level with all plane waves is not above the coarse level of the same number: functions
       of a coarse level are among all functions.
    3. Coarse functions within the range of the states are mostly contained in them.

    Args:
        weight: |⟨c|x⟩|² of coarse functions c and states x.
        E: levels of the states, rising [hartree].
        coarse: coarse levels, rising [hartree].
        occupied: number of occupied levels.
        valence: number of states below the gap.
    """
    first, last = occupied - valence, occupied - valence + len(E) - 1
    below = np.arange(len(E)) < valence
    e = coarse[first : last + 1]
    inner = np.where(below, e - e[0], e[-1] - e) > CUT
    contained = weight[first : last + 1].sum(axis=1)
    right = (
        np.array_equal(weight[:occupied].sum(axis=0) > MOSTLY, below)
        and np.all(E - e < ROUGH)
        and np.all(contained[inner] > CONTAINED)
    )
    if right:
        return ""
    return (
        "the levels with all plane waves are not those of the coarse level with the same "
        "numbers: a state may be missing; raise the cutoff of the coarse level"
    )


def convergence_warning(residual: Float[np.ndarray, " edge"], tolerance: float) -> str:
    """Return a warning if some residuals are above the tolerance [hartree]."""
    wrong = int(np.sum(~(residual < tolerance)))
    if not wrong:
        return ""
    return (
        f"{wrong} of {len(residual)} states did not converge (largest residual "
        f"{np.max(residual) * HARTREE_EV:.1e} eV); ask for a few more states"
    )


def _small(E: Float[np.ndarray, " state"], occupied: int) -> str:
    """Return a sentence on a small gap, with the largest one near it."""
    first = max(occupied - NEARBY, 0)
    gaps = HARTREE_EV * np.diff(E[first : occupied + NEARBY])
    n = int(np.argmax(gaps))
    return (
        f"the gap above level {occupied} is {gaps[occupied - 1 - first]:.3f} eV, that above "
        f"level {first + n + 1} is {gaps[n]:.3f} eV: a trap state or a wrong charge; check the "
        "passivants and the number of electrons"
    )
