"""Trials of `nnpp tune`: one trial step by step, and the ledger of all running trials.

A trial is a fit with its own hyperparameters; it writes no files. All trials are evaluated
with the weights of the original fit: √(Σ w·ΔE² / Σ w), over the held-out k-points and over the
fitted ones. The hyperparameters do not change these weights.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.config.inputs import Fit
from nnpp.config.tuning import Value
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.search import should_prune
from nnpp.fitting.targets.levels import BandsTarget, bands_among
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.fitting.training import Progress, Training
from nnpp.observables.bands import Bands
from nnpp.runs.study import Study, Trial
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.setup.method import training_of
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import first_form, start_of
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from nnpp.workflows.train.init_fit import learn_form
from nnpp.workflows.tune.space import Space, rounded, with_values

HELD_OUT, TRAINING, ENDED, WHY = "held_out_mev", "training_mev", "ended", "why"
"""Keys of the reports of trials: errors after each step, the end, the reason of a failure."""

SECONDS = "time_total_s"
"""The duration, which Ray adds to every report."""

Report = Mapping[str, Any]
"""The report of a trial to Ray after a step."""

Weights = dict[str, Float[Array, "k band"]]
"""Weights of the reference levels, by system."""


@dataclass(frozen=True)
class Errors:
    """The errors of a trial after a step.

    Attributes:
        held_out_mev: root mean square error of the held-out levels [meV].
        training_mev: root mean square error of the fitted levels [meV].
    """

    held_out_mev: float
    training_mev: float


def run_trial(fit: Fit, values: Mapping[str, Value]) -> Iterator[Errors]:
    """Yield the errors after every step of the fit with these hyperparameters."""
    cases = prepare(fit)
    weights = {
        case.spec.name: weights_of(case, from_zero(case, reference.E))
        for case in cases
        if (reference := reference_bands(case)) is not None
    }
    training = _training(with_values(fit, values, cases), cases)
    progress: Progress | None = training.start()
    errors = _errors(training.objective, progress.state.measured, weights)
    while (progress := training.advance(progress)) is not None:
        if progress.at_best:  # a fit keeps its best step, whose errors are known
            errors = _errors(training.objective, progress.state.measured, weights)
        yield errors


def _training(fit: Fit, cases: list[Case]) -> Training:
    """Return the fit as init-fit would prepare it, with the crystals and plane waves given."""
    pairs = zip(cases, fit.spec.systems, strict=True)
    cases = [replace(case, spec=spec) for case, spec in pairs]
    start, _ = learn_form(start_of(fit.spec.potential), first_form(fit.spec.potential))
    return training_of(fit.spec, objective_of(fit, cases, start))


def _errors(objective: Objective, measured: Measured, weights: Weights) -> Errors:
    """Return both errors of one evaluation."""
    held, fitted = [], []
    for spectrum, E in zip(objective.sources, measured.y, strict=True):
        if isinstance(spectrum, Spectrum):
            bands = Bands(spectrum.kpoints, E, spectrum.occupied, spectrum.spinor)
            w = weights.get(spectrum.name)
            held.append((bands_among(spectrum.held), bands, w))
            fitted.append((bands_among(spectrum.targets), bands, w))
    return Errors(_error_mev(held), _error_mev(fitted))


def _error_mev(compared: list[tuple[BandsTarget | None, Bands, Any]]) -> float:
    """Return √(Σ w·ΔE² / Σ w) over the k-points of all targets [meV]."""
    known = [(t.error(b), w * t.seen[:, None]) for t, b, w in compared if t is not None]
    squares = sum(float(jnp.sum(w * error**2)) for error, w in known)
    return HARTREE_EV * 1e3 * math.sqrt(squares / sum(float(jnp.sum(w)) for _, w in known))


class Ledger:
    """Running trials by their names in Ray; each is passed to `record` when it ends."""

    def __init__(self, space: Space, steps: int, study: Study, record: Callable[[Trial], None]):
        self.space, self.steps, self.record = space, steps, record
        self.courses = {str(t.number): self._complete(t) for t in study.trials if not t.why}
        self.pruned: set[str] = set()

    def should_prune(self, name: str, report: Report) -> bool:
        """Return whether a trial should be stopped, compared with all others of the study."""
        if ENDED in report:
            return False
        others = [other for trial, other in self.courses.items() if trial != name]
        self.courses[name] = (*self.courses.get(name, ()), float(report[HELD_OUT]))
        if should_prune(self.courses[name], others, self.steps):
            self.pruned.add(name)
        return name in self.pruned

    def ended(self, name: str, drawn: Mapping[str, Any], report: Report) -> None:
        """Record a trial that finished, failed or was pruned; interrupted ones are dropped."""
        if WHY in report:
            self.failed(name, drawn, report, report[WHY])
        elif ENDED in report:
            self._record(name, drawn, report, "finished")
        elif name in self.pruned:
            self._record(name, drawn, report, "pruned")

    def failed(self, name: str, drawn: Mapping[str, Any], report: Report, why: str) -> None:
        """Record a failed trial; others are no longer compared with it."""
        self._record(name, drawn, report, "failed", why)
        del self.courses[name]

    def _complete(self, trial: Trial) -> tuple[float, ...]:
        """Return the errors after all steps; a converged trial keeps its last error."""
        rest = self.steps - trial.steps if trial.state == "finished" else 0
        return trial.course + trial.course[-1:] * rest

    def _record(
        self,
        name: str,
        drawn: Mapping[str, Any],
        report: Report,
        state: Literal["finished", "pruned", "failed"],
        why: str = "",
    ) -> None:
        """Pass a trial to the study, which assigns its number."""
        trial = Trial(
            number=0,
            values=rounded(self.space, drawn),
            state=state,
            course=self.courses.get(name, ()),
            training_mev=report.get(TRAINING),
            seconds=round(float(report.get(SECONDS, 0.0)), 3),
            why=why,
        )
        self.courses[name] = self._complete(trial)
        self.record(trial)
