"""Moves of a random walk over the parameters, in the eight modes of DeePseudopot.

A mode says how each array of the form factors moves, and by which factor of ε each strength:

    1  w·U(1−ε, 1+ε)                       × U(1 ± ε/100)
    2  by size of w: towards 0, or by a part of w     × U(1 ± ε/1000)
    3  half of the entries + N(0, ε)·std     none
    4  whole arrays, ±ε                      ± ε/1000
    5  whole arrays, ±ε/10                   ± ε
    6  none                                  spin-orbit ± ε
    7  none                                  non-local ± ε
    8  whole arrays, ±ε                      non-local ± ε
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Key

from nnpp.fitting.parameters import Parameters
from nnpp.potentials.potential import Potential

Move = Callable[[Key[Array, ""], Float[Array, "..."], float], Float[Array, "..."]]

LARGE, SMALL = 20.0, 0.01
"""Weights that mode 2 draws back, and those it lets jump."""

OFTEN = 0.6
"""How often modes 4 to 8 move an array."""


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


def _scaled(move: Move, factor: float) -> Move:
    return partial(_with_factor, move, factor)


def _with_factor(move: Move, factor: float, key, w, size):
    return move(key, w, factor * size)


MODES: dict[int, dict[str, Move]] = {
    1: {"local": _stretch, "strengths": _scaled(_stretch, 1e-2)},
    2: {"local": _by_size, "strengths": _scaled(_stretch, 1e-3)},
    3: {"local": _half},
    4: {"local": _jump, "strengths": _scaled(_jump, 1e-3)},
    5: {"local": _scaled(_jump, 0.1), "strengths": _jump},
    6: {"spin_orbit": _jump},
    7: {"nonlocal": _jump},
    8: {"local": _jump, "nonlocal": _jump},
}
"""What moves in each mode; "strengths" are spin-orbit and non-local ones."""


def move(
    parameters: Parameters,
    theta: Float[Array, " parameter"],
    key: Key[Array, ""],
    size: float,
    mode: int,
) -> Float[Array, " parameter"]:
    """θ after one move of `size`; parts that the fit does not train stay."""
    potential, rule = parameters.put(theta), MODES[mode]
    both = rule.get("strengths", _stay)
    moves = {"spin_orbit": both, "nonlocal": both} | rule

    def moved(path: tuple, w: Float[Array, "..."], key: Key[Array, ""]):
        part = next((n for n in ("spin_orbit", "nonlocal", "local") if n in _names(path)), "")
        return moves.get(part, _stay)(key, w, size)

    leaves, treedef = jax.tree_util.tree_flatten_with_path(potential)
    keys = jax.random.split(key, len(leaves))
    new = [moved(path, w, k) for (path, w), k in zip(leaves, keys, strict=True)]
    there: Potential = jax.tree.unflatten(treedef, new)
    return ravel_pytree(Parameters(there, parameters.train).moving())[0]


def _names(path: tuple) -> list[str]:
    """The fields that lead to an array."""
    return [getattr(step, "name", "") for step in path]
