"""A potential that was fitted before: `potential: {kind: model, file: results/zb-CdSe}`."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from nnpp.config.elements import Strengths, Trained, refuse_untrainable
from nnpp.config.section import FileName, Section, problem
from nnpp.errors import InputError

STORED = ("spin_orbit", "nonlocal", "s_wave", "charge", "strain")
"""Strengths as a model's file and an element name them."""


class ModelElement(Strengths):
    """An element of a fitted potential, whose form factor stays in its file."""

    local: Literal["in the file"] = "in the file"


class ModelPotential(Section):
    """A fitted potential, with all its numbers."""

    kind: Literal["model"] = Field(description="A fitted potential.")
    file: FileName = Field(description="Its run, or the potential.safetensors of the run.")
    train: tuple[Trained, ...] = Field(
        default=("local",), description="Which parts are trained further."
    )
    _elements: dict[str, ModelElement] = PrivateAttr(default_factory=dict)

    @property
    def elements(self) -> dict[str, ModelElement]:
        """The strengths of each of its elements."""
        return self._elements

    @model_validator(mode="after")
    def _read(self) -> "ModelPotential":
        """The file can be read, and has what is to be trained."""
        from nnpp.files.tensors import read_model_file  # imports numpy: not for every fit

        try:
            model = read_model_file(self.file)
        except InputError as error:
            raise problem(f"{error.path}: {error.what}", error.remedy, "file") from error
        symbols = model.description["species"]
        self._elements = {s: _element(model.arrays, i) for i, s in enumerate(symbols)}
        refuse_untrainable(self.train, self._elements)
        return self


def _element(arrays: Mapping[str, Any], i: int) -> ModelElement:
    """The strengths of element `i` of a stored model."""
    named = {name: arrays.get(f"strengths/{name}") for name in STORED}
    given = {name: x[i].tolist() for name, x in named.items() if x is not None}
    return ModelElement.model_validate(given)
