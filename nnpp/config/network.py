"""The network of a neural potential: its features, layers and envelope."""

from itertools import pairwise
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator

from nnpp.config.values import Count, NotNegative, Positive, Section, Whole, either, problem

MOST_FEATURES = 10_000


class Radial(Section):
    """Gaussians in q, even by construction."""

    kind: Literal["radial"] = Field(description="Gaussians in q.")
    width: Positive = Field(default=0.15, description="Width of each [bohr⁻¹].")
    spacing: Positive = Field(default=0.125, description="Distance between them [bohr⁻¹].")
    range: Positive = Field(default=8.0, description="Centre of the last one [bohr⁻¹].")

    @property
    def count(self) -> int:
        """The number of features."""
        return ceil(self.range / self.spacing + 0.5)

    @model_validator(mode="after")
    def _few(self) -> "Radial":
        """Check that the number of Gaussians is reasonable."""
        if self.range / self.spacing > MOST_FEATURES:
            raise problem(
                f"spacing: more than {MOST_FEATURES} Gaussians", "increase it", "spacing"
            )
        return self


class Bare(Section):
    """The length q itself."""

    kind: Literal["bare"] = Field(description="q itself, as in DeePseudopot.")

    @property
    def count(self) -> int:
        """The number of features."""
        return 1


def _scale_kind(value: Any) -> str | None:
    """Return whether one factor is given or one for each element."""
    return "by element" if isinstance(value, dict) else "number"


class Network(Section):
    """The layers of the network and its first weights."""

    hidden: tuple[Count, ...] = Field(
        default=(20, 20), min_length=1, description="Units in each hidden layer."
    )
    activation: Literal["celu", "relu", "silu", "tanh", "sigmoid"] = Field(
        default="tanh", description="Function between the layers."
    )
    initial: Literal["he", "xavier"] = Field(
        default="he", description="Distribution of the first weights."
    )
    last_layer: Literal["zero", "random"] = Field(
        default="zero",
        description="First weights of the last layer; with zero, v is v⁰.",
    )
    seed: Whole = Field(default=0, description="Seed of the first weights.")
    scale: Annotated[
        Annotated[Positive, Tag("number")] | Annotated[dict[str, Positive], Tag("by element")],
        either(_scale_kind, "scale is not a number", "write a number, or {Cd: 1.0, Se: 2.0}"),
    ] = Field(
        default=1.0, description="Factor on the network: a number, or one for each element."
    )
    features: Annotated[Radial | Bare, Field(discriminator="kind")] = Field(
        default=Radial(kind="radial"), description="Input of the network, computed from q."
    )

    def n_weights(self, outputs: int) -> int:
        """Return the number of weights with this number of outputs."""
        sizes = (self.features.count, *self.hidden, outputs)
        return sum((inside + 1) * outside for inside, outside in pairwise(sizes))


class Gaussian(Section):
    """exp(−q²/2σ²)."""

    kind: Literal["gaussian"] = Field(description="exp(−q²/2σ²).")
    sigma: Positive = Field(default=2.0, description="σ [bohr⁻¹].")


class Sigmoid(Section):
    """1 − 1/(1 + exp(−rate (q − center)))."""

    kind: Literal["sigmoid"] = Field(description="1 − 1/(1 + exp(−rate (q − center))).")
    rate: Positive = Field(description="Steepness [bohr].")
    center: NotNegative = Field(description="q at which it is one half [bohr⁻¹].")


class NoEnvelope(Section):
    """1."""

    kind: Literal["none"] = Field(description="No envelope.")
