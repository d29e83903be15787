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
        theta: where the gradient is wanted next.
        memory: of the method.
        best: the best θ evaluated so far.
        lowest: its loss [hartree²].
        measured: what was seen at the last θ.
    """

    theta: Theta
    memory: Any
    best: Theta
    lowest: Float[Array, ""]
    measured: Measured

    def saved(self) -> dict[str, Any]:
        """What a resumed fit needs."""
        names = ("theta", "memory", "best", "lowest")
        return {name: getattr(self, name) for name in names}

    def numbers(self) -> dict[str, Array]:
        """Nothing in addition to the losses."""
        return {}


@dataclass(frozen=True)
class Gradient:
    """A method of optax.

    Attributes:
        optimiser: what turns gradients into steps.
    """

    optimiser: optax.GradientTransformationExtraArgs

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""] | None = None):
        """Before the first step."""
        measured, _ = gradient(objective, theta)
        memory = jax.tree.map(_finite, self.optimiser.init(theta))
        return Descent(theta, memory, theta, measured.loss, measured)

    def resume(self, objective: Objective, saved: dict[str, Any]) -> Descent:
        """At the θ saved."""
        measured, _ = gradient(objective, saved["theta"])
        return Descent(measured=measured, **saved)

    def advance(self, objective: Objective, state: Descent) -> Descent:
        """Return the state after one step; its loss is that at the start of the step."""
        measured, slope = gradient(objective, state.theta)
        return _moved(self.optimiser, objective, state, measured, slope)


def _moved(
    optimiser: Any, objective: Objective, state: Descent, measured: Measured, slope: Theta
) -> Descent:
    """θ after the step that the method makes of the gradient."""

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
    """The largest number for infinity: L-BFGS begins with one, as no line was searched yet."""
    return jnp.nan_to_num(x) if jnp.issubdtype(x.dtype, jnp.inexact) else x


def known() -> list[str]:
    """Methods of optax that make a step from a learning rate, and draw nothing at random."""
    return [
        name
        for name, made in inspect.getmembers(optax, inspect.isfunction)
        if {"learning_rate", "key"} & set(inspect.signature(made).parameters)
        == {"learning_rate"}
        and not name.startswith(("_", "inject", "scale"))
    ]


def by_name(name: str, rate: Rate, options: Mapping[str, float | int]) -> Gradient:
    """The method of optax with this name; L-BFGS chooses its own length of step."""
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
    """One step of Σ x², to see whether a method can make any."""

    def loss(x: Array) -> Array:
        return jnp.sum(x**2)

    extra = {"value": loss(x), "grad": 2 * x, "value_fn": loss}
    return optimiser.update(2 * x, optimiser.init(x), x, **extra)[0]


def falling(rate: float, decay: float, every: int) -> optax.Schedule:
    """A rate that falls by a factor every so many steps: rate·decay^⌊step/every⌋."""
    fall = optax.exponential_decay(rate, every, decay, staircase=True)
    return lambda step: fall(jnp.asarray(step, float))  # else optax divides in single precision
