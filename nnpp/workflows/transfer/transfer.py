"""`nnpp transfer`: does a potential hold where no fit looked? Strain, wurtzite, alloys, layers.

The spread of an ensemble is the error bar. How far it may be trusted is measured where the
reference is known, at the k-points of the fit and at those held out (coverage).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.basis.rules import RULES
from nnpp.config.inputs import Fit
from nnpp.devices.parallel import one_device_per_core
from nnpp.eigensolvers.choice import automatic
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable, write_atomic
from nnpp.files.tables import csv_text
from nnpp.fitting.spectrum import Spectrum
from nnpp.fitting.targets.bands import bands_among
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import Bands, levels, occupied_levels, validated
from nnpp.observables.comparison import Coverage, coverage
from nnpp.observables.completeness import complete
from nnpp.observables.couplings import Rule
from nnpp.observables.slopes import levels_of_members
from nnpp.plotting.errors import figure_coverage
from nnpp.plotting.style import image
from nnpp.potentials.potential import Potential
from nnpp.potentials.table import Table
from nnpp.setup.trained import potential_of
from nnpp.structures.alloys import zinc_blende
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.of_fit import ensemble_of_fit
from nnpp.workflows.train.run import Run, read_run
from nnpp.workflows.transfer.unseen import Binary, Unseen, binaries, gap_at_gamma, unseen

MORE = 4
"""Levels above the highest full one that are solved for."""


@dataclass(frozen=True)
class Begun:
    """What is known of the spread before any case."""

    name: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One quantity of one case [eV].

    Attributes:
        case: what was solved.
        quantity: what is told.
        here: what the potential gives.
        bar: the spread of the ensemble, times what makes it honest; None without one.
        expected: what should come out; None if nobody knows.
        whose: where that comes from.
    """

    case: str
    quantity: str
    here: float
    bar: float | None
    expected: float | None
    whose: str


@dataclass(frozen=True)
class Found:
    """Levels at Γ [hartree], those of all members, and the place of the highest full one."""

    E: Float[np.ndarray, " level"]
    members: Float[np.ndarray, "member level"] | None
    top: int


@dataclass(frozen=True)
class Done:
    """All cases of a run were told; of those that somebody knows, how many held."""

    held: str
    paths: tuple[Path, ...]


Event = Begun | Row | Done


def run_transfer(fits: list[Fit], out: Path, cells: int) -> Iterator[Event]:
    """All cases of each run, the small cells first."""
    one_device_per_core()
    runs = [read_run(fit) for fit in fits]
    for run in runs:
        _refuse(run)
        refuse_unwritable(out / run.fit.name)
    for run in runs:
        yield from _of_run(run, out / run.fit.name, cells)


def _refuse(run: Run) -> None:
    """Refuse what has no zinc blende, or is known at listed lengths alone."""
    if isinstance(run.start.local, Table):
        raise InputError(
            "a table knows v(q) at its lengths alone", "name a form or a network", run.folder
        )
    if not binaries(run.cases):
        raise InputError(
            "no zinc-blende crystal at rest was fitted, of which cases could be made",
            "use `nnpp bands --structure` for crystals of your own",
            run.folder,
        )


def _of_run(run: Run, folder: Path, cells: int) -> Iterator[Event]:
    """One run."""
    potential = potential_of(run.fit)
    ensemble = ensemble_of_fit(run.fit, potential)
    known = {} if ensemble is None else calibration(run, ensemble)
    yield Begun(run.fit.name, _notes(known))
    factor = _factor(known)
    first = run.cases[0]
    solve = AtGamma(potential, ensemble, first.spinor, RULES[first.spec.plane_waves])
    rest = binaries(run.cases)
    gaps = {one.name: _gap(solve, one) for one in rest}
    rows = []
    for case in unseen(rest, solve.spinor, cells):
        for row in _rows(solve, case, gaps, factor):
            rows.append(row)
            yield row
    paths = [write_atomic(folder / "transfer.csv", _csv(rows))]
    if known:
        figure = figure_coverage(known, run.fit.name, _notes(known))
        paths += [
            write_atomic(folder / f"coverage.{x}", image(figure, x)) for x in ("png", "pdf")
        ]
    yield Done(held(rows), tuple(paths))


def held(rows: list[Row]) -> str:
    """Of the error bars that can be judged, how many reach what is expected."""
    reach = [
        abs(row.here - row.expected) <= row.bar
        for row in rows
        if row.bar is not None and row.expected is not None
    ]
    return f"{sum(reach)} of {len(reach)} error bars reach what is expected" if reach else ""


def calibration(run: Run, ensemble: StoredEnsemble) -> dict[str, Coverage]:
    """Of the levels held out, if there are any, and of those fitted."""
    held, fitted = ([], []), ([], [])
    for source in run.objective.sources:
        stored = ensemble.systems.get(source.name)
        if not isinstance(source, Spectrum) or stored is None:
            continue
        E = jnp.asarray(stored.fitted)
        bands = Bands(source.kpoints, E, source.occupied, source.spinor)
        for target, (errors, spreads) in (
            (bands_among(source.held), held),
            (bands_among(source.targets), fitted),
        ):
            if target is None:
                continue
            error = np.asarray(target.error(bands))
            spread = np.repeat(stored.spread, 2 if target.doubled else 1, axis=1)
            weighs = np.asarray(target.weights) > 0
            errors.append(error[weighs])
            spreads.append(spread[:, : error.shape[1]][weighs])
    both = {"held out": held, "fitted": fitted}
    return {
        name: coverage(np.concatenate(errors), np.concatenate(spreads))
        for name, (errors, spreads) in both.items()
        if errors
    }


def _notes(known: dict[str, Coverage]) -> tuple[str, ...]:
    """What coverage tells."""
    if not known:
        return ("no ensemble: numbers stand without an error bar (train with --members 8)",)
    told = [
        f"{name}: {100 * float(c.share(np.ones(1))[0]):.0f} % of {len(c.ratios)} levels within "
        f"one spread, 68 % within {c.factor:.2g}"
        for name, c in known.items()
    ]
    return (*told, f"error bars are spreads times {_factor(known):.2g}")


def _factor(known: dict[str, Coverage]) -> float:
    """What makes spreads honest, of the first set that tells; 1 if none does."""
    return next((c.factor for c in known.values() if len(c.ratios)), 1.0)


@dataclass(frozen=True)
class AtGamma:
    """Levels at Γ of any crystal, by the potential and by the members about it.

    Attributes:
        potential: of the run.
        ensemble: its members; None where there are none.
        spinor: whether levels hold one electron.
        rule: what chooses plane waves.
    """

    potential: Potential
    ensemble: StoredEnsemble | None
    spinor: bool
    rule: Rule

    def __call__(self, crystal: Crystal, cutoff: float, electrons: int) -> Found:
        """Solved once, members to first order; `electrons` for each two atoms."""
        at = system(crystal, listed(crystal, np.zeros((1, 3))), cutoff, self.rule)
        whole = electrons * len(crystal.symbols) // 2
        top = occupied_levels(whole, self.spinor) - 1
        n = min(top + 1 + MORE, at.room(self.spinor))
        if self.ensemble is None:
            E, members = levels(self.potential, at, n), None
        else:
            stacked = self.ensemble.stacked(self.potential)
            E, members = levels_of_members(self.potential, stacked, at, n, automatic)
        complete(validated(E), self.potential, at)
        return Found(np.asarray(E[0]), None if members is None else members[:, 0], top)


def _rows(solve: AtGamma, case: Unseen, gaps: dict[str, float], factor: float) -> Iterator[Row]:
    """All quantities of a case; what is expected is of the first."""
    found = solve(case.crystal, case.cutoff, case.electrons)
    for i, (quantity, of_levels) in enumerate(case.asked.items()):
        known = case.expected if i == 0 else None
        expected = None if known is None else known(gaps) * HARTREE_EV
        bar = None
        if found.members is not None:
            spread = np.std(of_levels(found.members, found.top), ddof=1)
            bar = float(spread) * HARTREE_EV * factor
        here = float(of_levels(found.E, found.top)) * HARTREE_EV
        yield Row(case.name, quantity, here, bar, expected, case.whose if known else "")


def _gap(solve: AtGamma, one: Binary) -> float:
    """At Γ, at rest [hartree]."""
    found = solve(zinc_blende(one.cation, one.anion, one.a), one.cutoff, one.electrons)
    return float(gap_at_gamma(found.E, found.top))


def _csv(rows: list[Row]) -> str:
    """Return the table of all rows as CSV."""
    header = ("case", "quantity", "nnpp_ev", "bar_ev", "expected_ev", "whose")
    cells = (
        (row.case, row.quantity, row.here, row.bar, row.expected, row.whose) for row in rows
    )
    return csv_text(header, cells, ".6f", quoted=("whose",))
