"""A system: one crystal, its basis, the levels wanted of it and those it is compared with."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, Tag, model_validator

from nnpp.config.kpoints import KPointsSpec
from nnpp.config.quantity import Energy, PositiveEnergy, PositiveLength
from nnpp.config.section import (
    Count,
    FileName,
    NotNegative,
    Real,
    Section,
    Vector,
    either,
    problem,
)
from nnpp.config.targets import Target

FORMATS = {".csv": "csv", ".h5": "h5", ".hdf5": "h5", ".json": "json", ".par": "deepseudopot"}
"""Formats of reference bands, by suffix."""

Name = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=100)
]


Bond = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]?-[A-Z][a-z]?$")]
"""Two elements, as Cd-Se."""


class InlineStructure(Section):
    """A crystal written out."""

    scale: PositiveLength = Field(description='Length that the cell counts in, as "11.4 bohr".')
    cell: tuple[Vector, Vector, Vector] = Field(description="Lattice vectors, in `scale`.")
    atoms: tuple[tuple[str, Real, Real, Real], ...] = Field(
        min_length=1, description="Element and fractional coordinates of each atom."
    )


def _structure_kind(value: Any) -> str | None:
    """Whether a structure is named or written out."""
    if isinstance(value, str | Path):
        return "file"
    return "inline" if isinstance(value, dict | InlineStructure) else None


def _zero_kind(value: Any) -> str | None:
    """Whether a zero of energy is named or a level."""
    if isinstance(value, str):
        return "name"
    return "level" if isinstance(value, dict | LevelZero) else None


class ReferenceSpec(Section):
    """A file of reference bands."""

    file: FileName = Field(description="File of reference bands.")
    format: Literal["csv", "h5", "json", "deepseudopot"] = Field(
        description="Its format; by default told from the suffix."
    )
    kpoints: FileName | None = Field(
        default=None, description="DeePseudopot's kpoints file, which its bands need."
    )
    take: Literal["all", "named"] | Count = Field(
        default="all",
        description="Which k-points: all, those that have names, or these and each N-th.",
    )

    @model_validator(mode="before")
    @classmethod
    def _by_suffix(cls, data: Any) -> Any:
        """A bare file name is a whole reference; its suffix tells the format."""
        data = {"file": data} if isinstance(data, str | Path) else data
        if isinstance(data, dict) and "format" not in data and "file" in data:
            suffix = Path(str(data["file"])).suffix.lower()
            if suffix not in FORMATS:
                raise problem(
                    f"no format is known for {str(data['file'])!r:.80}",
                    "write reference: {file: …, format: csv|h5|json|deepseudopot}",
                    "file",
                )
            data = data | {"format": FORMATS[suffix]}
        return data

    @model_validator(mode="after")
    def _with_kpoints(self) -> "ReferenceSpec":
        """DeePseudopot keeps its k-points in a file of their own, the others do not."""
        if (self.format == "deepseudopot") != (self.kpoints is not None):
            what, remedy = {
                True: (
                    "kpoints: DeePseudopot's bands need their k-points",
                    "add kpoints: FILE",
                ),
                False: (f"kpoints: a {self.format} file holds its own", "remove kpoints"),
            }[self.format == "deepseudopot"]
            raise problem(what, remedy, "kpoints")
        return self


class LevelZero(Section):
    """The level that both spectra are shifted to."""

    band: Count = Field(description="Band, from 1, counted as `spin` says.")
    kpoint: Count = Field(default=1, description="Place of the k-point in the list, from 1.")


class Window(Section):
    """A factor on the weight of levels within a range of energies."""

    low: Energy = Field(alias="from", description='Lower end, from `zero`, as "-1 eV".')
    high: Energy = Field(alias="to", description='Upper end, from `zero`, as "2 eV".')
    weight: NotNegative = Field(description="Factor on the weights of levels between them.")

    @model_validator(mode="after")
    def _ordered(self) -> "Window":
        """The lower end below the upper one."""
        if self.low >= self.high:
            raise problem("window: `from` is not below `to`", "exchange them", "from")
        return self


class Weights(Section):
    """How much each level counts."""

    bands: tuple[NotNegative, ...] | None = Field(
        default=None, min_length=1, description="Weight of each band; default 1."
    )
    kpoints: tuple[NotNegative, ...] | None = Field(
        default=None, min_length=1, description="Weight of each reference k-point; default 1."
    )
    windows: tuple[Window, ...] = Field(default=(), description="Factors by range of energy.")

    @model_validator(mode="after")
    def _some(self) -> "Weights":
        """Not all zero."""
        for name in ("bands", "kpoints"):
            weights = getattr(self, name)
            if weights is not None and not any(weights):
                raise problem(f"weights: all {name} weigh zero", "give one a weight", name)
        return self


class System(Section):
    """One crystal of a fit."""

    name: Name = Field(description="Name, and folder of its results.")
    structure: Annotated[
        Annotated[FileName, Tag("file")] | Annotated[InlineStructure, Tag("inline")],
        either(
            _structure_kind,
            "structure is neither a file name nor written out",
            "write a file name, or {scale, cell, atoms}",
        ),
    ] = Field(description="Structure file (POSCAR, CIF, extxyz, …), or {scale, cell, atoms}.")
    dilation: Annotated[Real, Field(gt=-1)] = Field(
        default=0.0,
        description="Ω/Ω₀ − 1 of the cell as given, which strain factors see; 0 if unstrained.",
    )
    bonds: dict[Bond, PositiveLength] = Field(
        default={},
        description='Bonds at rest, as {Cd-Se: "2.62 angstrom"}; each atom then has the ε of '
        "its own tetrahedron.",
    )
    cutoff: PositiveEnergy = Field(description='Kinetic energy of the basis, as "10 hartree".')
    plane_waves: Literal["per-k", "sphere", "deepseudopot"] = Field(
        default="per-k", description="Rule that chooses the plane waves."
    )
    solver: Literal["auto", "dense", "davidson"] = Field(
        default="auto", description="Eigensolver; auto takes the faster one."
    )
    bands: Count | None = Field(
        default=None,
        description="Levels per k-point, counted as `spin` says; default by filling.",
    )
    electrons: Count | None = Field(
        default=None, description="Valence electrons per cell; default from the elements."
    )
    spin: Literal["once", "doubled"] = Field(
        default="once",
        description="Whether files and lists give a spinless level once or twice.",
    )
    kpoints: KPointsSpec = Field(
        default_factory=lambda: "reference",
        description="K-points; default those of the reference, else an automatic path.",
    )
    reference: ReferenceSpec | None = Field(
        default=None,
        description="Bands to compare with: a file name, or {file, format, kpoints}.",
    )
    zero: Annotated[
        Annotated[Literal["absolute", "vbm"], Tag("name")] | Annotated[LevelZero, Tag("level")],
        either(_zero_kind, "zero is no known form", "write absolute, vbm or {band, kpoint}"),
    ] = Field(
        default="absolute", description="Zero of energy: absolute, vbm, or {band, kpoint}."
    )
    weights: Weights = Field(default=Weights(), description="How much each level counts.")
    targets: tuple[Target, ...] = Field(default=(), description="Numbers beside the bands.")

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, data: Any) -> Any:
        """Without a reference, the k-points are an automatic path."""
        if not isinstance(data, dict) or data.get("kpoints") is not None:
            return data
        return data | {
            "kpoints": {"path": "auto"} if data.get("reference") is None else "reference"
        }

    @model_validator(mode="after")
    def _consistent(self) -> "System":
        """K-points from a reference need one; a band weighed or taken for zero exists."""
        if self.kpoints == "reference" and self.reference is None:
            raise problem("kpoints: there is no reference", "add reference: FILE", "kpoints")
        if len({frozenset(bond.split("-")) for bond in self.bonds}) < len(self.bonds):
            raise problem("bonds: one is given twice", "keep one of them", "bonds")
        if self.bonds and self.dilation:
            raise problem("bonds: each atom has its own ε", "remove dilation", "bonds")
        weighed = self.weights.bands
        if self.bands is not None and weighed is not None and len(weighed) != self.bands:
            raise problem(
                f"weights: {len(weighed)} bands are weighed, {self.bands} are asked for",
                f"write {self.bands} weights",
                *("weights", "bands"),
            )
        if isinstance(self.zero, LevelZero) and self.zero.band > (self.bands or self.zero.band):
            raise problem(
                f"zero: there is no band {self.zero.band}",
                f"choose 1–{self.bands}",
                "zero",
                "band",
            )
        return self
