"""A fitted potential: `potential: {kind: model, file: results/zb-CdSe}`."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import (
    Field,
    PrivateAttr,
)

from nnpp.config.elements import Element, PotentialSection, element_with_terms
from nnpp.config.section import (
    FileName,
    problem,
)
from nnpp.errors import InputError
from nnpp.terms.term import terms


class ModelElement(Element):
    """An element of a fitted potential, whose form factor is in its file."""

    local: Literal["in the file"] = "in the file"


class ModelPotential(PotentialSection):
    """A fitted potential, with all its numbers."""

    element: ClassVar = ModelElement

    kind: Literal["model"] = Field(description="A fitted potential.")
    file: FileName = Field(description="Its run, or the potential.safetensors of the run.")
    train: tuple[str, ...] = Field(
        default=("local",), description="Which parts are trained further."
    )
    _elements: dict[str, Element] = PrivateAttr(default_factory=dict)

    @property
    def elements(self) -> dict[str, Element]:
        """The strengths of each of its elements."""
        if not self._elements:
            self._elements.update(_stored_elements(self.file))
        return self._elements

    @property
    def stored(self) -> Path:
        """The file that holds the numbers."""
        return self.file


def _stored_elements(file: Path) -> dict[str, Element]:
    """Return the elements of a stored model with their strengths, `file` being its name."""
    from nnpp.files.tensors import read_model_file  # imports numpy: not for every fit

    try:
        model = read_model_file(file)
    except InputError as error:
        raise problem(f"{error.path}: {error.what}", error.remedy, "file") from error
    known = terms()
    element = element_with_terms(ModelElement, known)
    named = {t.name: model.arrays.get(f"strengths/{t.name}") for t in known}
    return {
        symbol: element.model_validate(
            {n: x[i].tolist() for n, x in named.items() if x is not None}
        )
        for i, symbol in enumerate(model.description["species"])
    }
