"""A whole fit: systems, potential, settings."""

from pydantic import Field, PrivateAttr, model_validator

from nnpp.config.fit_settings import FitSettings
from nnpp.config.potential import PotentialSpec
from nnpp.config.section import Section, problem
from nnpp.config.systems import System
from nnpp.config.tuning import Tuning
from nnpp.files.origin import Origin


class FitSpec(Section):
    """What a fit.yaml says."""

    title: str = Field(default="", description="A line about the fit.")
    systems: tuple[System, ...] = Field(min_length=1, description="The crystals.")
    potential: PotentialSpec = Field(description="The potential and its first numbers.")
    fit: FitSettings = Field(default=FitSettings(), description="How it is fitted.")
    tune: Tuning | None = Field(default=None, description="How `nnpp tune` varies the fit.")
    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def origin(self) -> Origin:
        """Where each entry was written."""
        return self._origin

    @property
    def has_spin_orbit(self) -> bool:
        """Whether levels hold one electron: some element has a spin-orbit strength."""
        return any(e.spin_orbit is not None for e in self.potential.elements.values())

    @model_validator(mode="after")
    def _distinct(self) -> "FitSpec":
        """System names differ, whatever the file system makes of capitals."""
        seen: set[str] = set()
        for i, system in enumerate(self.systems):
            if system.name.lower() in seen:
                raise problem(
                    f"two systems are named {system.name!r}", "rename one", "systems", i, "name"
                )
            seen.add(system.name.lower())
        return self

    @model_validator(mode="after")
    def _paired(self) -> "FitSpec":
        """Without spin-orbit the electrons come in pairs."""
        for i, system in enumerate(self.systems):
            if (
                system.electrons is not None
                and system.electrons % 2
                and not self.has_spin_orbit
            ):
                raise problem(
                    f"{system.electrons} electrons do not fill spinless levels",
                    "state an even number",
                    *("systems", i, "electrons"),
                )
        return self


def with_origin(spec: FitSpec, origin: Origin) -> FitSpec:
    """The same fit, noting where it was written."""
    noted = spec.model_copy()
    noted._origin = origin
    return noted
