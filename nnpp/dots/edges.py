"""The states near the gap of a nanocrystal.

1. All occupied levels, and some above, on a coarse level of 2 or 3 hartree (`chebyshev`).
2. The gap must be at the number of occupied levels; a probe looks for levels that were missed
   (`probe`).
3. The levels at both edges, with all plane waves (`interior`), each edge on its own.
4. The functions found below the gap are mostly occupied coarse ones, those above are not.

A small matrix is diagonalized as a whole.
"""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.dots.coarse import CoarseLevel, coarse_level, usual_cutoff
from nnpp.dots.gap import convergence_warning, count_warning, gap_warning
from nnpp.dots.two_levels import Checkpoint, Keep, Report, Saved, TwoLevels
from nnpp.eigensolvers.chunks import padded
from nnpp.eigensolvers.interior import SHIFT, Coarse, Found, Problem, search
from nnpp.linalg.blocks import Block, inner
from nnpp.linalg.eigh import eigh_block
from nnpp.linalg.roots import orthonormal
from nnpp.pytree import pytree, static

DENSE = 1500
"""Largest matrix that is diagonalized as a whole."""

EXTRA = 16
"""Coarse functions beyond those wanted that a fine search starts from."""

NAMES = {1: "below the gap", -1: "above the gap"}
"""Names of the sides in reports and checkpoints."""

CHEAP = 1.26
"""Points of the box for corrections, relative to those that hold the plane waves."""


@pytree
class Edges:
    """States near a gap; of spinors, one state is a Kramers pair.

    Attributes:
        E: energies, rising, those below the gap first [hartree].
        X: functions, orthonormal on each side of the gap.
        residual: |H x − E x| [hartree].
        error: bound of the error of E by the residual [hartree].
        coarse: all occupied functions on the coarse level.
        missed: weight of occupied functions that the coarse level lacks; below 0.01 if none.
        coarse_applications: columns to which the coarse H was applied.
        fine_applications: columns to which H, or a cheaper form of it, was applied.
        occupied: number of occupied levels.
        valence: number of states below the gap.
        warning: what is wrong with the gap; empty if nothing is.
    """

    E: Float[Array, " state"]
    X: Block
    residual: Float[Array, " state"]
    error: Float[Array, " state"]
    coarse: Block
    missed: float
    coarse_applications: int
    fine_applications: int
    occupied: int = static()
    valence: int = static()
    warning: str = static(default="")


def edges(
    H: TwoLevels,
    occupied: int,
    valence: int,
    conduction: int,
    *,
    tolerance: float = 1e-5,
    seed: int = 0,
    warm: Edges | None = None,
    report: Report | None = None,
    checkpoint: Checkpoint | None = None,
    resume: Saved | None = None,
    coarse_cutoff: float | None = None,
) -> Edges:
    """Return the states at both edges of the gap.

    Args:
        H: the Hamiltonian.
        occupied: number of occupied levels: functions without spin, or Kramers pairs.
        valence: number of states wanted below the gap.
        conduction: number of states wanted above the gap.
        tolerance: residual of each state [hartree]; E is right to its square over a gap.
        seed: seed of the random starting functions.
        warm: states of a similar potential with the same plane waves.
        report: called with stage, count, total and residual [hartree].
        checkpoint: called with what the calculation can continue from.
        resume: what an earlier call passed to `checkpoint`.
        coarse_cutoff: cutoff of the coarse level [hartree]; by default 3, or 2 for large dots.
    """
    report, saved = report or (lambda *_: None), dict(resume or {})

    def keep(more: Mapping[str, Array]) -> None:
        if checkpoint is not None:
            saved.update({name: np.asarray(of) for name, of in more.items()})
            checkpoint(dict(saved))

    valence = min(valence, occupied)
    if H.rows * min(H.parts, 2) <= DENSE:
        return _dense(H, occupied, valence, conduction)
    low = H.coarse(coarse_cutoff or usual_cutoff(H.cutoff, occupied))
    level = coarse_level(
        low,
        occupied,
        conduction,
        seed=seed,
        warm=None if warm is None else _coarse_start(warm, low.rows),
        report=report,
        keep=keep,
        resume=resume or {},
    )
    near = {} if warm is None else _sides(warm)
    near |= {name: jnp.asarray(saved[name]) for name in NAMES.values() if name in saved}
    e, fine = level.E[occupied - 1 : occupied + 1], _expected(H, level, occupied)
    problem = _problem(H, level, e[0], jnp.mean(fine), 1)
    below = _found(problem, occupied, valence, near, tolerance, report, keep)
    problem = _problem(H, level, e[1], (below.E[-1] + fine[1]) / 2, -1)
    above = _found(problem, occupied, conduction, near, tolerance, report, keep)
    return _joined(level, below, above, occupied, tolerance)


def _expected(H: TwoLevels, level: CoarseLevel, occupied: int) -> Float[Array, " 2"]:
    """Return the edges with all plane waves by second-order perturbation theory [hartree].

    E = ⟨c|H|c⟩ − Σ_Q |⟨Q|H|c⟩|²/(T_Q + 0.4) for coarse functions c and the other rows Q.
    """
    near, rows = slice(max(occupied - 2, 0), occupied + 2), len(level.X)
    X = jnp.pad(level.X[:, :, near], ((0, H.rows - rows), (0, 0), (0, 0)))
    HX = H @ X
    coupling = HX[rows:] ** 2 / (H.T[rows:, None, None] + SHIFT)
    E = jnp.sum(X * HX, axis=(0, 1)) - jnp.sum(coupling, axis=(0, 1))
    return jnp.stack([jnp.max(E[:-2]), jnp.min(E[-2:])])


def _sides(edges: Edges) -> dict[str, Block]:
    """Return the functions of each side by its name."""
    return {
        NAMES[1]: edges.X[:, :, : edges.valence],
        NAMES[-1]: edges.X[:, :, edges.valence :],
    }


def _coarse_start(warm: Edges, rows: int) -> Block:
    """Return functions to start the coarse level from, of those of a similar potential."""
    above = orthonormal(warm.X[:rows, :, warm.valence :])
    return jnp.concatenate([warm.coarse, above], axis=2)


def _problem(
    H: TwoLevels,
    level: CoarseLevel,
    edge: Float[Array, ""],
    t: Float[Array, ""],
    side: int,
) -> Problem:
    """Return what the search at one edge needs: side 1 below t in the gap, −1 above."""
    cheap = H.coarse(H.cutoff * (1 + 1e-9), CHEAP)
    return Problem(
        H,
        cheap if cheap.V.size < H.V.size else H,
        H.T,
        Coarse(level.E, level.X, edge),
        t,
        jnp.asarray(side, float),
    )


def _found(
    problem: Problem,
    occupied: int,
    wanted: int,
    near: Mapping[str, Block],
    tolerance: float,
    report: Report,
    keep: Keep,
) -> Found:
    """Return the levels at one edge; reports and keeps the functions of each sweep."""
    side, found = int(problem.side), None
    X, count = _start(problem, occupied, wanted, near.get(NAMES[side]))
    for found in search(problem, X, count, wanted, tolerance):
        done = int(np.sum(np.asarray(found.residual) < tolerance))
        report(f"states {NAMES[side]}", done, wanted, float(jnp.max(found.residual)))
        keep({NAMES[side]: found.X})
    assert found is not None
    return found


def _start(
    problem: Problem, occupied: int, wanted: int, near: Block | None
) -> tuple[Block, int]:
    """Return starting functions, nearest to the gap first, zeros beyond, and their number.

    Args:
        problem: the coarse level and the side.
        occupied: number of occupied levels.
        wanted: number of levels wanted.
        near: functions near those wanted, rising; they replace coarse ones.
    """
    coarse, b, below = problem.coarse.X, padded(wanted + EXTRA), int(problem.side) > 0
    first = coarse[:, :, :occupied][:, :, ::-1] if below else coarse[:, :, occupied:]
    first = first[:, :, :b]
    rows, count = len(problem.T) - len(coarse), first.shape[2]
    X = jnp.pad(first, ((0, rows), (0, 0), (0, 0)))
    if near is not None:
        near = (near[:, :, ::-1] if below else near)[:, :, :count]
        X = orthonormal(jnp.concatenate([near, X[:, :, near.shape[2] :]], axis=2))
    return jnp.pad(X, ((0, 0), (0, 0), (0, b - count))), count


def _joined(
    level: CoarseLevel, below: Found, above: Found, occupied: int, tolerance: float
) -> Edges:
    """Return the states of both sides, with bounds of their errors."""
    E = jnp.concatenate([below.E, above.E])
    X = jnp.concatenate([below.X, above.X], axis=2)
    residual = jnp.concatenate([below.residual, above.residual])
    valence = len(below.E)
    nearest = jnp.concatenate(
        [
            jnp.minimum(below.E - below.next, above.E[0] - below.E),
            jnp.minimum(above.next - above.E, above.E - below.E[-1]),
        ]
    )
    bound = jnp.where(nearest > 0, residual**2 / jnp.maximum(nearest, 1e-300), residual)
    coarse = level.X[:, :, :occupied]
    weight = jnp.sum(inner(level.X, X[: len(coarse)]) ** 2, axis=1)
    warning = (
        gap_warning(np.asarray(level.E), occupied, level.missed)
        or convergence_warning(np.asarray(residual), tolerance)
        or count_warning(
            np.asarray(weight), np.asarray(E), np.asarray(level.E), occupied, valence
        )
    )
    return Edges(
        E,
        X,
        residual,
        jnp.minimum(bound, residual),
        coarse,
        level.missed,
        level.applications,
        below.applications + below.cheap + above.applications + above.cheap,
        occupied,
        valence,
        warning,
    )


def _dense(H: TwoLevels, occupied: int, valence: int, conduction: int) -> Edges:
    """Return the states of a small H from its matrix."""
    unit = jnp.zeros((H.rows, H.parts, H.rows)).at[:, 0].set(jnp.eye(H.rows))
    E, U = eigh_block(H @ unit)
    chosen = slice(occupied - valence, occupied + conduction)
    residual = jnp.sqrt(
        jnp.sum((H @ U[:, :, chosen] - U[:, :, chosen] * E[chosen]) ** 2, (0, 1))
    )
    return Edges(
        E[chosen],
        U[:, :, chosen],
        residual,
        residual,
        U[:, :, :occupied],
        0.0,
        0,
        H.rows,
        occupied,
        valence,
        gap_warning(np.asarray(E), occupied),
    )
