"""A complete fit.yaml: systems, potential, and how the potential is fitted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from nnpp.config.potential import PotentialSpec
from nnpp.config.systems import System
from nnpp.config.tuning import Tuning
from nnpp.config.validation import first_error
from nnpp.config.values import (
    Count,
    NotNegative,
    Positive,
    Real,
    Section,
    Share,
    Whole,
    problem,
)
from nnpp.files.origin import Origin
from nnpp.terms.term import terms


class Exponential(Section):
    """A learning rate multiplied by a factor at fixed intervals."""

    kind: Literal["exponential"] = Field(description="Exponential decay.")
    decay: Annotated[Positive, Field(le=1)] = Field(description="The factor.")
    every: Count = Field(default=1, description="Steps between two decays.")


class Priors(Section):
    """Keep v smooth where no level depends on it."""

    size: NotNegative = Field(default=0.0, description="Weight of ∫(q·u)² dq, u = v − v⁰.")
    curvature: NotNegative = Field(default=0.0, description="Weight of ∫(d²u/dq²)² dq.")
    tail: NotNegative = Field(default=0.0, description="Weight of ∫(q·u)² dq beyond the basis.")


class Annealing(Section):
    """A random walk over the parameters (Metropolis)."""

    moves: Whole = Field(description="Number of trial moves.")
    size: NotNegative = Field(description="Size of a move; its meaning depends on `mode`.")
    beta: NotNegative = Field(description="Inverse temperature [eV⁻¹].")
    mode: Annotated[Count, Field(le=8)] = Field(
        default=1, description="Which parameters move, and how."
    )


def method_name(value: Any) -> Any:
    """Return a method in its usual spelling: lm for LM, lbfgs for L-BFGS."""
    return value.lower().replace("-", "") if isinstance(value, str) else value


class FitSettings(Section):
    """How the potential is fitted."""

    method: Annotated[
        str, BeforeValidator(method_name), StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")
    ] = Field(
        default="lm", description="lm (Levenberg-Marquardt), lbfgs, adam, or any optax name."
    )
    steps: Whole = Field(default=60, description="Maximum number of steps.")
    tolerance: NotNegative = Field(
        default=1e-6,
        description="Relative decrease of the loss below which lm ends, and patience counts.",
    )
    damping: Positive | None = Field(
        default=None,
        description="First λ of lm, in units of max diag JᵀJ; automatic if absent.",
    )
    learning_rate: Positive = Field(default=1e-3, description="Learning rate of optax methods.")
    options: dict[str, Whole | Real] = Field(
        default={}, description="Further arguments of the optax method, e.g. b1 or momentum."
    )
    schedule: Exponential | None = Field(
        default=None, description="How the learning rate decays."
    )
    patience: Count | None = Field(
        default=None, description="Steps without improvement after which the fit ends."
    )
    hold_out: Share = Field(
        default=0.0, description="Fraction of k-points held out of the fit."
    )
    priors: Priors = Field(default=Priors(), description="Weights that keep v smooth.")
    eased: Whole = Field(
        default=0, description="First steps with equal weights of all levels and no priors."
    )
    annealing: Annealing | None = Field(
        default=None, description="A random walk before the fit, if given."
    )
    seed: Whole = Field(default=0, description="Seed of all random numbers.")


class FitSpec(Section):
    """A fit, as described by a fit.yaml."""

    title: str = Field(default="", description="One line about the fit.")
    systems: tuple[System, ...] = Field(min_length=1, description="The crystals.")
    potential: PotentialSpec = Field(description="The potential and its initial parameters.")
    fit: FitSettings = Field(default=FitSettings(), description="How it is fitted.")
    tune: Tuning | None = Field(default=None, description="How `nnpp tune` varies the fit.")
    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def origin(self) -> Origin:
        """File and line of each entry."""
        return self._origin

    @property
    def has_spin_orbit(self) -> bool:
        """Whether levels hold one electron: an element has a spin-orbit strength."""
        given = self.potential.by_element.values()
        on_spin = [term.name for term in terms() if term.acts_on_spin]
        return any(e.strength(name) is not None for e in given for name in on_spin)

    @model_validator(mode="after")
    def _distinct(self) -> "FitSpec":
        """Check that system names differ, even on file systems that ignore case."""
        names: set[str] = set()
        for i, system in enumerate(self.systems):
            if system.name.lower() in names:
                raise problem(
                    f"two systems are named {system.name!r}", "rename one", "systems", i, "name"
                )
            names.add(system.name.lower())
        return self

    @model_validator(mode="after")
    def _paired(self) -> "FitSpec":
        """Check that the number of electrons is even without spin-orbit."""
        for i, system in enumerate(self.systems):
            if (
                system.electrons is not None
                and system.electrons % 2
                and not self.has_spin_orbit
            ):
                raise problem(
                    f"{system.electrons} electrons do not fill spinless levels",
                    "write an even number",
                    *("systems", i, "electrons"),
                )
        return self


def validated(data: Mapping[str, Any], origin: Origin, folder: Path) -> FitSpec:
    """Return the fit in `data`; raise an InputError with the line of the first error.

    Args:
        data: the content of a fit.yaml.
        origin: the file and line of each entry.
        folder: the folder to which file names are relative.
    """
    try:
        spec = FitSpec.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        raise first_error(error, data, origin) from error
    return with_origin(spec, origin)


def with_origin(spec: FitSpec, origin: Origin) -> FitSpec:
    """Return the same fit with the places of its entries."""
    placed = spec.model_copy()
    placed._origin = origin
    return placed
