"""The states near the gap of a dot, with checkpoints, warm starts and windows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.dots.coarse import usual_cutoff
from nnpp.dots.edges import Edges, edges
from nnpp.dots.levels import Levels
from nnpp.dots.shares import nearest_site, participation_volume, site_shares, surface_share
from nnpp.dots.two_levels import Report, Saved
from nnpp.errors import InputError
from nnpp.formats.dot_levels import (
    StoredStates,
    read_checkpoint,
    read_states,
    write_checkpoint,
)
from nnpp.hamiltonian.dot_system import DotSystem
from nnpp.linalg.blocks import Block
from nnpp.linalg.roots import orthonormal
from nnpp.structures.dots.surface import hull_volume, is_surface
from nnpp.workflows.dot.case import DotCase
from nnpp.workflows.dot.levels_options import MOST_STATES, Request

CHECKPOINT = "checkpoint.npz"
STATES = "states.h5"

HIGHER = 1.3
"""The cutoff of --converge, relative to that of the levels."""

WIDENINGS = 6
"""How often the number of states is doubled to fill a window."""


@dataclass(frozen=True)
class Solution:
    """The states of a dot.

    Attributes:
        levels: their table.
        edges: the states.
        system: sites and plane waves.
    """

    levels: Levels
    edges: Edges
    system: DotSystem


def solve(
    case: DotCase, request: Request, folder: Path, report: Report, note: Callable[[str], None]
) -> Solution:
    """Return the states near the gap; a checkpoint in `folder` is continued.

    Args:
        case: the dot.
        request: the options.
        folder: folder of the results.
        report: called with stage, done, of and residual [hartree].
        note: called with what the user should know.
    """
    system = case.system()
    H = case.hamiltonian(system)
    identity, path = case.identity(request), folder / CHECKPOINT
    saved = read_checkpoint(path, identity)
    if isinstance(saved, str):
        note(f"{path} {saved}: the calculation begins again")
        saved = None
    elif saved is not None:
        note(f"continued from {path}")
    warm = None if request.warm is None else warm_start(request.warm, system, case)
    run = partial(edges, H, case.occupied, seed=request.seed, report=report)
    valence, conduction = (
        min(n, most) for n, most in zip(request.counts, _most(case, H.rows), strict=True)
    )

    def keep(new: Saved) -> None:
        write_checkpoint(path, identity, new)

    found = run(valence, conduction, warm=warm, checkpoint=keep, resume=saved)
    for _ in range(WIDENINGS):
        wider = _wider(found, request, case, H.rows)
        if wider is None:
            break
        found = run(*wider, warm=found)
    if _wider(found, request, case, H.rows) is not None:
        note("--window is not filled: levels at its ends are missing")
    levels = table(case, system, found)
    if request.window is not None:
        levels = levels.within(*request.window)
    return Solution(levels, found, system)


def _most(case: DotCase, rows: int) -> tuple[int, int]:
    """Return the numbers of states below and above the gap; an InputError without any."""
    if case.occupied >= rows:
        raise InputError(
            f"{case.occupied:,} occupied states, but only {rows:,} plane waves",
            "raise --cutoff",
        )
    return case.occupied, rows - case.occupied


def _wider(found: Edges, request: Request, case: DotCase, rows: int) -> tuple[int, int] | None:
    """Return larger numbers of states if a window is not yet filled; None if it is."""
    if request.window is None:
        return None
    low, high = request.window
    below, above = found.valence, len(found.E) - found.valence
    most = tuple(min(n, MOST_STATES) for n in _most(case, rows))
    more = (
        min(2 * below, most[0]) if float(found.E[0]) >= low else below,
        min(2 * above, most[1]) if float(found.E[-1]) <= high else above,
    )
    return None if more == (below, above) else more


def table(case: DotCase, system: DotSystem, found: Edges) -> Levels:
    """Return energies and errors of the states, and where they are."""
    sphere, r = system.sphere, np.asarray(system.positions)
    volume = hull_volume(r) or float(np.prod(case.box))
    nearest = nearest_site(r, np.asarray(sphere.cell), sphere.shape)
    shares = site_shares(sphere, found.X, nearest, len(r))
    return Levels(
        np.asarray(found.E),
        np.asarray(found.residual),
        np.asarray(found.error),
        np.asarray(participation_volume(sphere, found.X)) / volume,
        surface_share(shares, is_surface(case.dot)),
        found.occupied,
        found.valence,
    )


def at_cutoff(case: DotCase, cutoff: float) -> DotCase:
    """Return the same dot with another cutoff [hartree]."""
    return replace(case, basis=replace(case.basis, cutoff=cutoff))


def at_higher_cutoff(
    case: DotCase, request: Request, report: Report, note: Callable[[str], None]
) -> tuple[float, Levels]:
    """Return a higher cutoff [hartree], and HOMO and LUMO there."""
    cutoff = HIGHER * case.basis.cutoff
    case = at_cutoff(case, cutoff)
    system = case.system()
    H = case.hamiltonian(system)
    found = edges(H, case.occupied, 1, 1, seed=request.seed, report=report)
    if found.warning:
        note(f"at {cutoff:.3g} hartree: {found.warning}")
    return cutoff, table(case, system, found)


def stored(solution: Solution) -> StoredStates:
    """Return the states as they are stored."""
    found, sphere = solution.edges, solution.system.sphere
    return StoredStates(
        np.asarray(found.E),
        np.asarray(found.X),
        np.asarray(found.coarse),
        np.asarray(sphere.n),
        np.asarray(sphere.cell),
        found.occupied,
        found.valence,
    )


def warm_start(folder: Path, system: DotSystem, case: DotCase) -> Edges:
    """Return the states of a similar dot as functions in the box of this one.

    A plane wave of one box becomes that with the same integers of the other, so that functions
    are stretched as the box is.
    """
    known = read_states(folder / STATES if folder.is_dir() else folder)
    parts = 4 if case.spinor else 1
    if known.X.shape[1] != parts:
        raise InputError(
            "its states are of another kind (spinors or not)", "leave out --warm", "--warm"
        )
    if len(known.X) != 2 * len(known.n) - 1:
        raise InputError("its states are those of a grid", "leave out --warm", "--warm")
    n = np.asarray(system.sphere.n)
    K2 = np.asarray(system.sphere.K2)  # rising
    few = (np.count_nonzero(usual_cutoff(K2[-1] / 2, case.occupied) > K2 / 2) + 1) // 2
    return Edges(
        E=jnp.asarray(known.E),
        X=orthonormal(_moved(jnp.asarray(known.X, float), known.n, n)),
        residual=jnp.full(len(known.E), np.inf),
        error=jnp.full(len(known.E), np.inf),
        coarse=orthonormal(_moved(jnp.asarray(known.coarse, float), known.n, n[:few])),
        missed=0.0,
        coarse_applications=0,
        fine_applications=0,
        occupied=known.occupied,
        valence=known.valence,
    )


def _moved(X: Block, known: np.ndarray, wanted: np.ndarray) -> Block:
    """Return functions by the plane waves `wanted`, with the same integers as `known`.

    Args:
        X: functions; their rows are the first ones of `known`.
        known: integer vector of each pair ±G.
        wanted: integer vectors of the new pairs.
    """
    pairs = (X.shape[0] + 1) // 2
    place = {n: i for i, n in enumerate(map(tuple, known[:pairs].tolist()))}
    moved = np.zeros((2 * len(wanted) - 1, *X.shape[1:]))
    for i, n in enumerate(map(tuple, wanted.tolist())):
        j, sign = place.get(n), 1.0
        if j is None:
            j, sign = place.get((-n[0], -n[1], -n[2])), -1.0
        if j is None:
            continue
        if i == 0:
            moved[0] = X[0]
        elif j > 0:
            moved[2 * i - 1], moved[2 * i] = X[2 * j - 1], sign * X[2 * j]
    return jnp.asarray(moved)
