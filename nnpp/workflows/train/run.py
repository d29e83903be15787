"""A run that init-fit prepared: its fit, its start, and what it is trained on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnpp.config.inputs import Fit
from nnpp.config.spec import with_origin
from nnpp.errors import InputError
from nnpp.fitting.eased import eased
from nnpp.fitting.objective import Objective
from nnpp.formats.model import read_model
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import START, has, identity
from nnpp.setup.cases import Case
from nnpp.setup.method import Stage, stages_of
from nnpp.setup.objective import objective_of
from nnpp.setup.prepare import prepare
from nnpp.workflows.fits.provenance import contents, refuse_changed


@dataclass(frozen=True)
class Run:
    """All that training needs and that does not change while it goes on.

    Attributes:
        fit: as the run's run.yaml says.
        cases: its systems.
        start: the potential before training.
        about: what the start says of its making.
        objective: what is made small.
        stages: by which methods.
        identity: SHA-256 of all that decides where the fit goes.
    """

    fit: Fit
    cases: list[Case]
    start: Potential
    about: dict[str, Any]
    objective: Objective
    stages: tuple[Stage, ...]
    identity: str

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.fit.folder

    def objective_in(self, stage: int) -> Objective:
        """What is made small in a stage."""
        return eased(self.objective) if self.stages[stage].eased else self.objective

    @property
    def eased_until(self) -> int:
        """The step from which on levels have their weights and priors count; 0 if always."""
        eased = any(stage.eased for stage in self.stages)
        return self.steps - self.stages[-1].steps if eased else 0

    @property
    def steps(self) -> int:
        """Most steps of all stages."""
        return sum(stage.steps for stage in self.stages)


def read_run(fit: Fit, steps: int | None = None) -> Run:
    """The run of a fit that was read from its run.yaml; `steps` in place of what it says."""
    if not has(fit.folder, START):
        raise InputError("was not prepared", "use `nnpp init-fit` or `nnpp fit`", fit.folder)
    refuse_changed(fit)
    fit = fit if steps is None else with_steps(fit, steps)
    cases, start = prepare(fit), read_model(fit.folder / f"{START}.safetensors")
    return Run(
        fit=fit,
        cases=cases,
        start=start.potential,
        about=start.about,
        objective=objective_of(fit, cases, start.potential),
        stages=stages_of(fit.spec),
        identity=identity(fit, start.potential, contents(fit)),
    )


def with_steps(fit: Fit, steps: int) -> Fit:
    """The fit with so many steps at most."""
    settings = fit.spec.fit.model_copy(update={"steps": steps})
    spec = fit.spec.model_copy(update={"fit": settings})
    return replace(fit, spec=with_origin(spec, fit.spec.origin))
