"""A method: pure steps from one state of a fit to the next; and the check that it is finite."""

from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from nnpp.devices.parallel import jit_blocking
from nnpp.errors import NnppError
from nnpp.fitting.objective import Measured, Objective, Theta

STOPS = "the fit stops here, and nothing of this step is saved"


@runtime_checkable  # beartype checks states in the tests
class State(Protocol):
    """The state of a method after a step."""

    @property
    def best(self) -> Theta:
        """The θ with the lowest loss so far."""
        ...

    @property
    def measured(self) -> Measured:
        """The last evaluation."""
        ...

    @property
    def lowest(self) -> Float[Array, ""]:
        """The loss at the best θ [hartree²]."""
        ...

    def saved(self) -> Any:
        """Return arrays from which `resume` continues bit for bit."""
        ...

    def numbers(self) -> dict[str, Array]:
        """Return numbers for the log, by name."""
        ...


@runtime_checkable  # beartype checks methods in the tests
class Method(Protocol):
    """A way to minimise an objective."""

    def start(self, objective: Objective, theta: Theta, key: Key[Array, ""], /) -> State:
        """Return the state before the first step."""
        ...

    def advance(self, objective: Objective, state: Any, /) -> State:
        """Return the state after one more step."""
        ...

    def resume(self, objective: Objective, saved: Any, /) -> State:
        """Return the state whose `saved()` is given."""
        ...


def linear(objective: Objective, theta: Theta) -> tuple[Measured, Array, Array]:
    """Return L, r and J at θ: one program for first and resumed steps, so that bits agree."""
    return _linear(objective.prepared(theta), theta)


def measure(objective: Objective, theta: Theta) -> Measured:
    """Return L at θ, by one program."""
    return _measure(objective.prepared(theta), theta)


def gradient(objective: Objective, theta: Theta) -> tuple[Measured, Theta]:
    """Return L and ∂L/∂θ at θ, by one program."""
    return _gradient(objective.prepared(theta), theta)


@jit_blocking
def _linear(objective: Objective, theta: Theta) -> tuple[Measured, Array, Array]:
    return objective.linear(theta)


@jit_blocking
def _measure(objective: Objective, theta: Theta) -> Measured:
    return objective.measure(theta)


@jit_blocking
def _gradient(objective: Objective, theta: Theta) -> tuple[Measured, Theta]:
    def loss(theta: Theta) -> tuple[Array, Measured]:
        measured = objective.measure(theta)
        return measured.loss, measured

    (_, measured), slope = jax.value_and_grad(loss, has_aux=True)(theta)
    return measured, slope


def require_finite(objective: Objective, state: Any) -> None:
    """Raise an NnppError if a number of a state is NaN or infinite; it names the source."""
    if _finite(state):
        return
    trees = jax.tree.leaves(state, is_leaf=lambda x: isinstance(x, Measured))
    for measured in (x for x in trees if isinstance(x, Measured)):
        for what in ("losses", "held"):
            for name, loss in zip(objective.names, getattr(measured, what), strict=True):
                if not _finite(loss):
                    held = "held-out " if what == "held" else ""
                    raise NnppError(f"{name}: the {held}loss is {float(loss)}: {STOPS}")
    for source in objective.sources:
        y, slopes = source.linear(objective.parameters, state.best)
        if not _finite((y, slopes, jax.jacobian(source.residuals)(y))):
            raise NnppError(f"{source.name}: its derivatives are not finite: {STOPS}")
    raise NnppError(f"the step proposed by the method is not finite: {STOPS}")


def _finite(tree: Any) -> bool:
    """Whether every number of a tree is finite."""
    numbers = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return all(bool(np.isfinite(np.asarray(x)).all()) for x in numbers)
