"""`nnpp report`: numbers of a potential compared with its reference and with experiment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp

from nnpp.config.inputs import Fit
from nnpp.devices.start import start_devices
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.formats.results import write_report
from nnpp.formats.structures import formula
from nnpp.observables.experiment import EXPERIMENT
from nnpp.observables.reports import QUANTITIES, Report, Row
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import refuse_other_run, refuse_unusable
from nnpp.runs.outputs import writing
from nnpp.setup.cases import Case
from nnpp.setup.fitted import NOT_FITTED, FittedSystem, fitted_numbers
from nnpp.setup.potential import potential_of
from nnpp.setup.prepare import prepare
from nnpp.setup.quantities import is_cubic
from nnpp.workflows.bands.of_fit import (
    ensemble_of_fit,
    fitted_and_held_out,
    trained,
    with_complete_paths,
)
from nnpp.workflows.report.page import stored_systems, write_page
from nnpp.workflows.report.potential import (
    Numbers,
    levels_of,
    notes_on_states,
    of_levels,
    of_states,
    spreads,
    why_no_states,
)
from nnpp.workflows.report.reference import numbers_of_reference

SAME_SHAPE = 1e-6
"""Cells of volume 1 that differ by less belong to one crystal at several volumes."""


@dataclass(frozen=True)
class ReportResult:
    """The reports of a fit, and the files that were written."""

    name: str
    reports: tuple[Report, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class _Model:
    """The potential of a fit.

    Attributes:
        fit: the fit.
        cases: all its systems.
        potential: its potential.
        ensemble: the ensemble of the potential; None if there is none.
    """

    fit: Fit
    cases: list[Case]
    potential: Potential
    ensemble: StoredEnsemble | None


def run_report(fits: list[Fit], out: Path) -> Iterator[ReportResult]:
    """Write report.csv and the page of every fit; yield its unstrained systems."""
    start_devices()
    ready = [(fit, prepare(with_complete_paths(fit))) for fit in fits]
    for fit, _ in ready:
        refuse_other_run(fit, out / fit.name)
        refuse_unusable(out / fit.name)
    for fit, cases in ready:
        potential, folder = potential_of(fit), out / fit.name
        model = _Model(fit, cases, potential, ensemble_of_fit(fit, potential))
        with writing(folder, "report", potential) as record:
            reports = tuple(_report(model, case) for case in cases if case.unstrained)
            table = write_report(folder, reports)
            record([table])
            stored = list(stored_systems(fit, cases, folder, potential, model.ensemble))
            page = write_page(fit, folder, potential, stored, reports)
            paths = (table, *record([page]))
        yield ReportResult(fit.name, reports, paths)


def _report(model: _Model, case: Case) -> Report:
    """Return the report of one system, with a row for every known quantity."""
    ours, spread, notes = _of_potential(model, case)
    siblings = [one for one in model.cases if _same_crystal(one, case)]
    reference, origins = numbers_of_reference(case, siblings)
    fitted = _fitted(model, case, siblings)
    known = EXPERIMENT.get(formula(case.crystal), {}) if is_cubic(case) else {}
    rows = []
    for key in QUANTITIES:
        if key in ours or key in reference:
            measured = known.get(key)
            value, source = (measured.value, measured.source) if measured else (None, "")
            rows.append(
                Row(
                    *QUANTITIES[key], ours.get(key), spread.get(key),
                    fitted.get(key, NOT_FITTED), reference.get(key), value, source,
                )
            )  # fmt: skip
    every = (*_notes_on_columns(model, rows), *notes, *origins)
    return Report(case.spec.name, tuple(rows), every)


def _of_potential(model: _Model, case: Case) -> tuple[Numbers, Numbers, tuple[str, ...]]:
    """Return the numbers of the potential, their spread, and notes on missing ones."""
    found = levels_of(case, model.potential)
    why = why_no_states(case)
    states = None if why else of_states
    ours = of_levels(found) | ({} if states is None else states(case, model.potential))
    notes = (why,) if why else tuple(notes_on_states(case, model.potential, ours))
    if model.ensemble is None:
        return ours, {}, notes
    return ours, spreads(case, model.potential, found, model.ensemble, states), notes


def _fitted(model: _Model, case: Case, siblings: Sequence[Case]) -> Mapping[str, str]:
    """Return how the numbers of a system are fitted; none without a trained potential."""
    if not trained(model.fit):
        return {}
    systems = {
        id(one): FittedSystem(one, fitted_and_held_out(model.fit, i, one)[0])
        for i, one in enumerate(model.cases)
    }
    return fitted_numbers(systems[id(case)], [systems[id(one)] for one in siblings])


def _same_crystal(one: Case, other: Case) -> bool:
    """Return whether two systems are one crystal at the same or another volume."""
    if one.crystal.symbols != other.crystal.symbols:
        return False
    cells = [case.crystal.cell / case.crystal.volume ** (1 / 3) for case in (one, other)]
    apart = one.crystal.fractional - other.crystal.fractional
    largest = max(jnp.abs(cells[0] - cells[1]).max(), jnp.abs(apart).max())
    return float(largest) < SAME_SHAPE


def _notes_on_columns(model: _Model, rows: list[Row]) -> Iterator[str]:
    """Yield notes on the columns: experiment, fit and spread."""
    sources = dict.fromkeys(row.source for row in rows if row.source)
    if sources:
        yield f"experiment: {', '.join(sources)}"
    if not trained(model.fit):
        yield "not fitted: the potential was not trained here"
        return
    if any(row.fitted == NOT_FITTED for row in rows):
        yield f"{NOT_FITTED}: neither a target nor a difference of fitted levels"
    if model.ensemble is None:
        yield "no ensemble, so no spread (train with --members 8)"
    else:
        yield "±: standard deviation of the members of the ensemble"
