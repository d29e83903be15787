"""Levenberg-Marquardt: δ = −(JᵀJ + λ)⁻¹Jᵀr = −Jᵀ(JJᵀ + λ)⁻¹r, whichever matrix is smaller.

λ follows the gain ratio (H. B. Nielsen, IMM-REP-1999-05, Technical University of Denmark). A
step tries one δ and so costs one solution of the levels. Damping is the same for all
parameters: with a scale from the columns of J, weights with little effect would move far.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from nnpp.devices.parallel import jit_blocking, map_k
from nnpp.fitting.method import Theta, linear
from nnpp.fitting.objective import Measured, Objective
from nnpp.pytree import pytree

FIRST, LEAST, MOST = 1e-3, 1e-11, 1e8
"""λ at the start, the least, and the one at which nothing moves, in units of max diag M.

Below the least, rounding makes M + λ indefinite: eps·‖M‖, and ‖M‖ is up to n·max diag M.
"""

D = 8
"""Blocks of a Gram matrix, an even number: 1824 × 5256 takes 0.37 s on two cores, undivided
1.0 s on both."""

SMALL = 512
"""Rows up to which a Gram matrix is computed undivided."""


@pytree
class Step:
    """The state of a fit by Levenberg-Marquardt.

    Attributes:
        best: the best θ so far.
        damping: λ for the next trial.
        growth: ν, the factor on λ after a rejection.
        r: residuals at θ.
        J: their derivatives there.
        measured: the evaluation at θ.
        trial: the evaluation of the last trial.
        accepted: whether that trial became θ.
    """

    best: Theta
    damping: Float[Array, ""]
    growth: Float[Array, ""]
    r: Float[Array, " residual"]
    J: Float[Array, "residual parameter"]
    measured: Measured
    trial: Measured
    accepted: Bool[Array, ""]

    @property
    def lowest(self) -> Float[Array, ""]:
        """The loss at the best θ [hartree²]."""
        return self.measured.loss

    def saved(self) -> dict[str, Array]:
        """Return what a resumed fit needs."""
        return {"theta": self.best, "damping": self.damping, "growth": self.growth}

    def numbers(self) -> dict[str, Array]:
        """Return λ, and whether the trial was accepted."""
        return {"damping": self.damping, "accepted": self.accepted}


@dataclass(frozen=True)
class LevenbergMarquardt:
    """The method for least squares.

    Attributes:
        first: λ of the first trial.
    """

    first: float = FIRST

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""] | None = None):
        """Return the state before the first trial."""
        measured, r, J = linear(objective, theta)
        damping, growth = jnp.asarray(self.first, float), jnp.asarray(2.0, float)
        return Step(theta, damping, growth, r, J, measured, measured, jnp.asarray(True))

    def resume(self, objective: Objective, saved: dict[str, Array]) -> Step:
        """Return the state at the saved θ, with its damping."""
        first = self.start(objective, saved["theta"])
        return replace(first, damping=saved["damping"], growth=saved["growth"])

    def advance(self, objective: Objective, step: Step) -> Step:
        """Return the state after one trial, accepted if the loss falls, else more damped."""
        theta, expected = _propose(step)
        return _decide(step, theta, expected, linear(objective, theta))


@jit_blocking
def _propose(step: Step) -> tuple[Theta, Float[Array, ""]]:
    """Return θ + δ, and the loss that the linear model expects there."""
    delta = _delta(step.r, step.J, step.damping)
    return step.best + delta, jnp.sum((step.r + step.J @ delta) ** 2)


@jax.jit
def _decide(step: Step, theta: Theta, expected: Array, seen: tuple) -> Step:
    """Return the trial if its loss is lower, else the old θ with more damping."""
    measured, r, J = seen
    fall, hoped = step.measured.loss - measured.loss, step.measured.loss - expected
    accepted, gain = fall > 0, fall / jnp.where(hoped > 0, hoped, 1.0)
    eased = step.damping * jnp.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)

    def either(new: Any, old: Any) -> Any:
        return jax.tree.map(partial(jnp.where, accepted), new, old)

    damping = either(jnp.maximum(eased, LEAST), step.damping * step.growth)
    growth = either(jnp.asarray(2.0), 2 * step.growth)
    kept = either((theta, r, J, measured), (step.best, step.r, step.J, step.measured))
    return Step(kept[0], damping, growth, kept[1], kept[2], kept[3], measured, accepted)


def _delta(
    r: Float[Array, " residual"], J: Float[Array, "residual parameter"], damping: Array
) -> Theta:
    """Return δ from the smaller matrix."""
    m, n = J.shape
    if n <= m:
        return -_solve(gram(J.T), damping, J.T @ r)
    return -J.T @ _solve(gram(J), damping, r)


def _solve(M: Float[Array, "n n"], damping: Array, b: Float[Array, " n"]) -> Array:
    """Return (M + λ max diag M)⁻¹ b."""
    scale = jnp.max(jnp.diag(M))
    shift = damping * jnp.where(scale > 0, scale, 1.0)
    factor = jax.scipy.linalg.cho_factor(M + shift * jnp.eye(len(M)))
    return jax.scipy.linalg.cho_solve(factor, b)


def gram(A: Float[Array, "n m"]) -> Float[Array, "n n"]:
    """Return A Aᵀ, computing half of it: block rows i times block rows i, … i+h, cyclically.

    Of D blocks with h = D/2 every pair occurs once, except those of distance 0 and h, which
    count half: A Aᵀ = U + Uᵀ. Blocks are jobs that devices share.
    """
    n, h = len(A), D // 2
    if n <= SMALL:
        return A @ A.T
    b = -(-n // D)
    rows = jnp.pad(A, ((0, D * b - n), (0, 0)))
    around = jnp.concatenate([rows, rows[: h * b]])

    def product(i: Int[Array, ""], around: Array) -> Float[Array, "b w"]:
        from_i = jax.lax.dynamic_slice_in_dim(around, i * b, (h + 1) * b)
        return from_i[:b] @ from_i.T

    counts = np.repeat([0.5, *[1.0] * (h - 1), 0.5], b)
    blocks = map_k(product, jnp.arange(D), around) * jnp.asarray(counts)
    blocks = jnp.pad(blocks, ((0, 0), (0, 0), (0, (D - h - 1) * b)))
    U = jnp.concatenate([jnp.roll(block, i * b, axis=1) for i, block in enumerate(blocks)])
    return (U + U.T)[:n, :n]
