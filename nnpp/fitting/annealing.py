"""A random walk at inverse temperature β: a move is kept with probability e^{−β(√L′ − √L)}.

A lower loss is always kept; a rejected move is undone. √L counts as an energy, as in
DeePseudopot (Metropolis et al., J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from nnpp.fitting.method import Theta, measure
from nnpp.fitting.moves import move
from nnpp.fitting.objective import Measured, Objective
from nnpp.pytree import pytree


@pytree
class Walk:
    """Where the walk stands.

    Attributes:
        theta: the present θ.
        measured: what was seen there.
        best: the best θ so far.
        lowest: its loss [hartree²].
        key: of the next move.
        accepted: whether the last move was kept.
    """

    theta: Theta
    measured: Measured
    best: Theta
    lowest: Float[Array, ""]
    key: Key[Array, ""]
    accepted: Bool[Array, ""]

    def saved(self) -> dict[str, Array]:
        """What a resumed walk needs."""
        key = jax.random.key_data(self.key)
        return {"theta": self.theta, "best": self.best, "lowest": self.lowest, "key": key}

    def numbers(self) -> dict[str, Array]:
        """Whether the move was kept."""
        return {"accepted": self.accepted}


@dataclass(frozen=True)
class Annealing:
    """The method.

    Attributes:
        size: ε of a move, as the mode means it.
        beta: β [hartree⁻¹].
        mode: which parameters move, and how (moves.py).
    """

    size: float
    beta: float
    mode: int

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""]) -> Walk:
        """Before the first move."""
        measured = measure(objective, theta)
        return Walk(theta, measured, theta, measured.loss, key, jnp.asarray(True))

    def resume(self, objective: Objective, saved: dict[str, Any]) -> Walk:
        """At the θ saved."""
        key = jax.random.wrap_key_data(saved["key"])
        measured = measure(objective, saved["theta"])
        taken = jnp.asarray(True)
        return Walk(saved["theta"], measured, saved["best"], saved["lowest"], key, taken)

    def advance(self, objective: Objective, walk: Walk) -> Walk:
        """One move, kept or undone."""
        key, drawn, chance = jax.random.split(walk.key, 3)
        theta = _move(objective, walk.theta, drawn, self.size, self.mode)
        measured = measure(objective, theta)
        climb = jnp.sqrt(measured.loss) - jnp.sqrt(walk.measured.loss)
        kept = jax.random.uniform(chance) < jnp.exp(jnp.minimum(0.0, -self.beta * climb))
        better = measured.loss < walk.lowest
        now = _either(kept, (theta, measured), (walk.theta, walk.measured))
        best = _either(better, (theta, measured.loss), (walk.best, walk.lowest))
        return Walk(*now, *best, key=key, accepted=kept)


def _either(first: Bool[Array, ""], a: Any, b: Any) -> Any:
    """One of two trees."""
    return jax.tree.map(partial(jnp.where, first), a, b)


@partial(jax.jit, static_argnames=("size", "mode"))
def _move(
    objective: Objective, theta: Theta, key: Key[Array, ""], size: float, mode: int
) -> Theta:
    """θ after one move."""
    return move(objective.parameters, theta, key, size, mode)
