"""A potential: what v_s(q) is made of, and with which numbers it starts."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, Tag, model_validator

from nnpp.config.elements import Strengths, Trained, refuse_untrainable
from nnpp.config.model_potential import ModelPotential
from nnpp.config.section import (
    Count,
    NotNegative,
    Positive,
    Real,
    Section,
    Whole,
    either,
    problem,
    same_length,
)

Zunger = tuple[Real, Real, Real, Real]
MOST_FEATURES = 10_000


class Table(Section):
    """A form factor given point by point."""

    q: tuple[NotNegative, ...] = Field(
        min_length=1, description="Rising wave numbers [bohr⁻¹]."
    )
    v: tuple[Real, ...] = Field(min_length=1, description="v(q) [hartree·bohr³].")

    @model_validator(mode="after")
    def _rising(self) -> "Table":
        """One value for each q, and each q larger than the one before."""
        same_length(self.q, self.v, "q and v", "v")
        if any(b <= a for a, b in zip(self.q, self.q[1:], strict=False)):
            raise problem("q: the values do not rise", "sort them", "q")
        return self


class ZungerElement(Strengths):
    """An element in Zunger's form."""

    local: Zunger = Field(
        description="a0 [hartree·bohr⁵], a1 [bohr⁻²], a2, a3 [bohr²] of "
        "a0 (q² − a1)/(a2 e^{a3 q²} − 1)."
    )


class TableElement(Strengths):
    """An element with a tabulated form factor."""

    local: Table = Field(
        description="{q: […], v: […]}: v [hartree·bohr³] at lengths q [bohr⁻¹], else zero."
    )


class NeuralElement(Strengths):
    """An element whose form factor a network gives."""

    local: Zunger | None = Field(
        default=None,
        description="a0 … a3 of the Zunger form to start from (hartree, bohr).",
    )


class Radial(Section):
    """Gaussians in q, even by construction."""

    kind: Literal["radial"] = Field(description="Gaussians in q.")
    width: Positive = Field(default=0.15, description="Width of each [bohr⁻¹].")
    spacing: Positive = Field(default=0.125, description="Distance between them [bohr⁻¹].")
    range: Positive = Field(default=8.0, description="Where the last one sits [bohr⁻¹].")

    @model_validator(mode="after")
    def _few(self) -> "Radial":
        """A number of Gaussians that a computer can hold."""
        if self.range / self.spacing > MOST_FEATURES:
            raise problem(
                f"spacing: more than {MOST_FEATURES} Gaussians", "widen it", "spacing"
            )
        return self


class Bare(Section):
    """The wave number itself."""

    kind: Literal["bare"] = Field(description="q itself, as the older code has it.")


def _scale_kind(value: Any) -> str | None:
    """Whether one factor is given or one for each element."""
    return "by element" if isinstance(value, dict) else "number"


class Network(Section):
    """The shape of the network and its start."""

    hidden: tuple[Count, ...] = Field(
        default=(20, 20), min_length=1, description="Units in each hidden layer."
    )
    activation: Literal["celu", "relu", "silu", "tanh", "sigmoid"] = Field(
        default="tanh", description="Function between the layers."
    )
    initial: Literal["he", "xavier"] = Field(
        default="he", description="How the weights are drawn at first."
    )
    last_layer: Literal["zero", "random"] = Field(
        default="zero", description="Start of the last layer; zero leaves v⁰ unchanged."
    )
    seed: Whole = Field(default=0, description="Seed of the first weights.")
    scale: Annotated[
        Annotated[Positive, Tag("number")] | Annotated[dict[str, Positive], Tag("by element")],
        either(_scale_kind, "scale is no number", "write a number, or {Cd: 1.0, Se: 2.0}"),
    ] = Field(
        default=1.0, description="Factor on the network: a number, or one for each element."
    )
    features: Annotated[Radial | Bare, Field(discriminator="kind")] = Field(
        default=Radial(kind="radial"), description="What the network sees of q."
    )


class Gaussian(Section):
    """exp(−q²/2σ²)."""

    kind: Literal["gaussian"] = Field(description="exp(−q²/2σ²).")
    sigma: Positive = Field(default=2.0, description="σ [bohr⁻¹].")


class Sigmoid(Section):
    """1 − 1/(1 + exp(−rate (q − center)))."""

    kind: Literal["sigmoid"] = Field(description="1 − 1/(1 + exp(−rate (q − center))).")
    rate: Positive = Field(description="Steepness [bohr].")
    center: NotNegative = Field(description="Where it is one half [bohr⁻¹].")


class NoEnvelope(Section):
    """1."""

    kind: Literal["none"] = Field(description="No envelope.")


E = TypeVar("E", bound=Strengths)


class Trainable(Section, Generic[E]):
    """What every potential has: elements, and parts of them that a fit may change."""

    elements: dict[str, E] = Field(min_length=1, description="Numbers of each element.")
    train: tuple[Trained, ...] = Field(
        default=("local",), description="Which parts are trained."
    )

    @model_validator(mode="after")
    def _present(self) -> "Trainable":
        """A strength can be trained only from a first value."""
        refuse_untrainable(self.train, self.elements)
        return self


class ZungerPotential(Trainable[ZungerElement]):
    """Zunger's form for every element."""

    kind: Literal["zunger"] = Field(description="Zunger's form.")


class TablePotential(Trainable[TableElement]):
    """Tabulated form factors."""

    kind: Literal["table"] = Field(description="Tabulated form factors.")


class NeuralPotential(Trainable[NeuralElement]):
    """A network under an envelope, that starts from Zunger's form or from nothing."""

    kind: Literal["neural"] = Field(description="A network, [v⁰ + N] · envelope.")
    start: Literal["zunger", "zero"] = Field(
        default="zunger", description="Whether v⁰ is built in, or the network is all of v."
    )
    network: Network = Field(default=Network(), description="The network.")
    envelope: Annotated[Gaussian | Sigmoid | NoEnvelope, Field(discriminator="kind")] = Field(
        default=Gaussian(kind="gaussian"), description="How v decays at large q."
    )

    @model_validator(mode="after")
    def _started(self) -> "NeuralPotential":
        """A start from Zunger's form needs its numbers; a scale is one for each element."""
        for symbol, element in self.elements.items():
            if element.local is None and self.start == "zunger":
                raise problem(
                    f"{symbol}: `local` is missing",
                    "add local: [a0, a1, a2, a3], or start: zero",
                    *("elements", symbol),
                )
        scale = self.network.scale
        if isinstance(scale, dict) and set(scale) != set(self.elements):
            raise problem(
                "scale: not one number for each element",
                f"name {', '.join(self.elements)}",
                *("network", "scale"),
            )
        return self


PotentialSpec = Annotated[
    ZungerPotential | TablePotential | NeuralPotential | ModelPotential,
    Field(discriminator="kind"),
]
