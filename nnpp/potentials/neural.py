"""Neural form: v_s(q) = [v⁰_s(q) + N_s(features of q)]·envelope(q).

With even features and a Gaussian envelope, v_s is even in q and decays for all weights. With a
last layer of zeros it starts exactly at the damped reference v⁰_s.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from nnpp.errors import NnppError
from nnpp.potentials.interface import Form, FormFactors
from nnpp.potentials.zunger import FORMULA, Zunger
from nnpp.pytree import pytree, static

Features = Callable[[Float[Array, " q"]], Float[Array, "q feature"]]
"""The input of a network as a function of the lengths q [bohr⁻¹]."""


@dataclass(frozen=True)
class Bare:
    """q itself, as in DeePseudopot; not even in q, so that v(r) may have a cusp at r = 0."""

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q 1"]:
        """Return q as the only feature [bohr⁻¹]."""
        return q[:, None]

    def __str__(self) -> str:
        return "q itself, not even: v(r) may have a cusp at the atom"


@dataclass(frozen=True)
class Radial:
    """φ(q) + φ(−q), with Gaussians φ of `width` at 0, `spacing`, 2·`spacing`, … `end` [bohr⁻¹].

    N is then even in q for all weights. The range of v(r) is about 1/width.
    """

    width: float
    spacing: float
    end: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q feature"]:
        """Return the features at q."""
        centres = jnp.arange(0.0, self.end + self.spacing / 2, self.spacing)
        bumps = [
            jnp.exp(-((q[:, None] + s * centres) ** 2) / (2 * self.width**2)) for s in (-1, 1)
        ]
        return bumps[0] + bumps[1]

    def __str__(self) -> str:
        return (
            f"Gaussians in q, even: width {self.width:g}, one every {self.spacing:g} "
            f"up to {self.end:g} bohr⁻¹"
        )


FEATURES = {"bare": Bare, "radial": Radial}
"""The features by their names in fit.yaml and in stored models."""


Envelope = Callable[[Float[Array, " q"]], Float[Array, " q"]]
"""A factor from 1 towards 0 that makes a form factor decay, as a function of q [bohr⁻¹]."""


@dataclass(frozen=True)
class Gaussian:
    """exp(−q²/2σ²), σ in bohr⁻¹; even in q."""

    sigma: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """Return the factor at q."""
        return jnp.exp(-(q**2) / (2 * self.sigma**2))

    def __str__(self) -> str:
        return f"e^(−q²/2σ²), σ = {self.sigma:g} bohr⁻¹"


@dataclass(frozen=True)
class Sigmoid:
    """1 − 1/(1 + exp(−rate (q − centre))), rate in bohr, centre in bohr⁻¹; not even in q."""

    rate: float
    centre: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """Return the factor at q."""
        return jax.nn.sigmoid(-self.rate * (q - self.centre))

    def __str__(self) -> str:
        numbers = f"β = {self.rate:g} bohr, c = {self.centre:g} bohr⁻¹"
        return f"1 − 1/(1 + e^(−β(q − c))), {numbers}"


@dataclass(frozen=True)
class Open:
    """The factor 1: no envelope."""

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, " q"]:
        """Return the factor at q."""
        return jnp.ones_like(q)

    def __str__(self) -> str:
        return "none: v(q) need not decay"


ENVELOPES = {"gaussian": Gaussian, "sigmoid": Sigmoid, "none": Open}
"""The envelopes by their names in fit.yaml and in stored models."""


Activation = Callable[[Float[Array, "..."]], Float[Array, "..."]]

Draw = Callable[..., Array]
"""Returns random weights of a layer from a key, a shape and a dtype."""

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
    """N: dense layers from the features of q to one output for each species.

    Attributes:
        features: input of the first layer.
        hidden: width of each hidden layer.
        species: number of outputs.
        activation: function between layers.
        start: initializer of the hidden layers.
        last: initializer of the last layer.
        scale: factor on the output, for all or for each species [hartree·bohr³].
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
        """Return N_s(q) [hartree·bohr³]."""
        x = self.features(q)
        for width in self.hidden:
            layer = nn.Dense(width, param_dtype=float, kernel_init=self.start)
            x = self.activation(layer(x))
        last = nn.Dense(self.species, param_dtype=float, kernel_init=self.last)
        return jnp.asarray(self.scale) * last(x)


@pytree
class Neural(Form):
    """A network on top of a reference form.

    Attributes:
        weights: weights of the network.
        reference: a0 … a3 of v⁰ for each species, None without v⁰; static, because a fit
            changes N and keeps v⁰.
        network: features and layers.
        envelope: the factor that makes v decay.
    """

    kind: ClassVar = "neural"
    words: ClassVar = "network"

    weights: Any
    reference: tuple[tuple[float, ...], ...] | None = static()
    network: Network = static()
    envelope: Envelope = static()

    @partial(jax.jit, inline=True)  # one program instead of twenty when called alone
    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:  # pyright: ignore[reportIncompatibleMethodOverride] -- jit keeps the signature
        """Return v_s(q) [hartree·bohr³]."""
        v = jnp.asarray(self.network.apply(self.weights, q))
        if self.reference is not None:
            v = v + Zunger(jnp.asarray(self.reference))(q)
        return v * self.envelope(q)[:, None]

    @property
    def is_random(self) -> bool:
        """True: weights are random."""
        return True

    def redraw(self, key: Key[Array, ""]) -> "Neural":
        """Return the same network with other random weights."""
        return replace(self, weights=_drawn(self.network, key))

    def reference_form(self) -> Zunger | None:
        """Return v⁰, without the envelope."""
        return None if self.reference is None else Zunger(jnp.asarray(self.reference))

    def prior_reference(self) -> FormFactors | None:
        """Return v⁰ times the envelope."""
        form = self.reference_form()
        return None if form is None else lambda q: form(q) * self.envelope(q)[:, None]

    def describe(self) -> dict[str, Any]:
        """Return features, layers, scale, envelope and v⁰."""
        n = self.network
        return {
            "features": _with_kind(FEATURES, n.features),
            "hidden": list(n.hidden),
            "activation": _name(ACTIVATIONS, n.activation),
            "start": _name(STARTS, n.start),
            "last": _name(STARTS, n.last),
            "scale": list(n.scale) if isinstance(n.scale, tuple) else n.scale,
            "envelope": _with_kind(ENVELOPES, self.envelope),
            "reference": None if self.reference is None else [list(a) for a in self.reference],
        }

    @classmethod
    def from_description(cls, form: Mapping[str, Any], species: int) -> "Neural":
        """Return the network of this description with random weights."""
        scale, reference = form["scale"], form["reference"]
        network = Network(
            features=_of_kind(FEATURES, form["features"]),
            hidden=tuple(form["hidden"]),
            species=species,
            activation=ACTIVATIONS[form["activation"]],
            start=STARTS[form["start"]],
            last=STARTS[form["last"]],
            scale=tuple(scale) if isinstance(scale, list) else scale,
        )
        # Also traced for its shapes (formats/model.py), so v⁰ must not become a JAX array here.
        weights = _drawn(network, jax.random.key(0))
        fixed = None if reference is None else tuple(tuple(a) for a in reference)
        return cls(weights, fixed, network, _of_kind(ENVELOPES, form["envelope"]))

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield formula, v⁰, layers, features and envelope."""
        n, alone = self.network, self.reference is None
        formula = "N · envelope, N a network without v⁰" if alone else None
        yield "v(q)", formula or "(v⁰ + N) · envelope, N a network"
        yield "v⁰(q)", "none" if alone else f"{FORMULA}, fixed"
        hidden, activation = "-".join(map(str, n.hidden)), _name(ACTIVATIONS, n.activation)
        yield "network", f"{activation} {hidden}, one output for each element"
        yield "features", str(n.features)
        yield "envelope", str(self.envelope)


@partial(jax.jit, static_argnums=0)
def _drawn(network: Network, key: Key[Array, ""]) -> Any:
    """Return random weights of a network."""
    return network.init(key, jnp.zeros(1))


def _name(table: Mapping[str, Any], thing: Any) -> str:
    """Return the name of a function or class in its table."""
    for name, known in table.items():
        if known is thing:
            return name
    raise NnppError(f"{thing!r:.60} has no name, so that it cannot be written")


def _with_kind(table: Mapping[str, Any], thing: Any) -> dict[str, Any]:
    """Return kind and numbers of an instance of a class in the table."""
    return {"kind": _name(table, type(thing)), **asdict(thing)}


def _of_kind(table: Mapping[str, Any], written: Mapping[str, Any]) -> Any:
    """Return the instance that `_with_kind` described."""
    return table[written["kind"]](**{k: v for k, v in written.items() if k != "kind"})
