"""Concrete values of what JAX differentiates: integers are selected from them."""

from typing import Any, TypeVar

import jax
from jax.core import Tracer

from nnpp.errors import InputError

T = TypeVar("T")


def concrete(tree: T, what: str = "an array") -> T:
    """Return the same numbers without derivatives.

    Args:
        tree: a pytree of arrays; jax.grad, jax.jvp and their relatives may trace them.
        what: what the numbers are, for the error.

    Raises:
        InputError: inside jax.jit or jax.vmap, where numbers are not known.
    """
    found = jax.tree.map(jax.lax.stop_gradient, tree)
    if any(isinstance(x, Tracer) for x in jax.tree.leaves(found)):
        raise InputError(
            f"{what} is traced by jax.jit or jax.vmap, but its value selects plane waves",
            "build the system outside and pass it in; `nnpp.strained` strains it inside",
        )
    return found


def differentiated(x: Any) -> bool:
    """Return whether JAX traces an array, so that its derivatives are needed."""
    return isinstance(x, Tracer)
