"""Annealing: a random walk at inverse temperature β; P(accept) = min(1, e^{−β(√L′ − √L)}).

A rejected move is undone. √L serves as the energy, as in DeePseudopot (Metropolis et al.,
J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114).

A mode of DeePseudopot says how the arrays of each part move, by which factor of ε:

    mode  form factors                                 spin-orbit and non-local strengths
    1     w·U(1−ε, 1+ε)                                × U(1 ± ε/100)
    2     by size of w: towards 0, or by a part of w   × U(1 ± ε/1000)
    3     half of the entries + N(0, ε)·std            none
    4     whole arrays, ±ε                             ± ε/1000
    5     whole arrays, ±ε/10                          ± ε
    6     none                                         spin-orbit ± ε
    7     none                                         non-local ± ε
    8     whole arrays, ±ε                             non-local ± ε
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Key

from nnpp.fitting.method import Theta, measure
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.parameters import Parameters, parts_of
from nnpp.pytree import pytree

Move = Callable[[Key[Array, ""], Float[Array, "..."], float], Float[Array, "..."]]

Moves = Mapping[str, Move]
"""How the arrays of each part move, by the name of the part; others stay."""

LARGE, SMALL = 20.0, 0.01
"""Mode 2 pulls larger weights back, and lets smaller ones jump."""

OFTEN = 0.6
"""Probability that modes 4 to 8 move an array."""


def _stay(key: Key[Array, ""], w: Float[Array, "..."], size: float) -> Float[Array, "..."]:
    return w


def _stretch(key: Key[Array, ""], w: Float[Array, "..."], size: float) -> Float[Array, "..."]:
    return w * (1 + size * jax.random.uniform(key, w.shape, minval=-1, maxval=1))


def _by_size(key: Key[Array, ""], w: Float[Array, "..."], size: float) -> Float[Array, "..."]:
    u = jax.random.uniform(key, (2, *w.shape))
    both = 2 * u[1] - 1
    usual = jnp.where(jnp.abs(w) < SMALL, 10 * both, both)
    return w + size * w * jnp.where(jnp.abs(w) > LARGE, -u[0], usual)


def _half(key: Key[Array, ""], w: Float[Array, "..."], size: float) -> Float[Array, "..."]:
    which, how = jax.random.split(key)
    moved = jax.random.bernoulli(which, 0.5, w.shape)
    return w + moved * size * jnp.std(w) * jax.random.normal(how, w.shape)


def _jump(key: Key[Array, ""], w: Float[Array, "..."], size: float) -> Float[Array, "..."]:
    which, how = jax.random.split(key)
    return w + jax.random.bernoulli(which, OFTEN) * size * jax.random.rademacher(
        how, w.shape, w.dtype
    )


def _with_factor(move: Move, factor: float, key, w, size):
    return move(key, w, factor * size)


def _mode(local: Move, strengths: Move, factor: float) -> Moves:
    """How form factors move, and spin-orbit and non-local strengths by a factor of ε."""
    scaled = partial(_with_factor, strengths, factor)
    return {"local": local, "spin_orbit": scaled, "nonlocal": scaled}


MODES: dict[int, Moves] = {
    1: _mode(_stretch, _stretch, 1e-2),
    2: _mode(_by_size, _stretch, 1e-3),
    3: {"local": _half},
    4: _mode(_jump, _jump, 1e-3),
    5: _mode(partial(_with_factor, _jump, 0.1), _jump, 1.0),
    6: {"spin_orbit": _jump},
    7: {"nonlocal": _jump},
    8: {"local": _jump, "nonlocal": _jump},
}
"""The modes of DeePseudopot."""


def move(
    parameters: Parameters, theta: Theta, key: Key[Array, ""], size: float, moves: Moves
) -> Theta:
    """Return θ after one move of `size`."""
    model = parameters.put(theta)
    part = {id(x): n for n, tree in parts_of(model).items() for x in jax.tree.leaves(tree)}
    leaves, treedef = jax.tree.flatten(model)
    keys = jax.random.split(key, len(leaves))  # for untrained parts as well
    new = [
        moves.get(part.get(id(w), ""), _stay)(k, w, size)
        for w, k in zip(leaves, keys, strict=True)
    ]
    moved = Parameters(jax.tree.unflatten(treedef, new), parameters.train)
    return ravel_pytree(moved.moving())[0]


@pytree
class Walk:
    """The state of the walk.

    Attributes:
        theta: the present θ.
        measured: the evaluation there.
        best: the best θ so far.
        lowest: its loss [hartree²].
        key: random key of the next move.
        accepted: whether the last move was accepted.
    """

    theta: Theta
    measured: Measured
    best: Theta
    lowest: Float[Array, ""]
    key: Key[Array, ""]
    accepted: Bool[Array, ""]

    def saved(self) -> dict[str, Array]:
        """Return what a resumed walk needs."""
        key = jax.random.key_data(self.key)
        return {"theta": self.theta, "best": self.best, "lowest": self.lowest, "key": key}

    def numbers(self) -> dict[str, Array]:
        """Return whether the move was accepted."""
        return {"accepted": self.accepted}


@dataclass(frozen=True)
class Annealing:
    """The random walk as a method.

    Attributes:
        size: ε of a move.
        beta: β [hartree⁻¹].
        moves: how the arrays of each part move.
    """

    size: float
    beta: float
    moves: Moves

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""]) -> Walk:
        """Return the state before the first move."""
        measured = measure(objective, theta)
        return Walk(theta, measured, theta, measured.loss, key, jnp.asarray(True))

    def resume(self, objective: Objective, saved: dict[str, Any]) -> Walk:
        """Return the state at the saved θ."""
        key = jax.random.wrap_key_data(saved["key"])
        measured = measure(objective, saved["theta"])
        accepted = jnp.asarray(True)
        return Walk(saved["theta"], measured, saved["best"], saved["lowest"], key, accepted)

    def advance(self, objective: Objective, walk: Walk) -> Walk:
        """Return the state after one move, accepted or undone."""
        key, drawn, chance = jax.random.split(walk.key, 3)
        moves = tuple(self.moves.items())  # hashable, as jit needs it
        theta = _move(objective, walk.theta, drawn, self.size, moves)
        measured = measure(objective, theta)
        climb = jnp.sqrt(measured.loss) - jnp.sqrt(walk.measured.loss)
        accepted = jax.random.uniform(chance) < jnp.exp(jnp.minimum(0.0, -self.beta * climb))
        better = measured.loss < walk.lowest
        now = _either(accepted, (theta, measured), (walk.theta, walk.measured))
        best = _either(better, (theta, measured.loss), (walk.best, walk.lowest))
        return Walk(*now, *best, key=key, accepted=accepted)


def _either(first: Bool[Array, ""], a: Any, b: Any) -> Any:
    """Return one of two trees."""
    return jax.tree.map(partial(jnp.where, first), a, b)


@partial(jax.jit, static_argnames=("size", "moves"))
def _move(
    objective: Objective, theta: Theta, key: Key[Array, ""], size: float, moves: tuple
) -> Theta:
    """Return θ after one move."""
    return move(objective.parameters, theta, key, size, dict(moves))
