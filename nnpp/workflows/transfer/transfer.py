"""`nnpp transfer`: test a potential outside its fit: strain, wurtzite, alloys, superlattices.

The error bar is the spread of an ensemble, calibrated where the reference is known: at the
held-out k-points, or else at the fitted ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.basis.rules import RULES, Rule
from nnpp.config.inputs import Fit
from nnpp.devices.start import start_devices
from nnpp.eigensolvers.choice import automatic
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tables import csv_text
from nnpp.fitting.targets.levels import bands_among
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import Bands, levels, occupied_levels, validated
from nnpp.observables.comparison import Coverage, coverage
from nnpp.observables.completeness import complete
from nnpp.observables.slopes import levels_of_members
from nnpp.plotting.errors import figure_coverage
from nnpp.plotting.style import image
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import refuse_other_run, refuse_unusable
from nnpp.runs.outputs import Record, writing
from nnpp.runs.question import number_part
from nnpp.setup.potential import potential_of
from nnpp.structures.alloys import zinc_blende
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.of_fit import ensemble_of_fit
from nnpp.workflows.train.run import Run, read_run
from nnpp.workflows.transfer.unseen import (
    Binary,
    Unseen,
    binaries,
    count_unseen,
    gap_at_gamma,
    unseen,
)

CELLS = 8
"""Usual number of primitive cells of an alloy."""

MORE = 4
"""Number of empty levels computed."""


@dataclass(frozen=True)
class Begun:
    """The name of a run, notes on its error bars, and the number of crystals to solve."""

    name: str
    notes: tuple[str, ...]
    crystals: int


@dataclass(frozen=True)
class Row:
    """One quantity of one case [eV].

    Attributes:
        case: name of the crystal.
        quantity: name of the quantity.
        here: value of the potential.
        bar: error bar, the calibrated spread of the ensemble; None without an ensemble.
        expected: expected value; None if it is unknown.
        source: source of the expected value.
    """

    case: str
    quantity: str
    here: float
    bar: float | None
    expected: float | None
    source: str


@dataclass(frozen=True)
class Found:
    """Levels at Γ.

    Attributes:
        E: levels of the potential [hartree].
        members: levels of the ensemble members [hartree]; None without an ensemble.
        top: index of the highest occupied level.
    """

    E: Float[np.ndarray, " level"]
    members: Float[np.ndarray, "member level"] | None
    top: int


@dataclass(frozen=True)
class Done:
    """End of a run: how many error bars contain the expected value, and the files written."""

    held: str
    paths: tuple[Path, ...]


Event = Begun | Row | Done


def run_transfer(fits: list[Fit], out: Path, cells: int) -> Iterator[Event]:
    """Compute all cases of each run, small cells first; yield what to print."""
    start_devices()
    runs = [read_run(fit) for fit in fits]
    for run in runs:
        _refuse(run)
        refuse_other_run(run.fit, out / run.fit.name)
        refuse_unusable(out / run.fit.name, _question(cells))
    for run in runs:
        folder, potential = out / run.fit.name, potential_of(run.fit)
        with writing(folder, "transfer", potential) as record:
            yield from _of_run(run, potential, folder / _question(cells), cells, record)


def _question(cells: int) -> str:
    """Return the name of the folder for alloys of another size; empty for the usual one."""
    return "" if cells == CELLS else number_part("transfer-cells", cells)


def _refuse(run: Run) -> None:
    """Raise an error for a run without zinc blende, or with a table of v(q)."""
    if run.start.local.lengths is not None:
        raise InputError(
            "a table has v(q) only at its lengths",
            "use a zunger or neural potential",
            run.fit.folder,
        )
    if not binaries(run.cases):
        raise InputError(
            "no unstrained zinc-blende crystal was fitted, so there are no cases",
            "use `nnpp bands --structure` for other crystals",
            run.fit.folder,
        )


def _of_run(
    run: Run, potential: Potential, folder: Path, cells: int, record: Record
) -> Iterator[Event]:
    """Compute all cases of one run."""
    ensemble = ensemble_of_fit(run.fit, potential)
    known = {} if ensemble is None else calibration(run, ensemble)
    factor = next((c.factor for c in known.values() if len(c.ratios)), 1.0)
    notes = _notes(known, factor)
    fitted, first = binaries(run.cases), run.cases[0]
    yield Begun(run.fit.name, notes, count_unseen(fitted))
    solve = AtGamma(potential, ensemble, first.spinor, RULES[first.spec.plane_waves])
    gaps = {one.name: _gap(solve, one) for one in fitted}
    rows = []
    for case in unseen(fitted, solve.spinor, cells):
        for row in _rows(solve, case, gaps, factor):
            rows.append(row)
            yield row
    header = ("case", "quantity", "nnpp_ev", "bar_ev", "expected_ev", "source")
    cells_of_rows = (
        (row.case, row.quantity, row.here, row.bar, row.expected, row.source) for row in rows
    )
    table = csv_text(header, cells_of_rows, ".6f", quoted=("source",))
    paths = [write_atomic(folder / "transfer.csv", table)]
    if known:
        figure = figure_coverage(known, run.fit.name, notes)
        paths += [
            write_atomic(folder / f"coverage.{x}", image(figure, x)) for x in ("png", "pdf")
        ]
    yield Done(count_inside(rows), record(paths))


def count_inside(rows: list[Row]) -> str:
    """Return how many error bars contain the expected value, as text."""
    inside = [
        abs(row.here - row.expected) <= row.bar
        for row in rows
        if row.bar is not None and row.expected is not None
    ]
    if not inside:
        return ""
    return f"{sum(inside)} of {len(inside)} error bars contain the expected value"


def calibration(run: Run, ensemble: StoredEnsemble) -> dict[str, Coverage]:
    """Return the coverage of held-out levels, if there are any, and of fitted levels."""
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
            weighted = np.asarray(target.weights) > 0
            errors.append(error[weighted])
            spreads.append(spread[:, : error.shape[1]][weighted])
    both = {"held out": held, "fitted": fitted}
    return {
        name: coverage(np.concatenate(errors), np.concatenate(spreads))
        for name, (errors, spreads) in both.items()
        if errors
    }


def _notes(known: dict[str, Coverage], factor: float) -> tuple[str, ...]:
    """Return notes on the coverage."""
    if not known:
        return ("no ensemble: no error bars (train with --members 8)",)
    texts = [
        f"{name}: {100 * float(c.share(np.ones(1))[0]):.0f} % of {len(c.ratios)} levels within "
        f"one spread, 68 % within {c.factor:.2g}"
        for name, c in known.items()
    ]
    return (*texts, f"error bars are spreads times {factor:.2g}")


@dataclass(frozen=True)
class AtGamma:
    """Levels at Γ of any crystal, of the potential and of the ensemble members.

    Attributes:
        potential: potential of the run.
        ensemble: its ensemble; None if there is none.
        spinor: whether a level holds one electron.
        rule: rule that selects plane waves.
    """

    potential: Potential
    ensemble: StoredEnsemble | None
    spinor: bool
    rule: Rule

    def __call__(self, crystal: Crystal, cutoff: float, electrons: int) -> Found:
        """Return the levels; those of members to first order.

        Args:
            crystal: the crystal.
            cutoff: plane-wave cutoff [hartree].
            electrons: number of electrons per two atoms.
        """
        at = system(crystal, listed(crystal, np.zeros((1, 3))), cutoff, self.rule)
        total = electrons * len(crystal.symbols) // 2
        top = occupied_levels(total, self.spinor) - 1
        n = min(top + 1 + MORE, at.max_levels(self.spinor))
        if self.ensemble is None:
            E, members = levels(self.potential, at, n), None
        else:
            stacked = self.ensemble.stacked(self.potential)
            E, members = levels_of_members(self.potential, stacked, at, n, automatic)
        complete(validated(E), self.potential, at)
        return Found(np.asarray(E[0]), None if members is None else members[:, 0], top)


def _rows(solve: AtGamma, case: Unseen, gaps: dict[str, float], factor: float) -> Iterator[Row]:
    """Yield all quantities of a case."""
    found = solve(case.crystal, case.cutoff, case.electrons)
    for quantity, of_levels in case.quantities.items():
        known = case.expected.get(quantity)
        expected = None if known is None else known.value(gaps) * HARTREE_EV
        bar = None
        if found.members is not None:
            spread = np.std(of_levels(found.members, found.top), ddof=1)
            bar = float(spread) * HARTREE_EV * factor
        here = float(of_levels(found.E, found.top)) * HARTREE_EV
        yield Row(case.name, quantity, here, bar, expected, known.source if known else "")


def _gap(solve: AtGamma, one: Binary) -> float:
    """Return the gap at Γ of the unstrained crystal [hartree]."""
    found = solve(zinc_blende(one.cation, one.anion, one.a), one.cutoff, one.electrons)
    return float(gap_at_gamma(found.E, found.top))
