"""`nnpp check`: what was read, what it will cost, and what looks wrong; nothing is solved."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.crystal.electrons import SYMBOLS
from nnpp.crystal.symmetry import space_group
from nnpp.io.inputs import Fit, read_all
from nnpp.parallel import one_device_per_core
from nnpp.units import HARTREE_EV
from nnpp.workflows.cases import Case, prepare, refuse_lost_table_entries, weights_of
from nnpp.workflows.compare import reference_bands
from nnpp.workflows.potential import before_training

FAR_APART_EV = 50.0
"""Reference levels further than this from zero are likely in another unit."""


@dataclass(frozen=True)
class SystemReport:
    """What was read of one system, ready to be printed."""

    name: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FitReport:
    """What was read of one fit."""

    name: str
    source: Path
    rows: tuple[tuple[str, str], ...]
    systems: tuple[SystemReport, ...]
    notes: tuple[str, ...]


def run_check(inputs: list[Path]) -> Iterator[FitReport]:
    """A report of every fit at `inputs`."""
    one_device_per_core()
    for fit in read_all(inputs):
        cases = prepare(fit)
        potential = before_training(fit.spec.potential)
        for i, case in enumerate(cases):
            refuse_lost_table_entries(fit, i, potential, case.system)
        systems = tuple(_system(case) for case in cases)
        notes = (*fit.notes, *_unused(fit, cases), *_poles(fit))
        yield FitReport(fit.name, fit.source, _fit_rows(fit), systems, notes)


def _fit_rows(fit: Fit) -> tuple[tuple[str, str], ...]:
    """The potential and how it is to be fitted."""
    spec = fit.spec
    strengths = [
        name
        for name in ("spin_orbit", "nonlocal_", "charge", "strain")
        if any(getattr(e, name) is not None for e in spec.potential.elements.values())
    ]
    beside = ", ".join(s.strip("_") for s in strengths) or "none"
    return (
        ("title", spec.title or "—"),
        ("potential", f"{spec.potential.kind}: {', '.join(spec.potential.elements)}"),
        ("beside v(q)", beside),
        ("trained", ", ".join(spec.potential.train)),
        ("fit", f"{spec.fit.method}, {spec.fit.steps} steps, hold-out {spec.fit.hold_out:g}"),
    )


def _system(case: Case) -> SystemReport:
    """One system: its crystal, basis, k-points, and reference."""
    n, q = np.asarray(case.system.waves.real).sum(axis=1), case.system.q
    atoms, k = case.crystal.symbols, len(case.kpoints)
    evaluations = f"{len(q)} shells (N² per atom: {len(atoms) * int(n.max()) ** 2})"
    rows = [
        ("crystal", f"{_formula(case)}, {space_group(case.crystal)}, {len(atoms)} atoms"),
        ("volume", f"{float(case.crystal.volume):.3f} bohr³"),
        ("electrons", f"{case.electrons}, {case.occupied} of {case.n_levels} levels full"),
        ("spin", "spinors" if case.spinor else "spinless, two electrons a level"),
        ("cutoff", f"{case.spec.cutoff:g} hartree, {case.spec.plane_waves}"),
        ("plane waves", f"{n.min()}–{n.max()}" if n.min() < n.max() else f"{n.max()}"),
        ("v(q) wanted at", evaluations),
        ("k-points", f"{k}, {_special(case)}"),
        *_reference_rows(case),
    ]
    return SystemReport(case.spec.name, tuple(rows), (*case.notes, *_doubts(case)))


def _formula(case: Case) -> str:
    """In2As2 and the like, elements in order of appearance."""
    count = {s: case.crystal.symbols.count(s) for s in case.crystal.species}
    return "".join(s + (str(c) if c > 1 else "") for s, c in count.items())


def _special(case: Case) -> str:
    """The named points among the k-points, shortened."""
    labels = [label for label in case.kpoints.labels if label]
    shown = " ".join(labels[:12]) + (" …" if len(labels) > 12 else "")
    return shown or "none with a name"


def _reference_rows(case: Case) -> list[tuple[str, str]]:
    """The reference and the weights on it."""
    if case.reference is None:
        return [("reference", "none")]
    E = np.asarray(case.reference.E) * HARTREE_EV
    w = np.asarray(weights_of(case, case.reference.E))
    zero = case.spec.zero
    zero = zero if isinstance(zero, str) else f"band {zero.band} at k-point {zero.kpoint}"
    counted = "each spinless level twice" if case.twice else "each level once"
    return [
        ("reference", f"{E.shape[1]} bands ({counted}) at {E.shape[0]} k-points"),
        ("window", f"{E.min():.3f} to {E.max():.3f} eV, zero: {zero}"),
        ("weights", f"{w.min():g} to {w.max():g}, {np.count_nonzero(w)} levels count"),
    ]


def _doubts(case: Case) -> Iterator[str]:
    """What in a reference looks wrong."""
    if case.reference is None:
        return
    E = np.asarray(case.reference.E) * HARTREE_EV
    k = np.round(np.asarray(case.reference.kpoints.fractional), 9)
    same = len(k) - len(np.unique(k, axis=0))
    if same:
        yield f"{same} reference k-points are given more than once"
    if np.abs(E).max() > FAR_APART_EV:
        yield f"reference levels reach {np.abs(E).max():.0f} eV: are they in eV?"
    theirs = reference_bands(case, case.reference)
    if 0 < theirs.occupied < E.shape[1]:
        top, bottom = E[:, theirs.occupied - 1].max(), E[:, theirs.occupied].min()
        if top >= bottom:
            yield f"the reference has no gap: bands overlap by {top - bottom:.3f} eV"


def _unused(fit: Fit, cases: list[Case]) -> Iterator[str]:
    """Elements of the potential that no crystal has."""
    used = {s for case in cases for s in case.crystal.symbols}
    for symbol in sorted(set(fit.spec.potential.elements) - used, key=SYMBOLS.index):
        yield f"{symbol} is in the potential but in no crystal"


def _poles(fit: Fit) -> Iterator[str]:
    """Zunger forms that are infinite somewhere: a2 exp(a3 q²) = 1."""
    for symbol, element in fit.spec.potential.elements.items():
        if not isinstance(element.local, tuple):
            continue
        a0, _, a2, a3 = element.local
        square = -np.log(a2) / a3 if a2 > 0 and a3 != 0 else -1.0
        if a0 != 0 and square >= 0:
            yield f"{symbol}: the Zunger form is infinite at q = {np.sqrt(square):.3f} bohr⁻¹"
