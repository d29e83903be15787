"""Gradient descent: θ ← θ + u(∂L/∂θ), with u any method of optax, by its name."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from nnpp.devices.parallel import jit_blocking
from nnpp.errors import InputError, suggest
from nnpp.fitting.method import Theta, gradient
from nnpp.fitting.objective import Measured, Objective
from nnpp.pytree import pytree

Rate = float | optax.Schedule


@pytree
class Descent:
    """The state of a fit by gradient descent.

    Attributes:
        theta: θ of the next gradient.
        memory: the state of the method of optax.
        best: the best θ evaluated so far.
        lowest: its loss [hartree²].
        measured: the evaluation at the last θ.
    """

    theta: Theta
    memory: Any
    best: Theta
    lowest: Float[Array, ""]
    measured: Measured

    def saved(self) -> dict[str, Any]:
        """Return what a resumed fit needs."""
        names = ("theta", "memory", "best", "lowest")
        return {name: getattr(self, name) for name in names}

    def numbers(self) -> dict[str, Array]:
        """Return nothing in addition to the losses."""
        return {}


@dataclass(frozen=True)
class Gradient:
    """A method of optax.

    Attributes:
        optimiser: computes steps from gradients.
    """

    optimiser: optax.GradientTransformationExtraArgs

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""] | None = None):
        """Return the state before the first step."""
        measured, _ = gradient(objective, theta)
        memory = jax.tree.map(_finite, self.optimiser.init(theta))
        return Descent(theta, memory, theta, measured.loss, measured)

    def resume(self, objective: Objective, saved: dict[str, Any]) -> Descent:
        """Return the state at the saved θ."""
        measured, _ = gradient(objective, saved["theta"])
        return Descent(measured=measured, **saved)

    def advance(self, objective: Objective, state: Descent) -> Descent:
        """Return the state after one step; its loss is that at the start of the step."""
        measured, slope = gradient(objective, state.theta)
        return _moved(self.optimiser, objective, state, measured, slope)


def _moved(
    optimiser: Any, objective: Objective, state: Descent, measured: Measured, slope: Theta
) -> Descent:
    """Return the state after the step that the method computes from the gradient."""

    def loss(theta: Theta) -> Array:
        return objective.measure(theta).loss

    updates, memory = optimiser.update(
        slope, state.memory, state.theta, value=measured.loss, grad=slope, value_fn=loss
    )
    better = measured.loss <= state.lowest
    return Descent(
        theta=state.theta + updates,
        memory=memory,
        best=jnp.where(better, state.theta, state.best),
        lowest=jnp.where(better, measured.loss, state.lowest),
        measured=measured,
    )


_moved = jit_blocking(_moved, static_argnums=0)


def _finite(x: Array) -> Array:
    """Return infinities as the largest number; L-BFGS has one before its first line search."""
    return jnp.nan_to_num(x) if jnp.issubdtype(x.dtype, jnp.inexact) else x


def known() -> list[str]:
    """Return the methods of optax that need a learning rate and no random key."""
    return [
        name
        for name, made in inspect.getmembers(optax, inspect.isfunction)
        if {"learning_rate", "key"} & set(inspect.signature(made).parameters)
        == {"learning_rate"}
        and not name.startswith(("_", "inject", "scale"))
    ]


def by_name(name: str, rate: Rate, options: Mapping[str, float | int]) -> Gradient:
    """Return the method of optax with this name; L-BFGS finds its own step length."""
    if name not in known():
        raise InputError(f"unknown method {name!r}", suggest(name, ["lm", *known()]))
    make = getattr(optax, name)
    wanted = [p for p in inspect.signature(make).parameters if p != "learning_rate"]
    for option in options:
        if option not in wanted:
            raise InputError(f"{name} has no option {option!r}", suggest(option, wanted))
    searching = {"learning_rate": None} if name == "lbfgs" else {"learning_rate": rate}
    try:
        optimiser = optax.with_extra_args_support(make(**searching, **options))
        jax.eval_shape(lambda x: _tried(optimiser, x), jnp.zeros(2))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} does not work with this learning rate, schedule and options",
            f"correct them; optax says: {str(error).splitlines()[0]}",
        ) from error
    return Gradient(optimiser)


def _tried(optimiser: Any, x: Array) -> Array:
    """Return one step of a method for Σ x², which fails for wrong options."""

    def loss(x: Array) -> Array:
        return jnp.sum(x**2)

    extra = {"value": loss(x), "grad": 2 * x, "value_fn": loss}
    return optimiser.update(2 * x, optimiser.init(x), x, **extra)[0]


def falling(rate: float, decay: float, every: int) -> optax.Schedule:
    """Return the learning rate rate·decay^⌊step/every⌋ as a function of the step."""
    fall = optax.exponential_decay(rate, every, decay, staircase=True)
    return lambda step: fall(jnp.asarray(step, float))  # else optax divides in single precision
