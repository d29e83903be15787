"""The section `potential` of fit.yaml: the form of v_s(q) and its first numbers."""

from collections.abc import Iterator
from functools import cache
from math import log, sqrt
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import Field, PrivateAttr, TypeAdapter, model_validator
from pydantic_core import core_schema

from nnpp.config.elements import (
    Element,
    Form,
    PotentialSection,
    element_with_terms,
    with_terms,
)
from nnpp.config.network import Gaussian, Network, NoEnvelope, Sigmoid
from nnpp.config.values import FileName, NotNegative, Real, Section, problem, same_length
from nnpp.errors import InputError
from nnpp.terms.term import Term, terms

ELEMENTS: Any = Field(min_length=1, description="Parameters of each element.")

ZungerNumbers = tuple[Real, Real, Real, Real]


class Table(Section):
    """A form factor as a table."""

    q: tuple[NotNegative, ...] = Field(min_length=1, description="Ascending lengths [bohr⁻¹].")
    v: tuple[Real, ...] = Field(min_length=1, description="v(q) [hartree·bohr³].")

    @model_validator(mode="after")
    def _rising(self) -> "Table":
        """Check that there is one value for each q, and that q is in ascending order."""
        same_length(self.q, self.v, "q and v", "v")
        if any(b <= a for a, b in zip(self.q, self.q[1:], strict=False)):
            raise problem("q: is not in ascending order", "sort the values", "q")
        return self


def _form_warnings(local: ZungerNumbers | None) -> Iterator[str]:
    """Yield warnings if Zunger's form does not decay, or is infinite: a2 exp(a3 q²) = 1."""
    a0, _, a2, a3 = local or (0.0,) * 4
    if a0 != 0 and (a2 == 0 or a3 <= 0):
        what = "a2 = 0" if a2 == 0 else f"a3 = {a3:g}"
        yield f"{what}: the Zunger form grows as q²; it decays if a2 is not 0, and a3 > 0"
    if a0 != 0 and a2 > 0 and a3 != 0 and -log(a2) / a3 >= 0:
        yield f"the Zunger form is infinite at q = {sqrt(-log(a2) / a3):.3f} bohr⁻¹"


class ZungerElement(Element):
    """An element with Zunger's form."""

    local: ZungerNumbers = Field(
        description="a0 [hartree·bohr⁵], a1 [bohr⁻²], a2, a3 [bohr²] of "
        "a0 (q² − a1)/(a2 e^{a3 q²} − 1)."
    )

    def warnings(self) -> Iterator[str]:
        """Yield warnings if Zunger's form does not decay, or is infinite at some q."""
        return _form_warnings(self.local)


class TableElement(Element):
    """An element with a tabulated form factor."""

    local: Table = Field(
        description="{q: […], v: […]}: v [hartree·bohr³] at lengths q [bohr⁻¹], else zero."
    )


class NeuralElement(Element):
    """An element whose form factor a network computes."""

    local: ZungerNumbers | None = Field(
        default=None,
        description="a0 … a3 of the Zunger form v⁰ (hartree, bohr).",
    )

    def warnings(self) -> Iterator[str]:
        """Yield warnings if Zunger's form does not decay, or is infinite at some q."""
        return _form_warnings(self.local)


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
        """Return Zunger's form with the parameters of the elements."""
        from nnpp.potentials.zunger import zunger

        return zunger([element.local for element in self.elements.values()])


class TablePotential(PotentialSection):
    """Tabulated form factors."""

    element: ClassVar = TableElement
    has_real_space: ClassVar = False

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
    """A network with an envelope, added to Zunger's form or alone."""

    element: ClassVar = NeuralElement

    kind: Literal["neural"] = Field(description="A network, [v⁰ + N] · envelope.")
    elements: dict[str, NeuralElement] = ELEMENTS
    start: Literal["zunger", "zero"] = Field(
        default="zunger", description="zunger: v⁰ is part of v; zero: the network alone is v."
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
        """Return the network with random weights, added to Zunger's form or alone."""
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
        """Return Zunger's form if the network is to learn it first."""
        from nnpp.potentials.zunger import zunger

        numbers = [e.local for e in self.elements.values() if e.local is not None]
        return zunger(numbers) if self._learns else None

    @property
    def _learns(self) -> bool:
        """Whether the network alone is v, and every element has a form that it learns first."""
        return self.start == "zero" and all(e.local for e in self.elements.values())

    @property
    def starts_from(self) -> str:
        """What v(q) is before training, in words."""
        if self._learns:
            return "the Zunger form that it is to learn first"
        if self.start == "zero" or self.network.last_layer == "random":
            return "its random start"
        return "the Zunger form under its envelope"

    @property
    def n_weights(self) -> int:
        """The number of weights of the network."""
        return self.network.n_weights(len(self.elements))

    @property
    def tunable(self) -> bool:
        """True: layers, features and priors."""
        return True

    @property
    def without_reference(self) -> bool:
        """Whether v⁰ is zero."""
        return self.start == "zero"

    @model_validator(mode="after")
    def _started(self) -> "NeuralPotential":
        """Check that Zunger's form has its parameters, and that every element has its scale."""
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
                "scale: must have one number for each element",
                f"write numbers for {', '.join(self.elements)}",
                *("network", "scale"),
            )
        return self


def _described(section: Section) -> dict[str, Any]:
    """Return features or an envelope under the names that stored models use."""
    names = {"range": "end", "center": "centre"}
    return {names.get(key, key): value for key, value in section.model_dump().items()}


class ModelElement(Element):
    """An element of a fitted potential, whose form factor is in its file."""

    local: Literal["in the file"] = "in the file"


class ModelPotential(PotentialSection):
    """A fitted potential: `potential: {kind: model, file: results/zb-CdSe}`."""

    element: ClassVar = ModelElement

    kind: Literal["model"] = Field(description="A fitted potential.")
    file: FileName = Field(description="Its run, or the potential.safetensors of the run.")
    train: tuple[str, ...] = Field(
        default=("local",), description="Which parts are trained further."
    )
    _elements: dict[str, Element] = PrivateAttr(default_factory=dict)

    @property
    def elements(self) -> dict[str, Element]:
        """Its elements with their strengths; the file is read on first use."""
        if not self._elements:
            self._elements.update(_stored_elements(self.file))
        return self._elements

    @property
    def stored(self) -> Path:
        """The file that contains the parameters."""
        return self.file


def _stored_elements(file: Path) -> dict[str, Element]:
    """Return the elements of a stored model with their strengths."""
    from nnpp.files.tensors import read_model_file  # imports numpy: not for every fit

    try:
        model = read_model_file(file)
    except InputError as error:
        raise problem(f"{error.path}: {error.what}", error.remedy, "file") from error
    known = terms()
    element = element_with_terms(ModelElement, known)
    arrays = {t.name: model.arrays.get(f"strengths/{t.name}") for t in known}
    return {
        symbol: element.model_validate(
            {name: x[i].tolist() for name, x in arrays.items() if x is not None}
        )
        for i, symbol in enumerate(model.description["species"])
    }


_sections: dict[str, type[PotentialSection]] = {
    "zunger": ZungerPotential,
    "table": TablePotential,
    "neural": NeuralPotential,
    "model": ModelPotential,
}
"""The sections by their kind."""


def register(kind: str, section: type[PotentialSection]) -> None:
    """Add a form of v(q) until the process ends.

    Args:
        kind: its name in fit.yaml and in stored models.
        section: its section of fit.yaml, which returns the class of the form.
    """
    _sections[kind] = section


def unregister(kind: str) -> None:
    """Remove a form that `register` added."""
    del _sections[kind]


def form_class(kind: str) -> type[Form]:
    """Return the class of the forms of a kind; imports JAX."""
    form = _sections[kind].form_class() if kind in _sections else None
    if form is None:
        raise ValueError(f"kind {kind!s:.20}")
    return form


def form_classes() -> list[type[Form]]:
    """Return the classes of all forms; imports JAX."""
    forms = (section.form_class() for section in _sections.values())
    return [form for form in forms if form is not None]


@cache
def _adapter(
    sections: tuple[type[PotentialSection], ...], known: tuple[Term, ...]
) -> TypeAdapter:
    """Return the validator of a potential of any kind."""
    union: Any = Union[tuple(with_terms(section, known) for section in sections)]  # noqa: UP007
    choice: Any = Annotated[union, Field(discriminator="kind")]
    return TypeAdapter(choice)


class _AnyKind:
    """The schema of a potential, made from all forms and terms when it is used."""

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
