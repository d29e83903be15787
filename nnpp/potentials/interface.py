"""The interface of a form of v_s(q), the only part that other packages use.

A form is a pytree whose leaves are its parameters. It inherits from `Form`, defines the methods
without default, and overrides defaults where needed. Its section of fit.yaml is declared in
`nnpp.config.potential`, with `register` for a form that is added at run time.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from jaxtyping import Array, Float, Key

from nnpp.errors import InputError

FormFactors = Callable[[Float[Array, " q"]], Float[Array, "q species"]]
"""v_s(q) [hartree·bohr³] of lengths q [bohr⁻¹]."""

Heads = tuple[str, ...]
Rows = tuple[tuple[float, ...], ...]


@runtime_checkable
class Form(Protocol):
    """A form of v_s(q) for several species.

    Attributes:
        kind: its name in fit.yaml and in stored models.
        words: its name in the legends of figures.
        units: units of its arrays by name; an array without an entry has none.
    """

    kind: ClassVar[str]
    words: ClassVar[str]
    units: ClassVar[Mapping[str, str]] = {}

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """Return v_s(q) [hartree·bohr³]."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return everything that is not a parameter, as values of JSON."""
        ...

    @classmethod
    def from_description(cls, form: Mapping[str, Any], species: int) -> "Form":
        """Return the form that `describe` described, with arbitrary parameters."""
        ...

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield its rows in a model card: a heading and a text."""
        ...

    @property
    def lengths(self) -> tuple[float, ...] | None:
        """The only lengths at which v is not zero [bohr⁻¹]; None for a curve."""
        return None

    def lost(self, q: Float[Array, " q"]) -> tuple[float, ...]:
        """Return those of `lengths` that a crystal with the lengths `q` does not have."""
        return ()

    def reference_form(self) -> "Form | None":
        """Return the fixed form v⁰ that it contains, if any."""
        return None

    def prior_reference(self) -> FormFactors | None:
        """Return the curve at which priors are zero; None if that is v = 0."""
        return self

    def parameters(self) -> tuple[Heads, Rows] | None:
        """Return names with units and the values of each species, if a reader can use them."""
        return None

    def redraw(self, key: Key[Array, ""]) -> "Form | None":
        """Return the form with parameters drawn at random; None if it has no random start."""
        return None

    @property
    def is_random(self) -> bool:
        """Whether `redraw` gives other forms."""
        return False


def require_curve(form: Form, what: str) -> None:
    """Raise an InputError if v(q) is known only at some lengths; `what` needs others."""
    if form.lengths is not None:
        raise InputError(
            f"{what} needs v(q) at lengths that a table does not have",
            "use a form or a network, or remove the target",
        )
