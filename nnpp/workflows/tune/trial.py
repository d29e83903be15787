"""One trial of `nnpp tune`: a fit with its own hyperparameters, step by step, without files.

All trials are evaluated with the weights of the original fit: √(Σ w·ΔE² / Σ w), over the
held-out k-points and over the fitted ones. The hyperparameters do not change these weights.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.config.inputs import Fit
from nnpp.config.tuning import Value
from nnpp.fitting.objective import Measured, Objective
from nnpp.fitting.targets.levels import BandsTarget, bands_among
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.fitting.training import Progress, Training
from nnpp.observables.bands import Bands
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.setup.method import training_of
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from nnpp.workflows.train.init_fit import form_of, learn_form
from nnpp.workflows.tune.space import with_values

Weights = dict[str, Float[Array, "k band"]]
"""Weights of the reference levels, by system."""


@dataclass(frozen=True)
class Report:
    """The errors of a trial after a step.

    Attributes:
        held_out_mev: root mean square error of the held-out levels [meV].
        training_mev: root mean square error of the fitted levels [meV].
    """

    held_out_mev: float
    training_mev: float


def run_trial(fit: Fit, values: Mapping[str, Value]) -> Iterator[Report]:
    """Yield a report after every step of the fit with these hyperparameters."""
    cases = prepare(fit)
    weights = evaluation_weights(cases)
    training = _training(with_values(fit, values, cases), cases)
    progress: Progress | None = training.start()
    report = _report(training.objective, progress.state.measured, weights)
    while (progress := training.advance(progress)) is not None:
        if progress.at_best:  # otherwise the report of the step before holds
            report = _report(training.objective, progress.state.measured, weights)
        yield report


def evaluation_weights(cases: list[Case]) -> Weights:
    """Return the weights with which every trial is evaluated."""
    weights = {}
    for case in cases:
        reference = reference_bands(case)
        if reference is not None:
            weights[case.spec.name] = weights_of(case, from_zero(case, reference.E))
    return weights


def _training(fit: Fit, cases: list[Case]) -> Training:
    """Return the fit as init-fit would prepare it, with the crystals and plane waves given."""
    pairs = zip(cases, fit.spec.systems, strict=True)
    cases = [replace(case, spec=spec) for case, spec in pairs]
    start, _ = learn_form(start_of(fit.spec.potential), form_of(fit))
    return training_of(fit.spec, objective_of(fit, cases, start))


def _report(objective: Objective, measured: Measured, weights: Weights) -> Report:
    """Return both errors of one evaluation."""
    held, fitted = [], []
    for spectrum, E in zip(objective.sources, measured.y, strict=True):
        if isinstance(spectrum, Spectrum):
            bands = Bands(spectrum.kpoints, E, spectrum.occupied, spectrum.spinor)
            w = weights.get(spectrum.name)
            held.append((bands_among(spectrum.held), bands, w))
            fitted.append((bands_among(spectrum.targets), bands, w))
    return Report(_error_mev(held), _error_mev(fitted))


def _error_mev(judged: list[tuple[BandsTarget | None, Bands, Any]]) -> float:
    """Return √(Σ w·ΔE² / Σ w) over the k-points of all targets [meV]."""
    known = [(t.error(b), w * t.seen[:, None]) for t, b, w in judged if t is not None]
    squares = sum(float(jnp.sum(w * error**2)) for error, w in known)
    return HARTREE_EV * 1e3 * math.sqrt(squares / sum(float(jnp.sum(w)) for _, w in known))
