"""`nnpp bands`: levels of every system of every fit, written, drawn and compared."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnpp.io.atomic import write_whole
from nnpp.io.bands_csv import write_bands_csv
from nnpp.io.inputs import Fit, read_all
from nnpp.io.results import write_bands, write_dos
from nnpp.observables.bands import bands
from nnpp.observables.gap import gap
from nnpp.parallel import one_device_per_core
from nnpp.potentials.potential import Potential
from nnpp.units import HARTREE_EV
from nnpp.workflows.cases import Case, prepare, refuse_lost_table_entries
from nnpp.workflows.choices import Choices, chosen
from nnpp.workflows.compare import compare_with_reference
from nnpp.workflows.connect import connected
from nnpp.workflows.density import density_of_states
from nnpp.workflows.draw import draw_bands, draw_potential
from nnpp.workflows.potential import before_training, untrained
from nnpp.workflows.provenance import provenance, write_run
from nnpp.workflows.solved import Solved

UNTRAINED = "the network is not trained: these are the bands of the Zunger form it starts from"


@dataclass(frozen=True)
class Started:
    """A fit was read: its name, its systems and what to know of it."""

    name: str
    systems: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """A fit is done: what was written beside its systems."""

    name: str
    paths: tuple[Path, ...]


Event = Started | Solved | Finished


def run_bands(inputs: list[Path], out: Path, choices: Choices) -> Iterator[Event]:
    """Solve every system of every fit at `inputs`; results go to `out`/fit/system.

    All inputs are read, and refused if they are wrong, before anything is computed or written.
    """
    one_device_per_core()
    fits = [chosen(fit, choices) for fit in read_all(inputs)]
    ready = [(fit, prepare(fit)) for fit in fits]
    for fit, cases in ready:
        yield from _run_fit(fit, cases, out, choices)


def _run_fit(fit: Fit, cases: list[Case], out: Path, choices: Choices) -> Iterator[Event]:
    start, folder = time.perf_counter(), out / fit.name
    potential = before_training(fit.spec.potential)
    notes = (*fit.notes, *((UNTRAINED,) if untrained(fit.spec.potential) else ()))
    yield Started(fit.name, tuple(case.spec.name for case in cases), notes)
    for i, case in enumerate(cases):
        refuse_lost_table_entries(fit, i, potential, case.system)
    solved = []
    for i, case in enumerate(cases):
        with fit.spec.origin.telling("systems", i):
            done = _solve(case, potential, choices)
        solved.append(_written(done, potential, folder / case.spec.name, fit, choices))
        yield solved[-1]
    paths = list(draw_potential(folder, fit, potential, cases)) if choices.plot else []
    paths += [_summary(folder, solved, time.perf_counter() - start), write_run(folder, fit)]
    yield Finished(fit.name, tuple(paths))


def _solve(case: Case, potential: Potential, choices: Choices) -> Solved:
    """Levels of one system and what they tell."""
    start = time.perf_counter()
    found = bands(
        potential,
        case.system,
        case.crystal,
        case.kpoints,
        choices.bands or case.n_levels,
        case.electrons,
    )
    edges = gap(found) if 0 < case.occupied < found.E.shape[1] else None
    dos = density_of_states(case, potential, choices) if choices.dos else None
    comparison = compare_with_reference(case, found)
    return Solved(case, found, edges, comparison, dos, time.perf_counter() - start)


def _written(
    done: Solved, potential: Potential, folder: Path, fit: Fit, choices: Choices
) -> Solved:
    """The same, with its files on disk."""
    paths = write_bands(folder, done.bands, done.case.crystal, provenance(fit, done.case))
    if done.dos is not None:
        paths += write_dos(folder, done.dos)
    if choices.connect:
        followed = connected(done.case, potential, done.bands)
        paths.append(write_bands_csv(folder / "connected.csv", followed))
    paths += draw_bands(folder, done, potential, choices)
    return replace(done, paths=tuple(paths))


def _summary(folder: Path, solved: list[Solved], seconds: float) -> Path:
    """summary.json: the few numbers that a reader looks for first."""
    systems = {done.case.spec.name: _figures(done) for done in solved}
    losses = [s["loss_ev2"] for s in systems.values() if s["loss_ev2"] is not None]
    total = {"loss_ev2": sum(losses) if losses else None, "systems": systems}
    text = json.dumps(total | {"seconds": round(seconds, 3)}, indent=2)
    return write_whole(folder / "summary.json", text + "\n")


def _figures(done: Solved) -> dict:
    """The numbers of one system [eV, meV, eV²]."""
    edges, beside = done.gap, done.comparison
    return {
        "loss_ev2": None if beside is None else float(beside.loss) * HARTREE_EV**2,
        "gap_ev": None if edges is None else edges.width * HARTREE_EV,
        "vbm_ev": None if edges is None else edges.vbm * HARTREE_EV,
        "cbm_ev": None if edges is None else edges.cbm * HARTREE_EV,
        "rmse_mev": None
        if beside is None
        else (np.asarray(beside.rmse) * HARTREE_EV * 1e3).tolist(),
        "n_plane_waves": int(np.asarray(done.case.system.waves.real).sum(axis=1).max()),
    }
