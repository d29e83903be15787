"""What all potentials in fit.yaml have in common: elements with strengths, trained parts.

The keys of strengths are those of `nnpp.terms.term.terms()`. `with_terms` therefore makes the
classes that pydantic validates from the declarations of the terms, when they are first needed.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, create_model, model_validator

from nnpp.config.values import Real, Section, problem
from nnpp.terms.term import Codes, Term, terms

Form = Any
"""`nnpp.potentials.interface.Form`; naming the class would import JAX."""


class Element(Section):
    """An element; a subclass has the keys of a form, `with_terms` adds those of the terms."""

    def strength(self, name: str) -> float | tuple[float, ...] | None:
        """Return the strengths of one term, or None if the element has none."""
        return getattr(self, name, None)

    def warnings(self) -> Iterator[str]:
        """Yield warnings on its parameters."""
        return iter(())


class PotentialSection(Section):
    """A potential; each kind is a subclass that makes its form.

    Attributes:
        element: the class of its elements.
        has_real_space: whether it has a v(r), which an export needs.
        kind: its name, a Literal in each subclass.
        for_: the codes that it serves in addition to nnpp.
        train: the parts that a fit changes: "local" and names of terms.
    """

    element: ClassVar[type[Element]] = Element
    has_real_space: ClassVar[bool] = True

    kind: Any
    for_: Codes | None = Field(
        default=None,
        alias="for",
        description="filter: refuse what filter-diagonalisation codes lack, such as s_wave.",
    )
    train: tuple[str, ...] = Field(default=("local",), description="Which parts are trained.")

    @property
    def by_element(self) -> Mapping[str, Element]:
        """The elements by their symbols."""
        return getattr(self, "elements")  # noqa: B009 -- a field of the subclasses

    @classmethod
    def form_class(cls) -> type[Form] | None:
        """Return the class of the form; imports JAX."""
        return None

    def form(self) -> Form:
        """Return the form with its first parameters; imports JAX."""
        raise NotImplementedError

    def first_form(self) -> Form | None:
        """Return the form that a network learns before training, or None; imports JAX."""
        return None

    @property
    def stored(self) -> Path | None:
        """The file that contains the parameters, if they are not in fit.yaml."""
        return None

    @property
    def starts_from(self) -> str | None:
        """What v(q) is before training, in words; None without random weights."""
        return None

    @property
    def n_weights(self) -> int:
        """The number of weights of the network; 0 without one."""
        return 0

    @property
    def tunable(self) -> bool:
        """Whether `nnpp tune` can vary the form."""
        return False

    @property
    def without_reference(self) -> bool:
        """Whether a random network alone is v(q), so that a prior on it is not small."""
        return False

    @model_validator(mode="after")
    def _exportable(self) -> "PotentialSection":
        """Check that files for the codes that the potential serves contain all of it."""
        if self.for_ is None:
            return self
        if not self.has_real_space:
            what = "for: filter codes need v(r), which this kind of potential does not have"
            raise problem(what, "use a zunger or neural potential, or remove `for`", "for")
        for term in (term for term in terms() if not term.in_export):
            what = f"{term.name}: filter codes have no {term.words} term"
            remedy = f"remove {term.name}, or `for: {self.for_}`"
            if term.name in self.train:
                raise problem(what, remedy, "train", self.train.index(term.name))
            for symbol, element in self.by_element.items():
                if element.strength(term.name) is not None:
                    raise problem(what, remedy, "elements", symbol, term.name)
        return self

    @model_validator(mode="after")
    def _trainable(self) -> "PotentialSection":
        """Check that every trained part has a first value."""
        if not self.train:
            raise problem("train: is empty", "write local, or the name of a strength", "train")
        for i, part in enumerate(self.train):
            if all(getattr(element, part, 0) is None for element in self.by_element.values()):
                raise problem(
                    f"train: no element has a first value of {part}",
                    f"add it to an element of the potential, or remove {part}",
                    *("train", i),
                )
        return self


@cache
def with_terms(
    section: type[PotentialSection], known: tuple[Term, ...]
) -> type[PotentialSection]:
    """Return the section with a key for every term in its elements and in `train`."""
    parts = ("local", *(term.name for term in known))
    fields: dict[str, Any] = {
        "train": (tuple[Literal[parts], ...], section.model_fields["train"]),
    }
    element = element_with_terms(section.element, known)
    if "elements" in section.model_fields:
        fields["elements"] = (dict[str, element], section.model_fields["elements"])
    made = create_model(section.__name__, __base__=section, __doc__=section.__doc__, **fields)
    made.element = element
    return made


@cache
def element_with_terms(element: type[Element], known: tuple[Term, ...]) -> type[Element]:
    """Return the class of elements with a key for every term."""
    fields: dict[str, Any] = {}
    for term in known:
        numbers: Any = tuple[(Real,) * len(term.symbols)] if term.shape else Real
        fields[term.name] = (numbers | None, Field(None, description=term.description))
    return create_model(element.__name__, __base__=element, __doc__=element.__doc__, **fields)
