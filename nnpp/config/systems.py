"""A system: one crystal, its basis, its levels, and the reference they are compared with."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from nnpp.config.kpoints import KPointsSpec
from nnpp.config.targets import Target
from nnpp.config.values import (
    Count,
    Cutoff,
    Energy,
    FileName,
    NotNegative,
    PositiveLength,
    Real,
    Section,
    Vector,
    either,
    problem,
)

FORMATS = {".csv": "csv", ".h5": "h5", ".hdf5": "h5", ".json": "json", ".par": "deepseudopot"}
"""Formats of reference bands by file suffix."""

RESERVED = ("checkpoints", "export", "frames", "inputs", "lock", "sha256sums", "tune")
"""Files and folders of a run or package without suffix, which a system cannot be named."""

SUFFIXES = re.compile(r"\.(csv|h5|html|json|jsonl|md|pdf|png|safetensors|yaml)", re.IGNORECASE)
"""Suffixes of the other files of a run."""


def _not_reserved(name: str) -> str:
    """Check that the folder of a system cannot have the name of a file of the run."""
    if name.lower() in RESERVED or SUFFIXES.fullmatch(Path(name).suffix):
        what = f"a system cannot be named {name!r:.40}: files of a run have such names"
        raise problem(what, "choose another name")
    return name


Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=100),
    AfterValidator(_not_reserved),
]


def is_name(text: str) -> bool:
    """Return whether a system can have this name."""
    try:
        TypeAdapter(Name).validate_python(text)
    except ValidationError:
        return False
    return True


Bond = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]?-[A-Z][a-z]?$")]
"""Two elements, e.g. Cd-Se."""


class InlineStructure(Section):
    """A crystal given inline."""

    scale: PositiveLength = Field(description='Unit of length of the cell, e.g. "11.4 bohr".')
    cell: tuple[Vector, Vector, Vector] = Field(description="Lattice vectors, in `scale`.")
    atoms: tuple[tuple[str, Real, Real, Real], ...] = Field(
        min_length=1, description="Element and fractional coordinates of each atom."
    )


def _structure_kind(value: Any) -> str | None:
    """Return whether a structure is a file name or inline."""
    if isinstance(value, str | Path):
        return "file"
    return "inline" if isinstance(value, dict | InlineStructure) else None


def _zero_kind(value: Any) -> str | None:
    """Return whether a zero of energy is a name or a level."""
    if isinstance(value, str):
        return "name"
    return "level" if isinstance(value, dict | LevelZero) else None


class ReferenceSpec(Section):
    """A file of reference bands."""

    file: FileName = Field(description="File of reference bands.")
    format: Literal["csv", "h5", "json", "deepseudopot"] = Field(
        description="Its format; by default from its suffix."
    )
    kpoints: FileName | None = Field(
        default=None, description="The kpoints file of DeePseudopot, for its bands."
    )
    take: Literal["all", "named"] | Count = Field(
        default="all",
        description="Which k-points: all, the special points, or these and every N-th.",
    )
    scissor: Energy = Field(
        default=0.0, description='Energy added to the empty levels, e.g. "0.6 eV".'
    )

    @model_validator(mode="before")
    @classmethod
    def _by_suffix(cls, data: Any) -> Any:
        """Accept a file name alone; its suffix determines the format."""
        data = {"file": data} if isinstance(data, str | Path) else data
        if isinstance(data, dict) and "format" not in data and "file" in data:
            suffix = Path(str(data["file"])).suffix.lower()
            if suffix not in FORMATS:
                raise problem(
                    f"unknown format of {str(data['file'])!r:.80}",
                    "write reference: {file: …, format: csv|h5|json|deepseudopot}",
                    "file",
                )
            data = data | {"format": FORMATS[suffix]}
        return data

    @model_validator(mode="after")
    def _with_kpoints(self) -> "ReferenceSpec":
        """Check that only bands of DeePseudopot have a separate file of k-points."""
        if (self.format == "deepseudopot") != (self.kpoints is not None):
            what, remedy = {
                True: (
                    "kpoints: DeePseudopot's bands need their k-points",
                    "add kpoints: FILE",
                ),
                False: (
                    f"kpoints: a {self.format} file contains its k-points",
                    "remove kpoints",
                ),
            }[self.format == "deepseudopot"]
            raise problem(what, remedy, "kpoints")
        return self


class LevelZero(Section):
    """The level at which both spectra are zero."""

    band: Count = Field(description="Band, from 1; see `spin` for counting.")
    kpoint: Count = Field(default=1, description="Index of the k-point in the list, from 1.")


class Window(Section):
    """A factor on the weights of levels in an energy range."""

    low: Energy = Field(alias="from", description='Lower end relative to `zero`, e.g. "-1 eV".')
    high: Energy = Field(alias="to", description='Upper end relative to `zero`, e.g. "2 eV".')
    weight: NotNegative = Field(description="Factor on the weights of these levels.")

    @model_validator(mode="after")
    def _ordered(self) -> "Window":
        """Check that the lower end is below the upper one."""
        if self.low >= self.high:
            raise problem("window: `from` is not below `to`", "swap them", "from")
        return self


class Weights(Section):
    """Weights of the levels in the loss."""

    bands: tuple[NotNegative, ...] | None = Field(
        default=None, min_length=1, description="Weight of each band; 1 by default."
    )
    kpoints: tuple[NotNegative, ...] | None = Field(
        default=None,
        min_length=1,
        description="Weight of each reference k-point; 1 by default.",
    )
    windows: tuple[Window, ...] = Field(default=(), description="Factors in energy ranges.")

    @model_validator(mode="after")
    def _some(self) -> "Weights":
        """Check that not all weights are zero."""
        for name in ("bands", "kpoints"):
            weights = getattr(self, name)
            if weights is not None and not any(weights):
                raise problem(
                    f"weights: all {name} have weight zero", "set at least one above 0", name
                )
        return self


class System(Section):
    """One crystal of a fit."""

    name: Name = Field(description="Name of the system and of its folder of results.")
    structure: Annotated[
        Annotated[FileName, Tag("file")] | Annotated[InlineStructure, Tag("inline")],
        either(
            _structure_kind,
            "structure is neither a file name nor inline",
            "write a file name, or {scale, cell, atoms}",
        ),
    ] = Field(description="Structure file (POSCAR, CIF, extxyz, …), or {scale, cell, atoms}.")
    dilation: Annotated[Real, Field(gt=-1)] = Field(
        default=0.0,
        description="Ω/Ω₀ − 1 of the cell, the argument of strain factors; 0 if unstrained.",
    )
    bonds: dict[Bond, PositiveLength] = Field(
        default={},
        description='Unstrained bonds, e.g. {Cd-Se: "2.62 angstrom"}; each atom then has the ε '
        "of its own tetrahedron.",
    )
    cutoff: Cutoff = Field(description='Kinetic energy cutoff, e.g. "10 hartree".')
    plane_waves: Literal["smooth", "per-k", "sphere", "deepseudopot"] = Field(
        default="smooth",
        description="How the plane waves are selected; `smooth`: no level jumps along k.",
    )
    solver: Literal["auto", "dense", "davidson"] = Field(
        default="auto", description="Eigensolver; auto selects the faster one."
    )
    bands: Count | None = Field(
        default=None,
        description="Number of bands, counted as `spin` says; by default from the electrons.",
    )
    electrons: Count | None = Field(
        default=None, description="Valence electrons per cell; by default from the elements."
    )
    spin: Literal["once", "doubled"] = Field(
        default="once",
        description="Whether files and lists contain a spinless level once or twice.",
    )
    kpoints: KPointsSpec = Field(
        default_factory=lambda: "reference",
        description="k-points; by default those of the reference, or an automatic path.",
    )
    reference: ReferenceSpec | None = Field(
        default=None,
        description="Reference bands: a file name, or {file, format, take, scissor}.",
    )
    zero: Annotated[
        Annotated[Literal["absolute", "vbm"], Tag("name")] | Annotated[LevelZero, Tag("level")],
        either(_zero_kind, "unknown form of zero", "write absolute, vbm or {band, kpoint}"),
    ] = Field(
        default="absolute", description="Zero of energy: absolute, vbm, or {band, kpoint}."
    )
    weights: Weights = Field(default=Weights(), description="Weights of the levels.")
    targets: tuple[Target, ...] = Field(
        default=(), description="Quantities to fit in addition to the bands."
    )

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, data: Any) -> Any:
        """Set the default k-points: an automatic path where there is no reference."""
        if not isinstance(data, dict) or data.get("kpoints") is not None:
            return data
        return data | {
            "kpoints": {"path": "auto"} if data.get("reference") is None else "reference"
        }

    @model_validator(mode="after")
    def _consistent(self) -> "System":
        """Check that k-points, bonds, weights and zero are consistent."""
        if self.kpoints == "reference" and self.reference is None:
            raise problem("kpoints: there is no reference", "add reference: FILE", "kpoints")
        if len({frozenset(bond.split("-")) for bond in self.bonds}) < len(self.bonds):
            raise problem("bonds: a bond is given twice", "keep one of them", "bonds")
        if self.bonds and self.dilation:
            raise problem("bonds: each atom has its own ε", "remove dilation", "bonds")
        weights = self.weights.bands
        if self.bands is not None and weights is not None and len(weights) != self.bands:
            raise problem(
                f"weights: {len(weights)} weights for {self.bands} bands",
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
