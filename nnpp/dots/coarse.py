"""The coarse level of a dot: all occupied functions, and some above, in a small sphere."""

from collections.abc import Iterator
from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.dots.two_levels import Keep, Report, Saved, TwoLevels
from nnpp.eigensolvers import chebyshev
from nnpp.eigensolvers.chunks import CHUNK, padded
from nnpp.eigensolvers.probe import THRESHOLD, probe, weight
from nnpp.linalg.blocks import Block
from nnpp.pytree import pytree

FEW = 420
"""Up to so many occupied levels, the coarse level has the higher cutoff."""

COARSE_OF_FEW, COARSE_OF_MANY = 3.0, 2.0
"""Cutoffs of the coarse level [hartree]."""

UNCHANGED = 0.81
"""Largest cutoff of the coarse level, relative to that of H: ½G² is not smoothed there."""

CONVERGED, NEARLY = 5e-5, 1e-2
"""Residuals of the occupied levels, and of those wanted above them [hartree]."""

CYCLES = 20
"""Largest number of cycles."""

CONTINUED = 9
"""Degree of all cycles that start from functions of a similar potential."""

REPAIR = (9, 11, 13, 13, 13, 13)
"""Degrees of the cycles after missing functions were added."""

REPAIRS = 3
"""Largest number of times that missing functions are added."""

NEARBY = 24
"""Levels below the gap whose residuals are computed: deeper ones converge faster."""


@pytree
class CoarseLevel:
    """Functions on the coarse level.

    Attributes:
        E: Ritz values, rising [hartree].
        X: orthonormal functions.
        residual: largest |H x − E x| of the occupied levels [hartree].
        missed: weight of occupied functions that X lacks.
        applications: columns to which H was applied.
    """

    E: Float[Array, " state"]
    X: Block
    residual: float
    missed: float
    applications: int


def usual_cutoff(cutoff: float, occupied: int) -> float:
    """Return the cutoff of the coarse level [hartree].

    Args:
        cutoff: ½|G|² of the longest plane wave of the fine level [hartree].
        occupied: number of occupied levels.
    """
    return min(COARSE_OF_FEW if occupied <= FEW else COARSE_OF_MANY, UNCHANGED * cutoff)


def coarse_level(
    H: TwoLevels,
    occupied: int,
    above: int,
    *,
    seed: int,
    warm: Block | None,
    report: Report,
    keep: Keep,
    resume: Saved,
) -> CoarseLevel:
    """Return all occupied functions of H and some above, none missed.

    Args:
        H: the coarse Hamiltonian.
        occupied: number of occupied levels.
        above: number of levels wanted above them.
        seed: seed of the random starting functions.
        warm: functions of a similar potential.
        report: called after each cycle.
        keep: called after each cycle with what the calculation can continue from.
        resume: what `keep` received, or nothing.
    """
    of_start, of_probe = jax.random.split(jax.random.key(seed))
    m = chebyshev.columns(occupied, above, H.rows)
    X, degrees = chebyshev.random_start(H.T, H.parts, m, of_start), _cold(0)
    if warm is not None:
        X, degrees = _replaced(X, warm), (CONTINUED,) * CYCLES
    if "coarse" in resume:
        X, degrees = _replaced(X, jnp.asarray(resume["coarse"])), _cold(int(resume["cycle"]))

    def solved(X: Block, degrees: tuple[int, ...], tries: int) -> CoarseLevel:
        level, first = None, CYCLES - len(degrees)
        for done, level in enumerate(_cycles(H, X, occupied, above, degrees), first + 1):
            report("coarse level", done, len(chebyshev.DEGREES), level.residual)
            keep({"coarse": level.X, "cycle": jnp.asarray(done)})
        assert level is not None
        y, cost = _probed(H, level, occupied, jax.random.fold_in(of_probe, tries))
        level = replace(level, missed=float(weight(y)), applications=level.applications + cost)
        report("probe of the coarse level", tries + 1, REPAIRS + 1, level.missed)
        if level.missed < THRESHOLD or tries == REPAIRS:
            return level
        more = solved(
            jnp.concatenate([level.X[:, :, : -y.shape[2]], y], axis=2), REPAIR, tries + 1
        )
        return replace(more, applications=more.applications + level.applications)

    return solved(X, degrees, 0)


def _cold(first: int) -> tuple[int, ...]:
    """Return the degrees of all cycles from some cycle on."""
    last = chebyshev.DEGREES[-1]
    degrees = chebyshev.DEGREES + (last,) * (CYCLES - len(chebyshev.DEGREES))
    return degrees[min(first, CYCLES - 1) :]


def _replaced(X: Block, first: Block) -> Block:
    """Return X with other first columns."""
    return jnp.concatenate([first, X[:, :, first.shape[2] :]], axis=2)[:, :, : X.shape[2]]


def _cycles(
    H: TwoLevels, X: Block, occupied: int, above: int, degrees: tuple[int, ...]
) -> Iterator[CoarseLevel]:
    """Yield the functions after each cycle until they are converged."""
    first = max(occupied - NEARBY, 0)
    last = first + min(padded(occupied + above - first), (X.shape[2] - first) // CHUNK * CHUNK)
    applications = chebyshev.LANCZOS + X.shape[2]
    all_cycles = chebyshev.cycles(H, X, H.upper, degrees, jnp.float32)
    for degree, (E, X) in zip(degrees, all_cycles, strict=False):
        residual = chebyshev.residuals(H, E[first:last], X[:, :, first:last])
        below = float(jnp.max(residual[: occupied - first]))
        beyond = float(jnp.max(residual[occupied - first : occupied - first + above]))
        applications += X.shape[2] * (degree + 1) + last - first
        yield CoarseLevel(E, X, below, float("nan"), applications)
        if below < CONVERGED and beyond < NEARLY:
            return


def _probed(
    H: TwoLevels, level: CoarseLevel, occupied: int, key: jax.Array
) -> tuple[Block, int]:
    """Return functions that the level may lack, and the columns to which H was applied."""
    x = chebyshev.random_start(H.T, H.parts, 1, jax.random.fold_in(key, 0))
    lower = jnp.minimum(chebyshev.lower_bound(H, x), level.E[0])
    gap = float(level.E[occupied - 1]), float(level.E[occupied])
    y, applications = probe(H, level.X, gap, (float(lower), float(H.upper)), key)
    return y, applications + chebyshev.LANCZOS
