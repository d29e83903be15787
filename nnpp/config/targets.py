"""Numbers beside the bands that a fit aims at: energies, masses, couplings."""

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, field_validator, model_validator

from nnpp.config.kpoints import NearPoint
from nnpp.config.quantity import Energy, PositiveMass, Slope
from nnpp.config.section import Count, Positive, Real, Section, either, problem
from nnpp.units import HARTREE_EV

LEAST = 1e-6
"""A volume grown by less has no slope."""


class EnergyTarget(Section):
    """An energy, beside the bands, that the potential should give."""

    kind: Literal[
        "gap", "direct_gap", "splitting", "kane_energy", "gap_by_volume",
        "conduction_by_volume", "valence_by_volume",
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


GAMMA = (0.0, 0.0, 0.0)


class Level(Section):
    """One level at one k-point."""

    band: Count = Field(description="Band, from 1, counted as `spin` says.")
    kpoint: NearPoint = Field(default=GAMMA, description="Fractional k-point.")


class StretchTarget(Level):
    """How a level follows the volume, from two volumes, as the older code defines it."""

    kind: Literal["stretched"] = Field(description="(E − E_s)/(Ω − s³Ω)·(Ω + s³Ω)/2.")
    above: Level | None = Field(default=None, description="The level that E is counted from.")
    stretch: Positive = Field(default=1.01, description="s, by which all lengths grow.")
    value: Energy = Field(description='What it should be, as "-2.7 eV".')
    weight: Positive = Field(default=1.0, description="Factor on its squared error.")

    @field_validator("stretch")
    @classmethod
    def _another(cls, value: float) -> float:
        """Not the volume itself."""
        if abs(value - 1) < LEAST:
            raise problem("stretch: two volumes are one", "write e.g. 1.01")
        return value

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * HARTREE_EV:g} eV"


class CouplingTarget(Level):
    """How a moving atom couples the levels of a band at k and at k+q."""

    kind: Literal["coupling"] = Field(description="√ of the mean |⟨k|∂V/∂τ|k+q⟩|².")
    atom: Count = Field(description="Place of the atom in the structure, from 1.")
    along: Literal["x", "y", "z"] = Field(description="Where it moves.")
    q: NearPoint = Field(description="Fractional wave vector of the motion.")
    value: Slope = Field(description='What it should be, as "0.69 eV/bohr".')
    weight: Positive = Field(default=1.0, description="Factor on its squared error, bohr = 1.")

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * HARTREE_EV:g} eV/bohr"


class DielectricTarget(Section):
    """ε₁ or ε₂ that independent electrons should have, the mean over directions."""

    kind: Literal["dielectric"] = Field(description="ε(ω + iη) of independent electrons.")
    part: Literal["real", "imaginary"] = Field(default="real", description="ε₁ or ε₂.")
    energy: Energy = Field(default=0.0, description='ω, as "3 eV".')
    width: Energy = Field(default=0.0, description="η: lines are 2η wide.")
    value: Real = Field(description="What it should be.")
    mesh: tuple[Count, Count, Count] = Field(
        default=(4, 4, 4),
        description="Divisions of the mesh, half a step off Γ, that it is told from.",
    )
    weight: Positive = Field(default=1.0, description="Factor on its squared error [eV²].")

    @model_validator(mode="after")
    def _has_a_meaning(self) -> "DielectricTarget":
        """ε₂ at rest is nothing, and without a width it is needles."""
        for key in ("energy", "width"):
            if getattr(self, key) < 0:
                raise problem(f"{key}: it is negative", 'write e.g. "2 eV"', key)
        if self.part == "imaginary" and not self.energy:
            raise problem("ε₂ at rest is 0 of any crystal", "add energy: 3 eV", "part")
        if self.energy and not self.width:
            raise problem("lines have no width", "add width: 2 eV", "energy")
        if self.width and not self.energy:
            raise problem("width: at rest there are no lines", "add energy: 3 eV", "width")
        if self.part == "imaginary" and self.value <= 0:
            raise problem("ε₂ is positive", "write e.g. 15", "value")
        if not self.energy and self.value <= 1:
            raise problem("ε₁ at rest is more than 1", "write e.g. 10", "value")
        return self

    @property
    def text(self) -> str:
        """The value, and where."""
        return f"{self.value:g}" if not self.energy else f"{self.place} {self.value:g}"

    @property
    def place(self) -> str:
        """Which part of ε it is, and where."""
        at, width = (x * HARTREE_EV for x in (self.energy, self.width))
        return f"{'ε₂' if self.part == 'imaginary' else 'ε₁'}({at:g} + {width:g}i eV)"


SECTIONS = {"stretched": "stretch", "coupling": "coupling", "dielectric": "dielectric"}
"""Kinds that have a section of their own; masses are known by their name."""


def _target_kind(value: Any) -> str | None:
    """Which section a target is; one of an unknown kind is refused there."""
    if isinstance(value, Section):
        value = {"kind": getattr(value, "kind", None)}
    if not isinstance(value, dict):
        return None
    kind = str(value.get("kind"))
    return SECTIONS.get(kind, "mass" if "mass" in kind else "energy")


Target = Annotated[
    Annotated[EnergyTarget, Tag("energy")]
    | Annotated[MassTarget, Tag("mass")]
    | Annotated[StretchTarget, Tag("stretch")]
    | Annotated[CouplingTarget, Tag("coupling")]
    | Annotated[DielectricTarget, Tag("dielectric")],
    either(_target_kind, "target: it is no mapping", "write {kind: gap, value: 1.74 eV}"),
]
"""Either of them."""
