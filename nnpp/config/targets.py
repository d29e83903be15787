"""Quantities that a fit targets in addition to the bands: energies, masses, couplings, ε."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag, field_validator, model_validator

from nnpp.config.values import (
    Count,
    Energy,
    FileName,
    NearPoint,
    Positive,
    PositiveMass,
    Real,
    Section,
    Slope,
    either,
    problem,
)
from nnpp.units import HARTREE_EV

PLAUSIBLE: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("gap", "direct_gap"), (0.0, 20.0)),
    "splitting": (0.0, 4.0),
    "kane_energy": (0.0, 80.0),
    **dict.fromkeys(
        ("gap_by_volume", "conduction_by_volume", "valence_by_volume"), (-40.0, 40.0)
    ),
    **dict.fromkeys(("electron_mass", "heavy_hole_mass", "light_hole_mass"), (0.002, 20.0)),
    "stretched": (-40.0, 40.0),
    "coupling": (0.0, 20.0),
    "dielectric": (-200.0, 200.0),
    "dot_gap": (0.0, 20.0),
}
"""Lowest and highest plausible value of each kind, in the unit of its `text`."""

MIN_STRETCH = 1e-6
"""Two volumes must differ by more than this to give a derivative."""


class EnergyTarget(Section):
    """An energy to reproduce in addition to the bands."""

    unit: ClassVar[float] = HARTREE_EV

    kind: Literal[
        "gap", "direct_gap", "splitting", "kane_energy", "gap_by_volume",
        "conduction_by_volume", "valence_by_volume",
    ] = Field(description="The quantity; by volume: dE/d ln Ω of levels at Γ.")  # fmt: skip
    value: Energy = Field(description='Target value, e.g. "1.74 eV".')
    weight: Positive = Field(default=1.0, description="Factor on its squared error.")

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * self.unit:g} eV"


class MassTarget(Section):
    """An effective mass at Γ to reproduce."""

    unit: ClassVar[float] = 1.0

    kind: Literal["electron_mass", "heavy_hole_mass", "light_hole_mass"] = Field(
        description="The mass; holes of zinc blende or diamond, along 100."
    )
    value: PositiveMass = Field(description='Target value, e.g. "0.067 me".')
    weight: Positive = Field(
        default=1.0, description="Factor on the squared relative error of 1/m [eV²]."
    )

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value:g} me"


GAMMA = (0.0, 0.0, 0.0)


class Level(Section):
    """A level at a k-point."""

    band: Count = Field(description="Band, from 1; see `spin` for counting.")
    kpoint: NearPoint = Field(default=GAMMA, description="Fractional k-point.")


class StretchTarget(Level):
    """The derivative of a level by volume, from two volumes, as DeePseudopot defines it."""

    unit: ClassVar[float] = HARTREE_EV

    kind: Literal["stretched"] = Field(description="(E − E_s)/(Ω − s³Ω)·(Ω + s³Ω)/2.")
    above: Level | None = Field(default=None, description="The level to which E is relative.")
    stretch: Positive = Field(default=1.01, description="s, the factor on all lengths.")
    value: Energy = Field(description='Target value, e.g. "-2.7 eV".')
    weight: Positive = Field(default=1.0, description="Factor on its squared error.")

    @field_validator("stretch")
    @classmethod
    def _another(cls, value: float) -> float:
        """Check that the two volumes differ."""
        if abs(value - 1) < MIN_STRETCH:
            raise problem("stretch: both volumes are the same", "write e.g. 1.01")
        return value

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * self.unit:g} eV"


class CouplingTarget(Level):
    """The coupling of the levels of a band at k and k+q by a moving atom."""

    unit: ClassVar[float] = HARTREE_EV

    kind: Literal["coupling"] = Field(description="√ of the mean |⟨k|∂V/∂τ|k+q⟩|².")
    atom: Count = Field(description="Index of the atom in the structure, from 1.")
    along: Literal["x", "y", "z"] = Field(description="Direction in which it moves.")
    q: NearPoint = Field(description="Fractional wave vector of the motion.")
    value: Slope = Field(description='Target value, e.g. "0.69 eV/bohr".')
    weight: Positive = Field(
        default=1.0, description="Factor on its squared error [eV², with bohr = 1]."
    )

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * self.unit:g} eV/bohr"


class DielectricTarget(Section):
    """ε₁ or ε₂ of independent electrons to reproduce, averaged over directions."""

    unit: ClassVar[float] = 1.0

    kind: Literal["dielectric"] = Field(description="ε(ω + iη) of independent electrons.")
    part: Literal["real", "imaginary"] = Field(default="real", description="ε₁ or ε₂.")
    energy: Energy = Field(default=0.0, description='ω, e.g. "3 eV".')
    width: Energy = Field(default=0.0, description="η: lines are 2η wide.")
    value: Real = Field(description="Target value.")
    mesh: tuple[Count, Count, Count] = Field(
        default=(4, 4, 4),
        description="Divisions of the k-point mesh, shifted by half a step from Γ.",
    )
    weight: Positive = Field(default=1.0, description="Factor on its squared error [eV²].")

    @model_validator(mode="after")
    def _defined(self) -> "DielectricTarget":
        """Check the frequency and width: static ε₂ is zero, and dynamic ε needs a width."""
        for key in ("energy", "width"):
            if getattr(self, key) < 0:
                raise problem(f"{key}: is negative", 'write e.g. "2 eV"', key)
        if self.part == "imaginary" and not self.energy:
            raise problem("static ε₂ is 0 for every crystal", "add energy: 3 eV", "part")
        if self.energy and not self.width:
            raise problem(
                "energy: without a width, lines are infinitely sharp",
                "add width: 2 eV",
                "energy",
            )
        if self.width and not self.energy:
            raise problem("width: has no effect on static ε₁", "add energy: 3 eV", "width")
        if self.part == "imaginary" and self.value <= 0:
            raise problem("ε₂ is positive", "write e.g. 15", "value")
        if not self.energy and self.value <= 1:
            raise problem("static ε₁ is more than 1", "write e.g. 10", "value")
        return self

    @property
    def text(self) -> str:
        """The value, and for dynamic ε its place."""
        return f"{self.value:g}" if not self.energy else f"{self.place} {self.value:g}"

    @property
    def place(self) -> str:
        """The part of ε and its complex frequency."""
        at, width = (x * HARTREE_EV for x in (self.energy, self.width))
        return f"{'ε₂' if self.part == 'imaginary' else 'ε₁'}({at:g} + {width:g}i eV)"


class DotGapTarget(Section):
    """The gap of a nanocrystal to reproduce, with the cutoff and plane waves of the system."""

    unit: ClassVar[float] = HARTREE_EV

    kind: Literal["dot_gap"] = Field(description="Gap of a nanocrystal of these elements.")
    dot: FileName = Field(description="Its sites, as `nnpp dot build` writes them.")
    value: Energy = Field(description='Target value, e.g. "3.1 eV".')
    weight: Positive = Field(default=1.0, description="Factor on its squared error.")

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value * self.unit:g} eV"


def target_warnings(target: "Target") -> Iterator[str]:
    """Yield a warning if the value of a target is negative or absurd for its kind."""
    low, high = PLAUSIBLE.get(target.kind, (-math.inf, math.inf))
    if not low <= target.value * target.unit <= high:
        yield f"target {target.kind} {target.text} is not plausible: are sign and unit right?"


SECTIONS = {
    "stretched": "stretch",
    "coupling": "coupling",
    "dielectric": "dielectric",
    "dot_gap": "dot",
}
"""Kinds with their own section; masses are recognized by their name."""


def _target_kind(value: Any) -> str | None:
    """Return the section of a target; an unknown kind raises an error there."""
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
    | Annotated[DielectricTarget, Tag("dielectric")]
    | Annotated[DotGapTarget, Tag("dot")],
    either(_target_kind, "target: is not a mapping", "write {kind: gap, value: 1.74 eV}"),
]
"""Any target of a system."""
