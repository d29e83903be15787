"""Random numbers of a key by NumPy: no program is compiled for them."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def normal(key: jax.Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Return independent numbers of the standard normal distribution.

    XLA takes 1.5 s to compile its own generator for each shape.
    """
    seed = np.asarray(jax.random.key_data(key)).tolist()
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))
