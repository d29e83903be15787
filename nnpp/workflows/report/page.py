"""report.html of a run: bands, potential, errors, history, numbers, card and files in one page.

It is made from what a run contains already, so that it takes a moment; nothing is solved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nnpp.config.inputs import Fit
from nnpp.files.atomic import write_atomic
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.formats.results import read_dos, read_report
from nnpp.observables.comparison import LevelErrors
from nnpp.observables.gaps import gap
from nnpp.observables.reports import LEVEL_GROUPS, Report
from nnpp.plotting.history import history_of
from nnpp.plotting.page import Page, html
from nnpp.plotting.picture import BandPicture
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import RunFolder
from nnpp.runs.outputs import fingerprint, read_outputs
from nnpp.setup.cases import Case
from nnpp.setup.compare import compare_with_reference
from nnpp.setup.potential import start_of_run
from nnpp.structures.symmetry import SAME_K
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import before_and_after, curves_of, picture_of
from nnpp.workflows.bands.of_fit import trained, with_fit
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solve import Solved
from nnpp.workflows.card.potential import served, terms_of
from nnpp.workflows.fits.provenance import versions

NAME = "report.html"


def write_page(
    fit: Fit,
    folder: Path,
    potential: Potential,
    solved: Sequence[Solved],
    reports: Sequence[Report] | None = None,
) -> Path:
    """Write report.html of a run, under its lock; return the path.

    Args:
        fit: the fit.
        folder: the run.
        potential: its potential.
        solved: the bands of its systems.
        reports: its numbers; None for those of report.csv, if it is of this potential.
    """
    current = _current(folder, potential)
    if reports is None:
        known = "report.csv" in current
        reports = read_report(folder / "report.csv") if known else ()
    cases = [done.case for done in solved]
    start = start_of_run(fit)
    curves = (
        curves_of(potential, cases, fit.name)
        if start is None
        else before_and_after(start, potential, cases, fit.name)
    )
    page = Page(
        title=fit.name,
        subtitle=fit.spec.title or "",
        pictures=[_picture(done, folder, current) for done in solved],
        curves=curves if cases else None,
        history=history_of(RunFolder(folder).metrics(), fit.name) if trained(fit) else None,
        rmse_mev={
            done.case.spec.name: np.asarray(done.comparison.rmse) * HARTREE_EV * 1e3
            for done in solved
            if done.comparison is not None
        },
        error_heads=("k-points", *LEVEL_GROUPS),
        errors=[row for done in solved for row in _error_rows(done)],
        reports=reports,
        missing="" if reports else f"nnpp report {folder}",
        facts=list(_facts(fit, folder, potential, solved)),
        files=list(_files(folder)),
    )
    return write_atomic(folder / NAME, html(page))


def stored_systems(
    fit: Fit, cases: Sequence[Case], folder: Path, potential: Potential,
    ensemble: StoredEnsemble | None,
) -> Iterator[Solved]:  # fmt: skip
    """Yield the systems whose bands the run contains, as they were computed.

    Args:
        fit: the fit.
        cases: its systems.
        folder: the run.
        potential: its potential, whose bands are taken and no others.
        ensemble: the ensemble of the potential.
    """
    current = _current(folder, potential)
    for i, case in enumerate(cases):
        name = f"{case.spec.name}/bands.h5"
        if name not in current:
            continue
        bands = read_bands_h5(folder / name).bands
        k, known = (np.asarray(x.fractional) for x in (case.kpoints, bands.kpoints))
        if k.shape != known.shape or np.abs(k - known).max() > SAME_K:
            continue
        bands = replace(bands, kpoints=case.kpoints)
        edges = gap(bands) if 0 < bands.occupied < bands.E.shape[1] else None
        found = Solved(case, bands, edges, compare_with_reference(case, bands), None, None, 0.0)
        yield with_fit(found, fit, i, ensemble, Choices())


def _current(folder: Path, potential: Potential) -> set[str]:
    """Return the names of the files that were made from this potential."""
    state = fingerprint(potential)
    outputs = read_outputs(folder).items()
    return {n for n, one in outputs if one.potential == state and exists(folder / n)}


def _picture(done: Solved, folder: Path, current: set[str]) -> BandPicture:
    """Return the bands of a system with the density of states, if it was computed."""
    name = f"{done.case.spec.name}/dos.csv"
    if done.dos is None and name in current:
        done = replace(done, dos=read_dos(folder / name))
    return picture_of(done, Choices())


def _error_rows(done: Solved) -> Iterator[tuple[str, ...]]:
    """Yield name, number of k-points and errors of each set of k-points."""
    for label, errors in done.errors.items():
        yield (f"{done.case.spec.name}, {label}", *_error_words(errors))


def _error_words(errors: LevelErrors) -> Iterator[str]:
    """Yield number of k-points and errors [meV]; a dash without levels."""
    yield str(errors.kpoints)
    for x in errors.rms:
        yield "—" if x != x else f"{x * HARTREE_EV * 1e3:.1f}"


def _facts(
    fit: Fit, folder: Path, potential: Potential, solved: Sequence[Solved]
) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line of the card."""
    yield "Elements", ", ".join(potential.species)
    terms = terms_of(potential.strengths)
    yield "Potential", ", ".join((potential.local.words, *terms))
    yield "Levels from", served(potential)
    for done in solved:
        case, spec = done.case, done.case.spec
        basis = (
            f"{spec.cutoff:.6g} hartree, {spec.plane_waves}, {case.n_plane_waves} plane waves"
        )
        file = None if case.reference is None else case.reference.file
        name = "" if file is None else f"; reference {file.name or file.path.name}"
        yield spec.name, basis + name
    lines = RunFolder(folder).metrics() if trained(fit) else []
    if lines:
        steps, seconds = lines[-1]["step"], lines[-1].get("seconds")
        time = "" if seconds is None else f" in {seconds:.0f} s"
        yield "Fit", f"{fit.spec.fit.method}, {steps} steps{time}"
        yield "Held out", f"{fit.spec.fit.hold_out:.0%} of the k-points"
    yield "Written by", f"nnpp {versions()['nnpp']}"


def _files(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, size and verb of every recorded file."""
    for name, one in sorted(read_outputs(folder).items(), key=lambda x: ("/" in x[0], x[0])):
        if name != NAME and exists(folder / name):
            yield name, _size(one.size), one.by


def _size(count: int) -> str:
    """Return a number of bytes as text."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 0.1):.1f} kB"
