"""A potential: what v_s(q) is made of, and with which numbers it starts."""

from collections.abc import Iterator
from functools import cache
from math import log, sqrt
from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import (
    Field,
    TypeAdapter,
    model_validator,
)
from pydantic_core import core_schema

from nnpp.config.elements import Element, Form, PotentialSection, with_terms
from nnpp.config.model_potential import ModelPotential
from nnpp.config.network import Gaussian, Network, NoEnvelope, Sigmoid
from nnpp.config.section import (
    NotNegative,
    Real,
    Section,
    problem,
    same_length,
)
from nnpp.terms.term import Term, terms

ELEMENTS: Any = Field(min_length=1, description="Numbers of each element.")

ZungerNumbers = tuple[Real, Real, Real, Real]


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


def _poles(local: ZungerNumbers | None) -> Iterator[str]:
    """Yield the q at which a2 exp(a3 q²) = 1, in words."""
    a0, _, a2, a3 = local or (0.0,) * 4
    if a0 != 0 and a2 > 0 and a3 != 0 and -log(a2) / a3 >= 0:
        yield f"the Zunger form is infinite at q = {sqrt(-log(a2) / a3):.3f} bohr⁻¹"


class ZungerElement(Element):
    """An element in Zunger's form."""

    local: ZungerNumbers = Field(
        description="a0 [hartree·bohr⁵], a1 [bohr⁻²], a2, a3 [bohr²] of "
        "a0 (q² − a1)/(a2 e^{a3 q²} − 1)."
    )

    def warnings(self) -> Iterator[str]:
        """Yield where Zunger's form is infinite."""
        return _poles(self.local)


class TableElement(Element):
    """An element with a tabulated form factor."""

    local: Table = Field(
        description="{q: […], v: […]}: v [hartree·bohr³] at lengths q [bohr⁻¹], else zero."
    )


class NeuralElement(Element):
    """An element whose form factor a network gives."""

    local: ZungerNumbers | None = Field(
        default=None,
        description="a0 … a3 of the Zunger form to start from (hartree, bohr).",
    )

    def warnings(self) -> Iterator[str]:
        """Yield where Zunger's form is infinite."""
        return _poles(self.local)


class ZungerPotential(PotentialSection):
    """Zunger's form for every element."""

    element: ClassVar = ZungerElement

    kind: Literal["zunger"] = Field(description="Zunger's form.")
    elements: dict[str, ZungerElement] = ELEMENTS

    @classmethod
    def form_class(cls) -> type[Form]:
        """Return the class of the form; imports JAX."""
        from nnpp.potentials.zunger import Zunger

        return Zunger

    def form(self) -> Form:
        """Return the forms that the elements give."""
        from nnpp.potentials.zunger import zunger

        return zunger([element.local for element in self.elements.values()])


class TablePotential(PotentialSection):
    """Tabulated form factors."""

    element: ClassVar = TableElement

    kind: Literal["table"] = Field(description="Tabulated form factors.")
    elements: dict[str, TableElement] = ELEMENTS

    @classmethod
    def form_class(cls) -> type[Form]:
        """Return the class of the form; imports JAX."""
        from nnpp.potentials.table import Table

        return Table

    def form(self) -> Form:
        """Return one table for all elements, on the union of their lengths."""
        from nnpp.potentials.table import table

        tables = [element.local for element in self.elements.values()]
        return table([dict(zip(t.q, t.v, strict=True)) for t in tables])


class NeuralPotential(PotentialSection):
    """A network under an envelope, that starts from Zunger's form or from nothing."""

    element: ClassVar = NeuralElement

    kind: Literal["neural"] = Field(description="A network, [v⁰ + N] · envelope.")
    elements: dict[str, NeuralElement] = ELEMENTS
    start: Literal["zunger", "zero"] = Field(
        default="zunger", description="Whether v⁰ is built in, or the network is all of v."
    )
    network: Network = Field(default=Network(), description="The network.")
    envelope: Annotated[Gaussian | Sigmoid | NoEnvelope, Field(discriminator="kind")] = Field(
        default=Gaussian(kind="gaussian"), description="How v decays at large q."
    )

    @classmethod
    def form_class(cls) -> type[Form]:
        """Return the class of the form; imports JAX."""
        from nnpp.potentials.neural import Neural

        return Neural

    def form(self) -> Form:
        """Return the network as first drawn, on Zunger's form or alone."""
        import jax

        from nnpp.potentials.neural import Neural

        n = self.network
        scale = [n.scale[s] for s in self.elements] if isinstance(n.scale, dict) else n.scale
        alone = self.start == "zero"
        description = {
            "features": _described(n.features),
            "hidden": n.hidden,
            "activation": n.activation,
            "start": n.initial,
            "last": "zero" if n.last_layer == "zero" else n.initial,
            "scale": scale,
            "envelope": _described(self.envelope),
            "reference": None if alone else [e.local for e in self.elements.values()],
        }
        form = Neural.from_description(description, len(self.elements))
        return form.redraw(jax.random.key(n.seed))

    def first_form(self) -> Form | None:
        """Return Zunger's form if v is all network, and every element gives it."""
        from nnpp.potentials.zunger import zunger

        if not self._learns:
            return None
        return zunger([e.local for e in self.elements.values() if e.local is not None])

    @property
    def _learns(self) -> bool:
        """Whether v is all network, and every element gives a form to be learned first."""
        return self.start == "zero" and all(e.local for e in self.elements.values())

    @property
    def starts_from(self) -> str:
        """In words, the v(q) of a network that no fit has touched."""
        if self._learns:
            return "the Zunger form that it is to learn first"
        if self.start == "zero" or self.network.last_layer == "random":
            return "its random start"
        return "the Zunger form under its envelope"

    @property
    def tunable(self) -> bool:
        """True: layers, features and priors."""
        return True

    @property
    def without_reference(self) -> bool:
        """Whether v⁰ is absent."""
        return self.start == "zero"

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


def _described(section: Section) -> dict[str, Any]:
    """Return features or an envelope under the names that stored models use."""
    names = {"range": "end", "center": "centre"}
    return {names.get(key, key): value for key, value in section.model_dump().items()}


_sections: dict[str, type[PotentialSection]] = {
    "zunger": ZungerPotential,
    "table": TablePotential,
    "neural": NeuralPotential,
    "model": ModelPotential,
}
"""The sections by their kind."""


def register(kind: str, section: type[PotentialSection]) -> None:
    """Add a form of v(q) until the process ends: its section, which gives its class."""
    _sections[kind] = section


def unregister(kind: str) -> None:
    """Remove a form that `register` added."""
    del _sections[kind]


def form_class(kind: str) -> type[Form]:
    """Return the class of the forms of a kind; imports JAX."""
    found = _sections[kind].form_class() if kind in _sections else None
    if found is None:
        raise ValueError(f"kind {kind!s:.20}")
    return found


def form_classes() -> list[type[Form]]:
    """Return the classes of all forms; imports JAX."""
    found = [section.form_class() for section in _sections.values()]
    return [form for form in found if form is not None]


@cache
def _adapter(
    sections: tuple[type[PotentialSection], ...], known: tuple[Term, ...]
) -> TypeAdapter:
    """Return what validates a potential of any kind."""
    union: Any = Union[tuple(with_terms(section, known) for section in sections)]  # noqa: UP007
    choice: Any = Annotated[union, Field(discriminator="kind")]
    return TypeAdapter(choice)


class _AnyKind:
    """The schema of a potential, from the forms and terms that are known when it is used."""

    # The handlers are pydantic's Get…SchemaHandler, which beartype cannot check.

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.with_info_plain_validator_function(
            _validated, serialization=core_schema.simple_ser_schema("any")
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return handler(_adapter(tuple(_sections.values()), terms()).core_schema)


def _validated(value: Any, info: Any) -> PotentialSection:
    """Return the potential that a mapping describes."""
    adapter = _adapter(tuple(_sections.values()), terms())
    return adapter.validate_python(value, context=info.context)


PotentialSpec = Annotated[PotentialSection, _AnyKind()]
