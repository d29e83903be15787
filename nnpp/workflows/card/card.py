"""`nnpp card`: a README.md by which a stranger can judge the potential of a run."""

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
from nnpp.formats.card import NAME, Card, Table, Wishes, card_text, kept, refuse_foreign
from nnpp.formats.model import Model, read_model
from nnpp.runs.folder import has
from nnpp.runs.lock import held
from nnpp.runs.package import SUMS, is_package
from nnpp.runs.summary import read_summary
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.of_fit import with_complete_paths
from nnpp.workflows.card.data import anywhere, inputs_of, origin_of
from nnpp.workflows.card.form import form_of, made_of, terms_of, zunger_of
from nnpp.workflows.card.limits import limits
from nnpp.workflows.card.systems import (
    EDGE_HEADS,
    ERROR_HEADS,
    SYSTEM_HEADS,
    Shown,
    edge_rows,
    error_rows,
    shown,
    system_row,
)
from nnpp.workflows.fits.model_fit import basis_of
from nnpp.workflows.fits.provenance import hashes, refuse_changed
from nnpp.workflows.train.ensemble import ensemble_of
from nnpp.workflows.verify import run_verify

FIGURES = {
    "errors.png": "Root mean square error of every band, fitted and held out",
    "potential.png": "v(q) and v(r) of every element",
    "history.png": "The course of the fit",
}
"""Figures of a run, beside the bands of every system, and what they show."""


@dataclass(frozen=True)
class Described:
    """A run whose potential was trained, and its card.

    Attributes:
        fit: as its run.yaml says.
        text: the card.
        figures: files that the card shows.
    """

    fit: Fit
    text: str
    figures: tuple[str, ...]


def run_card(runs: list[Path], wishes: Wishes) -> Iterator[Path]:
    """Write README.md into every run, once all of them are found sound."""
    for run in runs:
        trained_fit(run)
        _refuse_no_place(run)
    for one in [described(run, wishes) for run in runs]:
        with held(one.fit.folder):
            yield write_atomic(one.fit.folder / NAME, one.text)


def _refuse_no_place(run: Path) -> None:
    """Refuse a folder whose README.md may not be written."""
    if run.is_dir() and is_package(run):
        what = f"is a package: {SUMS} knows its card"
        raise InputError(what, "name the run that it was made of", run)
    refuse_foreign(run)


def described(run: Path, wishes: Wishes) -> Described:
    """The card of a run; one that is not trained, changed or unsound is refused."""
    fit, wishes = trained_fit(run), kept(run, wishes)
    refuse_changed(fit)
    model, told = read_model(fit.folder), read_summary(fit.folder)
    about = read_yaml(fit.source)[0]
    cases = prepare(with_complete_paths(fit))
    systems = [shown(fit, i, case, told) for i, case in enumerate(cases)]
    refuse_unsound(fit.folder)
    card = _card(fit, model, systems, about)
    figures = tuple(name for name, _ in card.figures)
    return Described(fit, card_text(card, wishes), figures)


def trained_fit(run: Path) -> Fit:
    """The fit of a run that holds a trained potential."""
    if not exists(run):
        raise InputError("no such file or folder", "mend the name", run)
    if not run.is_dir() or not exists(run / RUN_NAME):
        raise InputError("is no run", "name a folder that `nnpp fit` made", run)
    if not has(run, STEM):
        raise InputError("was not trained", "use `nnpp train` first", run)
    return read_inputs(run / RUN_NAME)


def refuse_unsound(run: Path) -> None:
    """Refuse a run of which `nnpp verify` finds anything wrong."""
    for finding in run_verify(run):
        if finding.wrong:
            what = f"is not sound: {finding.what}: {finding.wrong}"
            raise InputError(what, "look at `nnpp verify`, then compute its bands anew", run)


def _card(fit: Fit, model: Model, systems: list[Shown], about: dict[str, Any]) -> Card:
    """All that is told."""
    there, absent = _figures(fit)
    ensemble = ensemble_of(fit.folder, model.potential)
    return Card(
        name=fit.name,
        title=anywhere(fit.spec.title),
        elements=model.potential.species,
        beside=terms_of(model.potential.strengths),
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


def _table(heads: tuple[str, ...], systems: list[Shown], rows: Any) -> Table:
    """The rows of all systems, each named once."""
    return Table(heads, tuple(row for one in systems for row in rows(one)))


def _missing(systems: list[Shown]) -> Iterator[str]:
    """What to know of tables that lack something."""
    if any(not s.numbers for s in systems):
        yield "`nnpp bands RUN --plot` computes the bands that this run lacks."
    if any(s.case.spec.zero != "absolute" for s in systems):
        yield "Where energies count from a level of each, the valence tops are not compared."


def _basis(model: Model) -> str:
    """Cutoff and rule of the plane waves to be used."""
    basis, systems = basis_of(model), model.about["systems"]
    several = len({s["cutoff_hartree"] for s in systems}) > 1
    widest = " (the widest of its systems)" if several else ""
    cutoff, rule = basis["cutoff_hartree"], basis["plane_waves"]
    return f"{cutoff:.8g} hartree{widest} with plane waves `{rule}`"


def _figures(fit: Fit) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Figures that are there with what they show, and those that are not."""
    bands = {
        f"{s.name}/bands.png": f"Bands of {s.name} beside the reference"
        for s in fit.spec.systems
    }
    wanted = bands | FIGURES
    there = [name for name in wanted if exists(fit.folder / name)]
    absent = tuple(name for name in wanted if name not in there)
    return tuple((name, wanted[name]) for name in there), absent
