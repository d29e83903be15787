"""`nnpp dot levels`: the states near the gap of dots, their files and figures."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnpp.devices.start import start_devices
from nnpp.dots.levels import Levels
from nnpp.dots.two_levels import Report
from nnpp.errors import InputError
from nnpp.runs.folder import refuse_unusable
from nnpp.runs.outputs import writing
from nnpp.units import BOHR_ANGSTROM
from nnpp.workflows.dot.case import DotCase, case_of, composition
from nnpp.workflows.dot.estimate import Estimate, estimate, refuse_too_large
from nnpp.workflows.dot.levels_files import Results, reusable, summary_of, write_results
from nnpp.workflows.dot.levels_options import Request
from nnpp.workflows.dot.solve import CHECKPOINT, HIGHER, at_cutoff, at_higher_cutoff, solve
from nnpp.workflows.dot.source import Source, source_of_run, source_of_tables

DOTS = "dots"
"""Folder of all dots within a folder of results."""


@dataclass(frozen=True)
class Started:
    """A dot is read: its name, what is computed, and notes."""

    name: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """A dot is finished.

    Attributes:
        name: its name.
        levels: its levels.
        summary: the content of summary.json.
        paths: the files that were written; none if earlier results are used.
        folder: the folder of the results.
        notes: what the user should know.
    """

    name: str
    levels: Levels
    summary: dict
    paths: tuple[Path, ...]
    folder: Path
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    """A dot of several could not be computed."""

    name: str
    error: InputError


Event = Started | Finished | Failed


def run_levels(dots: Sequence[Path], request: Request, report: Report) -> Iterator[Event]:
    """Compute the states near the gap of every dot, and write them.

    An error of one dot of several is an event; the others are computed.

    Args:
        dots: files of dots, or folders of jobs of a filter-diagonalisation code.
        request: the options.
        report: called with stage, done, of and residual [hartree].
    """
    start_devices()
    source = source_of(request)
    names: set[str] = set()
    for path in dots:
        try:
            case = case_of(path, source, request)
            if case.name in names:
                what = f"two dots have the results {case.name}"
                raise InputError(what, "rename one file, or choose another --out", path)
            names.add(case.name)
            yield from run_case(case, request, report)
        except InputError as error:
            if len(dots) == 1:
                raise
            yield Failed(str(path), error)


def source_of(request: Request) -> Source | None:
    """Return the potential that the options name; None for that of the folder of a job."""
    for option, given, read in (
        ("--run", request.run, source_of_run),
        ("--potentials", request.potentials, source_of_tables),
    ):
        if given is not None:
            try:
                return read(given)
            except InputError as error:
                raise error.at(option) from error
    return None


def run_case(case: DotCase, request: Request, report: Report) -> Iterator[Event]:
    """Compute and write one dot; yield what is computed, then the results."""
    folder = request.out / DOTS / case.name / request.question
    refuse_unusable(request.out / DOTS / case.name, request.question)
    identity = case.identity(request)
    known = reusable(folder, identity, request)
    if known is not None:
        notes = tuple(filter(None, (known[1].get("warning"),)))
        yield Finished(case.name, known[0], known[1], (), folder, notes)
        return
    size = estimate(case, sum(request.counts))
    refuse_too_large(case, size)
    if request.converge:
        higher = at_cutoff(case, HIGHER * case.basis.cutoff)
        refuse_too_large(higher, estimate(higher, 2))
    yield Started(case.name, tuple(rows_of(case, size)), case.notes)
    messages: list[str] = []
    run = request.out / DOTS / case.name
    with writing(run, "dot levels", case.source.potential) as record:
        start = time.process_time()
        solution = solve(case, request, folder, report, messages.append)
        higher = None
        if request.converge:
            higher = at_higher_cutoff(case, request, report, messages.append)
        seconds = time.process_time() - start
        summary = summary_of(case, request, solution, seconds, higher)
        results = Results(case, solution, summary)
        paths = record(write_results(folder, results, request))
        (folder / CHECKPOINT).unlink(missing_ok=True)
    if solution.edges.warning:
        messages.append(solution.edges.warning)
    yield Finished(case.name, solution.levels, summary, paths, folder, tuple(messages))


def rows_of(case: DotCase, size: Estimate) -> Iterator[tuple[str, str]]:
    """Yield the table of what is computed."""
    dot = case.dot
    yield "sites", f"{len(dot.symbols):,}: {composition(dot)}"
    kind = "Kramers pairs" if case.spinor else "states of two electrons"
    yield "occupied", f"{case.occupied:,} {kind}"
    box = " × ".join(f"{x * BOHR_ANGSTROM / 10:.3g}" for x in case.box)
    if case.job is not None:
        points = " × ".join(map(str, case.job.shape))
        yield "grid", f"{points} points, T ≤ {case.job.cap:g} hartree, {box} nm"
    else:
        rule = f"{case.basis.cutoff:.6g} hartree, {case.basis.rule}"
        yield "plane waves", f"about {size.rows:,.0f} ({rule}) in {box} nm"
    text = f"about {size.coarse_rows:,.0f} ({size.coarse_cutoff:.3g} hartree)"
    yield "coarse level", text
    yield "estimate", f"{memory_text(size.memory)}, {time_text(size.seconds)} on one core"


def memory_text(size: float) -> str:
    """Return a number of bytes as text."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 1):.0f} MB"


def time_text(seconds: float) -> str:
    """Return a time as text of one or two digits."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{max(seconds, 1):.2g} s"
