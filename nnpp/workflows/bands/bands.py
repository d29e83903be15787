"""`nnpp bands`: compute, write, plot and compare the bands of every system of every fit.

Options that change the numbers make a question, whose results are in a folder of its own.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.inputs import RUN_NAME, Fit
from nnpp.devices.processes import on_all_processes
from nnpp.devices.recorder import Recorder
from nnpp.devices.start import start_devices
from nnpp.files.atomic import write_atomic
from nnpp.files.text import exists
from nnpp.formats.bands_csv import write_bands_csv
from nnpp.formats.results import write_bands, write_dos, write_weights
from nnpp.observables.bands import Bands
from nnpp.plotting.style import Print
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import SUMMARY, is_at, refuse_other_run, refuse_unusable
from nnpp.runs.lock import held
from nnpp.runs.outputs import read_outputs, record
from nnpp.runs.question import question_name
from nnpp.setup.cases import Case
from nnpp.setup.potential import potential_of, start_of_run, untrained
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.draw import (
    before_and_after,
    curves_of,
    draw_bands,
    draw_potential,
    print_of,
    with_spread,
)
from nnpp.workflows.bands.of_fit import (
    ensemble_of_fit,
    trained,
    with_complete_paths,
    with_fit,
)
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.overlay import draw_overlays
from nnpp.workflows.bands.solve import Solved, connected, refuse_without_path, solve
from nnpp.workflows.fits.provenance import hashes, provenance, write_run
from nnpp.workflows.report.page import write_page


@dataclass(frozen=True)
class Started:
    """A fit was read: its name, its source, its systems and notes on them."""

    name: str
    source: Path
    systems: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """A fit is finished: the files written in addition to those of its systems, and notes."""

    name: str
    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


Event = Started | Solved | Finished


def run_bands(
    fits: list[Fit], out: Path, choices: Choices, overlay: bool = False
) -> Iterator[Event]:
    """Compute every system of every fit; write the results to `out`/fit/system/question.

    Input errors are raised before anything is computed or written.

    Args:
        fits: the fits.
        out: folder of results.
        choices: options.
        overlay: whether to draw equal systems of all fits in one figure.
    """
    start_devices()
    ready = on_all_processes(
        lambda: [(fit, prepare(with_complete_paths(fit)), hashes(fit)) for fit in fits]
    )
    recorder = Recorder(lambda write: write())  # its events are functions that write files
    recorder(partial(_refuse, ready, out, choices))
    every: dict[str, list[Solved]] = {}
    for fit, cases, read in ready:
        folder = out / fit.name
        with recorder.holding(held(folder)) as guarded:
            for event in _run_fit(fit, cases, folder, choices, read, guarded):
                if isinstance(event, Solved):
                    every.setdefault(fit.name, []).append(event)
                yield event
    if overlay and len(every) > 1:
        first = ready[0][0]
        with recorder.holding(held(out / first.name)) as guarded:
            others = tuple(f"with-{name}" for name in list(every)[1:])
            question = question_name((*first.question, *choices.of_dos, *others))
            draw = partial(draw_overlays, every, out / first.name, question, choices)
            drawn, notes = guarded(draw)
            yield Finished(first.name, drawn, notes)


def _refuse(
    ready: list[tuple[Fit, list[Case], dict[str, str]]], out: Path, choices: Choices
) -> None:
    """Raise an error for what cannot be computed or written."""
    if choices.connect:
        refuse_without_path([case for _, cases, _ in ready for case in cases])
    for fit, cases, _ in ready:
        refuse_other_run(fit, out / fit.name)
        read_outputs(out / fit.name)
        for case in cases:
            refuse_unusable(out / fit.name, case.spec.name, _question(fit, choices))


def _run_fit(
    fit: Fit,
    cases: list[Case],
    folder: Path,
    choices: Choices,
    read: dict[str, str],
    recorder: Recorder,
) -> Iterator[Event]:
    """Compute one fit; `read` contains the hashes of its files."""
    start = time.perf_counter()
    potential, ensemble = on_all_processes(
        lambda: (p := potential_of(fit), ensemble_of_fit(fit, p))
    )
    question = _question(fit, choices)

    def recorded(write: Callable[[], list[Path]]) -> tuple[Path, ...]:
        return record(folder, write(), "bands", potential)

    yield Started(fit.name, fit.source, tuple(c.spec.name for c in cases), _notes(fit, cases))
    solved = []
    for i, case in enumerate(cases):
        with fit.spec.origin.error_context("systems", i):
            done = with_fit(solve(case, potential, choices), fit, i, ensemble, choices)
            followed = connected(case, potential, done.bands) if choices.connect else None
        about = provenance(fit, case, read)
        place = folder / case.spec.name / question
        if question:
            about |= {"question": question}
        write = partial(_write, done, followed, potential, place, about, choices)
        solved.append(replace(done, paths=recorder(partial(recorded, write))))
        yield solved[-1]
    seconds = time.perf_counter() - start

    def write_fit() -> list[Path]:
        if question:
            return [
                _summary(folder / s.case.spec.name / question, [s], s.seconds) for s in solved
            ]
        of = print_of(choices)
        paths = _draw_potential(fit, potential, cases, folder, of) if choices.plot else []
        return [*paths, _summary(folder, solved, seconds)]

    def write_run_yaml() -> tuple[Path, ...]:
        options = {} if question else asdict(choices)
        return record(folder, _run_yaml(fit, cases, folder, options, read), "bands")

    def write_report() -> tuple[Path, ...]:
        if question or not choices.plot or not (trained(fit) and is_at(fit, folder)):
            return ()
        return recorded(lambda: [write_page(fit, folder, potential, solved)])

    paths = recorder(partial(recorded, write_fit))
    yield Finished(fit.name, (*paths, *recorder(write_run_yaml), *recorder(write_report)))


def _question(fit: Fit, choices: Choices) -> str:
    """Return the name of the folder for what was asked; empty for the fit itself."""
    return question_name((*fit.question, *choices.of_dos))


def _run_yaml(
    fit: Fit, cases: list[Case], folder: Path, options: Mapping[str, Any], read: dict[str, str]
) -> list[Path]:
    """Write the configuration next to the bands, without the options of a question.

    A run has its own, and a question leaves that of earlier bands.
    """
    if is_at(fit, folder) or (fit.question and exists(folder / RUN_NAME)):
        return []
    noted = replace(fit, spec=fit.own or fit.spec, notes=_notes(fit, cases))
    return [write_run(folder, noted, read, options)]


def _draw_potential(
    fit: Fit, potential: Potential, cases: list[Case], folder: Path, of: Print
) -> list[Path]:
    """Plot the potential; for a trained run together with the one it started from."""
    start = start_of_run(fit)
    if start is None:
        curves = curves_of(potential, cases, fit.name)
    else:
        curves = before_and_after(start, potential, cases, fit.name)
        curves = with_spread(curves, ensemble_of_fit(fit, potential))
    return draw_potential(folder, curves, of=of)


def _notes(fit: Fit, cases: list[Case]) -> tuple[str, ...]:
    """Return the notes on a fit and its systems."""
    of_systems = (f"{case.spec.name}: {text}" for case in cases for text in case.notes)
    return (*fit.notes, *untrained(fit), *of_systems)


def _write(
    done: Solved,
    followed: Bands | None,
    potential: Potential,
    folder: Path,
    about: dict[str, Any],
    choices: Choices,
) -> list[Path]:
    """Write all files of a system; `about` is the provenance of its numbers."""
    paths = write_bands(folder, done.bands, done.case.crystal, about)
    if done.dos is not None:
        paths.append(write_dos(folder, done.dos))
    if done.weights is not None:
        paths.append(write_weights(folder, done.bands, done.weights))
    if followed is not None:
        paths.append(write_bands_csv(folder / "connected.csv", followed))
    return paths + draw_bands(folder, done, potential, choices)


def _summary(folder: Path, solved: list[Solved], seconds: float) -> Path:
    """Write summary.json: loss, gaps, band edges and errors of all systems."""
    systems = {done.case.spec.name: _numbers(done) for done in solved}
    losses = [s["loss_ev2"] for s in systems.values() if s["loss_ev2"] is not None]
    total = {"loss_ev2": sum(losses) if losses else None, "systems": systems}
    text = json.dumps(total | {"seconds": round(seconds, 3)}, indent=2)
    return write_atomic(folder / SUMMARY, text + "\n")


def _numbers(done: Solved) -> dict:
    """Return the numbers of one system [eV, meV, eV²]."""
    edges, comparison = done.gap, done.comparison
    return {
        "loss_ev2": None if comparison is None else float(comparison.loss) * HARTREE_EV**2,
        "gap_ev": None if edges is None else edges.width * HARTREE_EV,
        "vbm_ev": None if edges is None else edges.vbm * HARTREE_EV,
        "cbm_ev": None if edges is None else edges.cbm * HARTREE_EV,
        **({} if done.splitting is None else {"splitting_ev": done.splitting * HARTREE_EV}),
        "rmse_mev": None
        if comparison is None
        else (np.asarray(comparison.rmse) * HARTREE_EV * 1e3).tolist(),
        "n_plane_waves": done.case.n_plane_waves,
    }
