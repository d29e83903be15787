"""What any element may add to its form factor, and which parts of it a fit may train."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from nnpp.config.section import Real, Section, problem

Trained = Literal["local", "spin_orbit", "nonlocal", "s_wave", "charge", "strain"]


class Strengths(Section):
    """What an element adds to its local form factor; a term that none has is absent."""

    strain: tuple[Real, Real] | None = Field(
        default=None, description="s1 and s2 of the strain factor 1 + s1 ε + s2 ε³."
    )
    spin_orbit: Real | None = Field(
        default=None, description="Spin-orbit strength a5 [hartree]."
    )
    nonlocal_: tuple[Real, Real] | None = Field(
        default=None,
        alias="nonlocal",
        description="Non-local strengths a6 and a7, on p waves [hartree].",
    )
    s_wave: tuple[Real, Real] | None = Field(
        default=None, description="Non-local strengths b1 and b2, on s waves [hartree]."
    )
    charge: Real | None = Field(default=None, description="Long-range charge a4 [e].")

    def strength(self, name: str) -> float | tuple[float, ...] | None:
        """The strengths of one term, None if the element has none."""
        return getattr(self, "nonlocal_" if name == "nonlocal" else name)


def refuse_untrainable(train: tuple[Trained, ...], elements: Mapping[str, Strengths]) -> None:
    """Nothing to be trained, or a part of which no element has a first value."""
    if not train:
        raise problem("train: no part is named", "name local, or a strength", "train")
    for i, part in enumerate(train):
        name = {"nonlocal": "nonlocal_"}.get(part, part)
        if all(getattr(element, name, 0) is None for element in elements.values()):
            raise problem(
                f"train: no element has a first value of {part}",
                f"add it to an element of the potential, or leave {part} out",
                *("train", i),
            )
