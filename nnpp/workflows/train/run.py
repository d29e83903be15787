"""A run that init-fit has prepared: its fit, its potential before training, its objective."""

from dataclasses import dataclass, replace
from typing import Any

from nnpp.config.inputs import Fit
from nnpp.config.spec import with_origin
from nnpp.errors import InputError
from nnpp.fitting.objective import Objective
from nnpp.fitting.training import Training
from nnpp.formats.model import read_model
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import START, RunFolder, identity
from nnpp.setup.cases import Case
from nnpp.setup.method import training_of
from nnpp.setup.objective import objective_of
from nnpp.setup.prepare import prepare
from nnpp.workflows.fits.provenance import contents, refuse_changed


@dataclass(frozen=True)
class Run:
    """The input of training.

    Attributes:
        fit: the fit as described in run.yaml.
        cases: its systems.
        start: the potential before training.
        about: metadata of that potential.
        training: what is minimised, and how.
        identity: SHA-256 of all that determines the fit.
    """

    fit: Fit
    cases: list[Case]
    start: Potential
    about: dict[str, Any]
    training: Training
    identity: str

    @property
    def folder(self) -> RunFolder:
        """The files of the run."""
        return RunFolder(self.fit.folder)

    @property
    def objective(self) -> Objective:
        """The objective that is minimised."""
        return self.training.objective


def read_run(fit: Fit, steps: int | None = None) -> Run:
    """Return the run of a fit read from its run.yaml; `steps` replaces its number of steps."""
    if not RunFolder(fit.folder).has(START):
        raise InputError("was not prepared", "use `nnpp init-fit` or `nnpp fit`", fit.folder)
    refuse_changed(fit)
    fit = fit if steps is None else with_steps(fit, steps)
    # A damaged potential.safetensors does no harm: training continues from a checkpoint.
    start = read_model(fit.folder / f"{START}.safetensors")
    cases = prepare(fit, start.potential)
    return Run(
        fit=fit,
        cases=cases,
        start=start.potential,
        about=start.about,
        training=training_of(fit.spec, objective_of(fit, cases, start.potential)),
        identity=identity(fit, start.potential, contents(fit)),
    )


def with_steps(fit: Fit, steps: int) -> Fit:
    """Return the fit with this maximum number of steps."""
    settings = fit.spec.fit.model_copy(update={"steps": steps})
    spec = fit.spec.model_copy(update={"fit": settings})
    return replace(fit, spec=with_origin(spec, fit.spec.origin))
