"""A method: pure steps from one state of a fit to the next."""

from typing import Any, Protocol, runtime_checkable

import jax
from jaxtyping import Array, Float, Key

from nnpp.devices.parallel import jit_blocking
from nnpp.fitting.objective import Measured, Objective

Theta = Float[Array, " parameter"]


class State(Protocol):
    """Where a fit stands."""

    @property
    def best(self) -> Theta:
        """The θ to keep if the fit ended now."""
        ...

    @property
    def measured(self) -> Measured:
        """What the last evaluation told."""
        ...

    @property
    def lowest(self) -> Float[Array, ""]:
        """The loss at the best θ [hartree²]."""
        ...

    def saved(self) -> Any:
        """Arrays from which `resume` goes on bit for bit."""
        ...

    def numbers(self) -> dict[str, Array]:
        """What is worth a column in a log."""
        ...


@runtime_checkable  # beartype looks at methods in the tests
class Method(Protocol):
    """How θ is made better."""

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""], /) -> Any:
        """The state before the first step."""
        ...

    def advance(self, objective: Objective, state: Any, /) -> Any:
        """The state after one more step."""
        ...

    def resume(self, objective: Objective, saved: Any, /) -> Any:
        """The state from which `saved` came."""
        ...


@jit_blocking
def linear(objective: Objective, theta: Theta) -> tuple[Measured, Array, Array]:
    """L, r and J at θ: one program for a first step and a resumed one, so that bits agree."""
    return objective.linear(theta)


@jit_blocking
def measure(objective: Objective, theta: Theta) -> Measured:
    """L at θ, by one program."""
    return objective.measure(theta)


@jit_blocking
def gradient(objective: Objective, theta: Theta) -> tuple[Measured, Theta]:
    """L and ∂L/∂θ at θ, by one program."""

    def loss(theta: Theta) -> tuple[Array, Measured]:
        measured = objective.measure(theta)
        return measured.loss, measured

    (_, measured), slope = jax.value_and_grad(loss, has_aux=True)(theta)
    return measured, slope
