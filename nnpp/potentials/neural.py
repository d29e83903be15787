"""Neural form: v_s(q) = [v⁰_s(q) + N_s(features of q)]·envelope(q).

With even features and a Gaussian envelope, v_s is even in q and decays, for every weight; with
a last layer of zeros it starts exactly at the damped reference v⁰_s.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nnpp.potentials.envelopes import Envelope
from nnpp.potentials.features import Features
from nnpp.potentials.zunger import Zunger
from nnpp.pytree import pytree, static

Activation = Callable[[Float[Array, "..."]], Float[Array, "..."]]

Draw = Callable[..., Array]
"""How the weights of a layer are drawn; takes a key, a shape and a dtype."""

ACTIVATIONS: dict[str, Activation] = {
    "celu": nn.celu,
    "relu": nn.relu,
    "silu": nn.silu,
    "tanh": nn.tanh,
    "sigmoid": nn.sigmoid,
}

STARTS: dict[str, Draw] = {
    "he": nn.initializers.he_normal(),
    "xavier": nn.initializers.xavier_normal(),
    "zero": nn.initializers.zeros,
}


class Network(nn.Module):
    """N: dense layers from the features of q to one number for each species.

    Attributes:
        features: what the first layer sees.
        hidden: width of each hidden layer.
        species: how many numbers come out.
        activation: between layers.
        start: how hidden layers are drawn.
        last: how the last layer is drawn.
        scale: a factor on what comes out, one for all or one for each species [hartree·bohr³].
    """

    features: Features
    hidden: tuple[int, ...]
    species: int
    activation: Activation = ACTIVATIONS["celu"]
    start: Draw = STARTS["he"]
    last: Draw = STARTS["zero"]
    scale: float | tuple[float, ...] = 1.0

    @nn.compact
    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """N_s(q) [hartree·bohr³]."""
        x = self.features(q)
        for width in self.hidden:
            layer = nn.Dense(width, param_dtype=float, kernel_init=self.start)
            x = self.activation(layer(x))
        last = nn.Dense(self.species, param_dtype=float, kernel_init=self.last)
        return jnp.asarray(self.scale) * last(x)


@pytree
class Neural:
    """A network on top of a reference form.

    Attributes:
        weights: of the network.
        reference: a0 … a3 of v⁰ for each species, or None for a network that stands alone;
            no parameter, so that a fit moves N and leaves v⁰ where it is.
        network: its shape.
        envelope: the factor that makes it decay.
    """

    weights: Any
    reference: tuple[tuple[float, ...], ...] | None = static()
    network: Network = static()
    envelope: Envelope = static()

    @partial(jax.jit, inline=True)  # called alone it is one program, not twenty
    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """v_s(q) [hartree·bohr³]."""
        v = jnp.asarray(self.network.apply(self.weights, q))
        if self.reference is not None:
            v = v + Zunger(jnp.asarray(self.reference))(q)
        return v * self.envelope(q)[:, None]


def neural(
    network: Network, envelope: Envelope, reference: Zunger | None, key: Key[Array, ""]
) -> Neural:
    """A network on top of `reference`, with weights freshly drawn from `key`."""
    fixed = None if reference is None else tuple(map(tuple, reference.a.tolist()))
    return Neural(_drawn(network, key), fixed, network, envelope)


@partial(jax.jit, static_argnums=0)
def _drawn(network: Network, key: Key[Array, ""]) -> Any:
    """Weights of a network."""
    return network.init(key, jnp.zeros(1))
