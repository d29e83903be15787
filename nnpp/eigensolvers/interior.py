"""Interior block Davidson: the levels at one edge of a gap, started from a coarse level.

The rows of the coarse level (P) are the first rows of H; Q are the others. Many coarse
functions c_i with energies e_i are known. The residual r = (H − θ) x of a candidate gives a
correction t ≈ (H − θ)⁻¹ r by block elimination, with D = 1/(T + 0.4):

    y = D_Q r_Q,   r_P ← r_P − (H y)_P
    t_P = Σ_i c_i ⟨c_i|r_P⟩/(e_i + s − θ) + D_P (1 − C C†) r_P
    t_Q = D_Q (r_Q − (H t_P)_Q)

s is the edge less that of the coarse level. Corrections need few digits: there H is applied in
float32, and may be given in a cheaper form. A sweep corrects the candidates whose residuals
are not small, and a few guards beyond those wanted. Shapes are fixed: one program is compiled.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nnpp.eigensolvers.chunks import applied
from nnpp.eigensolvers.harmonic import (
    TINY,
    Candidates,
    Space,
    candidates,
    extended,
    restarted,
    ritz,
    space,
)
from nnpp.hamiltonian.interface import LinearOperator
from nnpp.linalg.blocks import Block, inner, times
from nnpp.linalg.roots import spanning
from nnpp.pytree import pytree

SHIFT = 0.4
"""D = 1/(T + SHIFT) [hartree]."""

LEAST = 0.004
"""Smallest denominator of the preconditioner [hartree]."""

INSIDE = 0.015
"""Distance of t from the edge [hartree]; once r is small."""

GUARD, MARGIN = 4, 0.003
"""Candidates corrected beyond those wanted, and all within this energy of them [hartree]."""

SWEEPS = 60
"""Largest number of sweeps."""


@pytree
class Coarse:
    """Functions of the first rows.

    Attributes:
        E: their energies [hartree].
        X: the functions, orthonormal.
        edge: the one of these energies at the edge that is searched [hartree].
    """

    E: Float[Array, " state"]
    X: Block
    edge: Float[Array, ""]


@pytree
class Problem:
    """What does not change between sweeps.

    Attributes:
        H: the operator.
        cheap: H, or an operator close to it, for corrections.
        T: kinetic energy of each row [hartree].
        coarse: functions of the first rows.
        t: the target, in the gap [hartree].
        side: 1 for levels below t, −1 for those above.
    """

    H: LinearOperator
    cheap: LinearOperator
    T: Float[Array, " row"]
    coarse: Coarse
    t: Float[Array, ""]
    side: Float[Array, ""]


@partial(jax.jit, donate_argnames="at")
def sweep(
    problem: Problem,
    at: Space,
    of: Candidates,
    order: Int[Array, " state"],
    count: Int[Array, ""],
    s: Float[Array, ""],
) -> Space:
    """Return the space with a correction of some candidates, restarted first if it is full.

    Args:
        problem: what does not change.
        at: the space; its memory is used again.
        of: the candidates of this space.
        order: indices of the candidates, those to be corrected first.
        count: number of candidates to be corrected.
        s: edge less coarse edge of this side [hartree].
    """
    b = len(order)
    chosen = (jnp.arange(b) < count)[None, None, :]
    U, E = jnp.where(chosen, of.U[:, :, order], 0.0), of.E[order]
    R = times(at.HV, U) - times(at.V, U * E)
    W = _correction(problem, R, E, s, count)
    full = at.count + b > at.V.shape[2]
    at = jax.lax.cond(full, lambda: restarted(at, problem.t, problem.side, b), lambda: at)
    for _ in range(2):
        W = W / jnp.maximum(jnp.sqrt(jnp.sum(W**2, axis=(0, 1))), TINY)
        W = W - times(at.V, inner(at.V, W))
    turn, live = spanning(inner(W, W))
    return extended(problem.H, at, times(W, turn), live)


def _correction(
    problem: Problem,
    R: Block,
    E: Float[Array, " state"],
    s: Float[Array, ""],
    count: Int[Array, ""],
) -> Block:
    """Return t of the first `count` residuals R [hartree] at energies E [hartree]."""
    C, p = problem.coarse.X.astype(jnp.float32), len(problem.coarse.X)
    H, D = problem.cheap, (1 / (problem.T + SHIFT)).astype(jnp.float32)[:, None, None]
    scale = jnp.maximum(jnp.sqrt(jnp.sum(R**2, axis=(0, 1))), TINY)
    R, rows = (R / scale).astype(jnp.float32), ((0, len(R) - p), (0, 0), (0, 0))
    y = (D * R).at[:p].set(0)
    r_P = R[:p] - applied(H, y, count)[:p]
    in_C = inner(C, r_P)
    apart = problem.coarse.E[:, None] + s - E
    apart = jnp.where(jnp.abs(apart) < LEAST, jnp.where(apart < 0, -LEAST, LEAST), apart)
    t_P = times(C, in_C / apart.astype(jnp.float32)[:, None]) + D[:p] * (r_P - times(C, in_C))
    t_Q = D * (R - applied(H, jnp.pad(t_P, rows), count))
    return t_Q.at[:p].set(t_P).astype(float)


@pytree
class Found:
    """Levels at one edge of a gap.

    Attributes:
        E: energies of the wanted levels, rising [hartree].
        X: their functions.
        residual: |H x − E x| [hartree].
        next: energy of the next level on this side, less its residual [hartree].
        applications: columns to which H was applied.
        cheap: columns to which the cheap operator was applied.
    """

    E: Float[Array, " state"]
    X: Block
    residual: Float[Array, " state"]
    next: float
    applications: int
    cheap: int


def search(
    problem: Problem, X: Block, count: int, wanted: int, tolerance: float
) -> Iterator[Found]:
    """Yield the best functions after each sweep, until all residuals are small.

    Args:
        problem: the operator, the coarse level and the side; t is the middle of the gap.
        X: starting functions, nearest to the gap first; zero beyond `count`.
        count: number of starting functions.
        wanted: number of levels wanted.
        tolerance: residual at which a level is converged [hartree].
    """
    b, side, middle = X.shape[2], float(problem.side), float(problem.t)
    at = space(problem.H, X, jnp.asarray(count, int))
    of, applications, cheap = _first(at, b, count), count, 0
    edge = float(problem.coarse.edge)
    for _ in range(SWEEPS):
        E, residual = np.asarray(of.E), np.asarray(of.residual)
        E_w, X_w, r_w = ritz(at, of.U, wanted)
        yield Found(E_w, X_w, r_w, _next(of, wanted, side), applications, cheap)
        if np.all(residual[:wanted] < tolerance):
            return
        active = _active(E, residual, wanted, side) & (residual > tolerance)
        chosen, n = np.argsort(~active, kind="stable"), int(active.sum())
        t = E[0] + side * (INSIDE + residual[0])
        problem = replace(problem, t=jnp.asarray(side * min(side * t, side * middle), float))
        s = jnp.asarray(E[0] - edge, float)
        at = sweep(problem, at, of, jnp.asarray(chosen), jnp.asarray(n, int), s)
        of = candidates(at, problem.t, problem.side, b)
        applications, cheap = applications + n, cheap + 2 * n


def _first(at: Space, b: int, count: int) -> Candidates:
    """Return the starting functions as candidates."""
    live = np.arange(b) < count
    U = jnp.zeros((len(at.G), at.G.shape[1], b)).at[np.arange(b), 0, np.arange(b)].set(live)
    E, M = (jnp.diagonal(of[:b, 0, :b]) for of in (at.G, at.M))
    return Candidates(E, jnp.sqrt(jnp.maximum(M - E**2, 0.0)), U)


def _active(
    E: Float[np.ndarray, " state"],
    residual: Float[np.ndarray, " state"],
    wanted: int,
    side: float,
) -> np.ndarray:
    """Return which candidates are corrected: the wanted ones, guards, and all near them."""
    last = np.min(side * E[:wanted])
    return (np.arange(len(E)) < wanted + GUARD) | (side * E > last - MARGIN) & (residual > 0)


def _next(of: Candidates, wanted: int, side: float) -> float:
    """Return the energy nearest to the gap that the next level can have [hartree]."""
    if of.E.shape[0] == wanted:
        return float(of.E[-1])
    return float(of.E[wanted] + side * of.residual[wanted])
