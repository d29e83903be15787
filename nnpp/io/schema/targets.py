"""Numbers beside the bands that a fit aims at: energies, and masses."""

from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from nnpp.io.quantity import Energy, PositiveMass
from nnpp.io.schema.section import Positive, Section, either
from nnpp.units import HARTREE_EV


class EnergyTarget(Section):
    """An energy, beside the bands, that the potential should give."""

    kind: Literal[
        "gap", "direct_gap", "splitting", "gap_by_volume", "conduction_by_volume",
        "valence_by_volume",
    ] = Field(description="What is compared; by volume: dE/d ln Ω of levels at Γ.")  # fmt: skip
    value: Energy = Field(description='What it should be, as "1.74 eV".')
    weight: Positive = Field(default=1.0, description="Factor on its squared error.")

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * HARTREE_EV:g} eV"


class MassTarget(Section):
    """A mass at Γ that the potential should give."""

    kind: Literal["electron_mass", "heavy_hole_mass", "light_hole_mass"] = Field(
        description="What is compared; holes of zinc blende or diamond, along 100."
    )
    value: PositiveMass = Field(description='What it should be, as "0.067 me".')
    weight: Positive = Field(
        default=1.0, description="Factor on the squared relative error of 1/m [eV²]."
    )

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value:g} me"


def _target_kind(value: Any) -> str | None:
    """Which section a target is; one of an unknown kind is refused there."""
    if isinstance(value, EnergyTarget | MassTarget):
        value = {"kind": value.kind}
    if not isinstance(value, dict):
        return None
    return "mass" if "mass" in str(value.get("kind")) else "energy"


Target = Annotated[
    Annotated[EnergyTarget, Tag("energy")] | Annotated[MassTarget, Tag("mass")],
    either(_target_kind, "target: it is no mapping", "write {kind: gap, value: 1.74 eV}"),
]
"""Either of them."""
