"""`nnpp card`: write the README.md that describes the potential of a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnpp.config.inputs import RUN_NAME, Fit, read_inputs
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tensors import STEM
from nnpp.files.text import exists
from nnpp.files.yaml_tree import read_yaml
from nnpp.formats.card import NAME, Attribution, Card, Table, card_text, kept, refuse_foreign
from nnpp.formats.model import Model, read_model
from nnpp.runs.folder import RunFolder
from nnpp.runs.lock import held
from nnpp.runs.package import SUMS, is_package
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.of_fit import with_complete_paths
from nnpp.workflows.card.data import inputs_of, origin_of, without_paths
from nnpp.workflows.card.form import form_of, made_of, terms_of, zunger_of
from nnpp.workflows.card.limits import limits
from nnpp.workflows.card.systems import (
    EDGE_HEADS,
    ERROR_HEADS,
    SYSTEM_HEADS,
    Evaluated,
    edge_rows,
    error_rows,
    evaluated,
    system_row,
)
from nnpp.workflows.fits.model_fit import basis_of
from nnpp.workflows.fits.provenance import hashes, refuse_changed
from nnpp.workflows.train.ensemble import ensemble_of
from nnpp.workflows.verify import run_verify

FIGURES = {
    "errors.png": "Root-mean-square error of every band, at fitted and held-out k-points",
    "potential.png": "Form factors v(q) and potentials v(r) of every element",
    "history.png": "Loss of every step of the fit",
}
"""Figures of a run in addition to the bands of each system, and their captions."""


@dataclass(frozen=True)
class Described:
    """A trained run and its card.

    Attributes:
        fit: the fit as stated in run.yaml.
        text: the card as Markdown.
        figures: files that the card shows.
    """

    fit: Fit
    text: str
    figures: tuple[str, ...]


def run_card(runs: list[Path], attribution: Attribution) -> Iterator[Path]:
    """Check every run, then write README.md into each; yield the paths."""
    for run in runs:
        trained_fit(run)
        _refuse_no_place(run)
    for one in [described(run, attribution) for run in runs]:
        with held(one.fit.folder):
            yield write_atomic(one.fit.folder / NAME, one.text)


def _refuse_no_place(run: Path) -> None:
    """Raise an error if the README.md of a folder must not be written."""
    if run.is_dir() and is_package(run):
        what = f"is a package, whose card is protected by {SUMS}"
        raise InputError(what, "name the run that it was made from", run)
    refuse_foreign(run)


def described(run: Path, attribution: Attribution) -> Described:
    """Return the card of a run; raise an error if it is not trained, changed or invalid."""
    fit, attribution = trained_fit(run), kept(run, attribution)
    refuse_changed(fit)
    model, summary = read_model(fit.folder), RunFolder(fit.folder).summary()
    about = read_yaml(fit.source)[0]
    cases = prepare(with_complete_paths(fit))
    systems = [evaluated(fit, i, case, summary) for i, case in enumerate(cases)]
    refuse_invalid(fit.folder)
    card = _card(fit, model, systems, about)
    figures = tuple(name for name, _ in card.figures)
    return Described(fit, card_text(card, attribution), figures)


def trained_fit(run: Path) -> Fit:
    """Return the fit of a run; raise an error if the run has no trained potential."""
    if not exists(run):
        raise InputError("no such file or folder", "correct the path", run)
    if not run.is_dir() or not exists(run / RUN_NAME):
        raise InputError("is no run", "name a folder that `nnpp fit` made", run)
    if not RunFolder(run).has(STEM):
        raise InputError("was not trained", "use `nnpp train` first", run)
    return read_inputs(run / RUN_NAME)


def refuse_invalid(run: Path) -> None:
    """Raise an error if a check of `nnpp verify` fails for a run."""
    for finding in run_verify(run):
        if finding.wrong:
            what = f"is not valid: {finding.what}: {finding.wrong}"
            raise InputError(what, "run `nnpp verify`, then compute its bands again", run)


def _card(fit: Fit, model: Model, systems: list[Evaluated], about: dict[str, Any]) -> Card:
    """Collect the content of the card."""
    there, absent = _figures(fit)
    ensemble = ensemble_of(fit.folder, model.potential)
    return Card(
        name=fit.name,
        title=without_paths(fit.spec.title),
        elements=model.potential.species,
        terms=terms_of(model.potential.strengths),
        form=form_of(fit, model),
        reference_form=zunger_of(model.potential),
        systems=Table(SYSTEM_HEADS, tuple(map(system_row, systems))),
        errors=_table(ERROR_HEADS, systems, error_rows),
        edges=_table(EDGE_HEADS, systems, edge_rows),
        missing=tuple(_missing(systems)),
        figures=there,
        absent=absent,
        origins=tuple((s.case.spec.name, origin_of(s.case.spec)) for s in systems),
        inputs=inputs_of(hashes(fit)),
        basis=_basis(model),
        limits=tuple(limits(fit, model.potential, systems, ensemble)),
        made=made_of(fit, model, about),
    )


def _table(heads: tuple[str, ...], systems: list[Evaluated], rows: Any) -> Table:
    """Return one table with the rows of all systems."""
    return Table(heads, tuple(row for one in systems for row in rows(one)))


def _missing(systems: list[Evaluated]) -> Iterator[str]:
    """Yield the reasons why numbers are missing in the tables."""
    if any(not s.numbers for s in systems):
        yield "`nnpp bands RUN --plot` computes the missing bands of this run."
    if any(s.case.spec.zero != "absolute" for s in systems):
        yield "Band edges are not compared where the reference has its own energy zero."


def _basis(model: Model) -> str:
    """Return cutoff and rule of the plane waves to use with the potential."""
    basis, systems = basis_of(model), model.about["systems"]
    several = len({s["cutoff_hartree"] for s in systems}) > 1
    widest = " (the largest of its systems)" if several else ""
    cutoff, rule = basis["cutoff_hartree"], basis["plane_waves"]
    return f"{cutoff:.8g} hartree{widest} with plane waves `{rule}`"


def _figures(fit: Fit) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the figures of the run with their captions, and the missing ones."""
    bands = {
        f"{s.name}/bands.png": f"Bands of {s.name} compared with the reference"
        for s in fit.spec.systems
    }
    wanted = bands | FIGURES
    there = [name for name in wanted if exists(fit.folder / name)]
    absent = tuple(name for name in wanted if name not in there)
    return tuple((name, wanted[name]) for name in there), absent
