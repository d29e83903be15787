"""Files of the levels of a dot: levels.csv, summary.json, states, densities, figure, page."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from nnpp.dots.density import density, unwrapped
from nnpp.dots.levels import Levels
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.json_text import load_json
from nnpp.files.text import exists, read_text
from nnpp.formats.dot_levels import read_levels, write_levels, write_states
from nnpp.formats.dots import atoms_in_box
from nnpp.formats.volume import Volume, write_field
from nnpp.plotting.dot_levels import LevelPicture, figure_levels, page_levels
from nnpp.plotting.style import image
from nnpp.runs.outputs import fingerprint
from nnpp.units import HARTREE_EV
from nnpp.workflows.dot.case import DotCase, composition
from nnpp.workflows.dot.levels_options import CUBES, Request
from nnpp.workflows.dot.solve import STATES, Solution, stored
from nnpp.workflows.fits.provenance import versions

LEVELS, SUMMARY, REPORT = "levels.csv", "summary.json", "report.html"

AGAIN = "compute it again with --force"


@dataclass(frozen=True)
class Results:
    """What is written of a dot.

    Attributes:
        case: the dot.
        solution: its states.
        summary: the content of summary.json.
    """

    case: DotCase
    solution: Solution
    summary: Mapping[str, Any]


def summary_of(
    case: DotCase,
    request: Request,
    solution: Solution,
    seconds: float,
    higher: tuple[float, Levels] | None,
) -> dict[str, Any]:
    """Return the content of summary.json: numbers of the dot, and where they are from."""
    levels, found, system = solution.levels, solution.edges, solution.system
    source = case.source
    return {
        "homo_ev": levels.homo * HARTREE_EV,
        "lumo_ev": levels.lumo * HARTREE_EV,
        "gap_ev": levels.gap * HARTREE_EV,
        "occupied": case.occupied,
        "missed_probe": float(found.missed),
        "warning": found.warning,
        "cutoff_hartree": case.basis.cutoff,
        "plane_waves": case.basis.rule,
        "rows": int(system.sphere.rows),
        "points": list(system.sphere.shape),
        "box_bohr": case.box.tolist(),
        "spinor": case.spinor,
        "sites": len(case.dot.symbols),
        "composition": composition(case.dot),
        "largest_residual_ev": float(levels.residual.max()) * HARTREE_EV,
        "coarse_applications": int(found.coarse_applications),
        "fine_applications": int(found.fine_applications),
        "seconds": round(seconds, 3),
        **({} if higher is None else {"converge": _moves(levels, *higher)}),
        "dot_sha256": case.files,
        "potential": {
            "name": source.name or case.name,
            "fingerprint": fingerprint(source.potential),
            "files_sha256": source.files,
        },
        "states": [levels.valence, len(levels.E) - levels.valence],
        "window_ev": [x * HARTREE_EV for x in request.window or ()],
        "seed": request.seed,
        "versions": versions(),
        "identity": case.identity(request),
    }


def _moves(levels: Levels, cutoff: float, higher: Levels) -> dict[str, float]:
    """Return how the edges move at a higher cutoff."""
    return {
        "cutoff_hartree": cutoff,
        "homo_moves_ev": (higher.homo - levels.homo) * HARTREE_EV,
        "lumo_moves_ev": (higher.lumo - levels.lumo) * HARTREE_EV,
        "gap_moves_ev": (higher.gap - levels.gap) * HARTREE_EV,
    }


def reusable(
    folder: Path, identity: str, request: Request
) -> tuple[Levels, dict[str, Any]] | None:
    """Return earlier results with everything that is asked; None without them.

    Raises:
        InputError: if the folder has results of another dot, potential or question.
    """
    path = folder / SUMMARY
    if request.force or not exists(path):
        return None
    try:
        summary = load_json(read_text(path))
        known = summary["identity"]
        if not isinstance(summary["gap_ev"], float) or not isinstance(known, str):
            raise TypeError("not numbers of a dot")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("is not a summary of a dot, or is damaged", AGAIN, path) from error
    if known != identity:
        raise InputError(
            "has the levels of another dot or potential with this name",
            "add --force to replace them, or choose another folder (--out)",
            folder,
        )
    wanted = [
        LEVELS,
        *([STATES] if request.states else []),
        *(f"{n}.cube" for n in request.cube),
    ]
    complete = all(exists(folder / name) for name in wanted)
    if not complete or (request.converge and "converge" not in summary):
        return None
    return read_levels(folder / LEVELS), summary


def write_results(folder: Path, results: Results, request: Request) -> list[Path]:
    """Write all files of a dot, summary.json last; return their paths.

    Without summary.json, after an interruption, no file counts as a result. States and
    densities of another dot or potential are removed.
    """
    case, solution = results.case, results.solution
    levels, old = solution.levels, _known(folder / SUMMARY)
    summary = dict(results.summary)
    if old.get("identity") != summary["identity"]:
        for name in (STATES, *(f"{n}.cube" for n in CUBES)):
            (folder / name).unlink(missing_ok=True)
    elif "converge" in old:
        summary = {"converge": old["converge"], **summary}
    (folder / SUMMARY).unlink(missing_ok=True)
    paths = [write_levels(folder / LEVELS, levels)]
    if request.states:
        about = {k: results.summary[k] for k in ("dot_sha256", "potential", "versions")}
        paths.append(write_states(folder / STATES, stored(solution), about))
    for name in request.cube:
        paths.append(_write_cube(folder, name, results))
    picture = LevelPicture(levels, case.name, tuple(facts(summary)))
    figure = figure_levels(picture)
    paths += [write_atomic(folder / f"levels.{x}", image(figure, x)) for x in ("png", "pdf")]
    paths.append(write_atomic(folder / REPORT, page_levels(picture)))
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    return [*paths, write_atomic(folder / SUMMARY, text + "\n")]


def _known(path: Path) -> dict[str, Any]:
    """Return an earlier summary; empty without a readable one."""
    try:
        known = load_json(read_text(path)) if exists(path) else {}
    except (ValueError, RecursionError, InputError):
        return {}
    return known if isinstance(known, dict) else {}


def _write_cube(folder: Path, name: str, results: Results) -> Path:
    """Write |ψ|² of HOMO or LUMO, the mean of its multiplet."""
    levels, found = results.solution.levels, results.solution.edges
    system = results.solution.system
    at = levels.valence - (name == "homo")
    members = np.flatnonzero(levels.multiplets == levels.multiplets[at])
    first = found.valence - levels.valence
    w = np.zeros(len(found.E))
    w[first + members] = 1 / len(members)
    rho = unwrapped(density(system.sphere, found.X, jnp.asarray(w)))
    E = levels.E[at] * HARTREE_EV
    several = f", mean of {len(members)} levels" if len(members) > 1 else ""
    title = f"|psi|^2 of {results.case.name}, {name.upper()}{several}, {E:.6f} eV"
    cell = np.asarray(system.sphere.cell)
    volume = Volume(name, title, np.asarray(rho), True)
    r = np.asarray(system.positions) + cell.sum(axis=0) / 2
    return write_field(folder, volume, atoms_in_box(r, system.symbols, cell), "cube")


def facts(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and values of the table of a page."""
    yield "Sites", f"{summary['sites']:,}: {summary['composition']}"
    kind = "Kramers pairs" if summary["spinor"] else "states"
    yield "Occupied", f"{summary['occupied']:,} {kind}"
    yield "Gap", f"{summary['gap_ev']:.4f} eV"
    yield "HOMO", f"{summary['homo_ev']:.4f} eV"
    yield "LUMO", f"{summary['lumo_ev']:.4f} eV"
    yield "Missed states", f"probe {summary['missed_probe']:.1e}; above 0.01 a state is missing"
    yield (
        "Basis",
        f"{summary['rows']:,} plane waves, {summary['cutoff_hartree']:.6g} hartree, "
        f"{summary['plane_waves']}; {' × '.join(map(str, summary['points']))} points",
    )
    if "converge" in summary:
        moved = summary["converge"]
        yield (
            f"At {moved['cutoff_hartree']:.3g} hartree",
            f"HOMO {moved['homo_moves_ev'] * 1e3:+.1f} meV, "
            f"LUMO {moved['lumo_moves_ev'] * 1e3:+.1f} meV, "
            f"gap {moved['gap_moves_ev'] * 1e3:+.1f} meV",
        )
    yield "Potential", summary["potential"]["name"]
    yield "Processor time", f"{summary['seconds']:.1f} s"
    yield "Written by", f"nnpp {summary['versions']['nnpp']}"
