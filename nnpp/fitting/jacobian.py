"""∂f/∂x as a matrix; and where f is a curve, point by point."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float


def jacobian(
    f: Callable[[Float[Array, " n"]], Float[Array, " m"]], x: Float[Array, " n"]
) -> Float[Array, "m n"]:
    """∂f/∂x by rows or by columns, whichever are fewer."""
    few_rows = jax.eval_shape(f, x).shape[0] < x.shape[0]
    return (jax.jacrev if few_rows else jax.jacfwd)(f)(x)


def along(
    f: Callable[[Float[Array, " n"], Float[Array, " q"]], Float[Array, "q column"]],
    x: Float[Array, " n"],
    q: Float[Array, " q"],
) -> Float[Array, "q column n"]:
    """∂f/∂x of a curve: f at one q tells nothing of x at any other."""

    def at(x: Float[Array, " n"], q: Float[Array, ""]) -> Float[Array, " column"]:
        return f(x, q[None])[0]

    return jax.vmap(jax.jacrev(at), in_axes=(None, 0))(x, q)
