"""∂f/∂x as a matrix."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float


def jacobian(
    f: Callable[[Float[Array, " n"]], Float[Array, " m"]], x: Float[Array, " n"]
) -> Float[Array, "m n"]:
    """∂f/∂x by rows or by columns, whichever are fewer."""
    few_rows = jax.eval_shape(f, x).shape[0] < x.shape[0]
    return (jax.jacrev if few_rows else jax.jacfwd)(f)(x)
