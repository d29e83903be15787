"""`nnpp check`: report what was read, its cost and warnings; no bands are computed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.config.inputs import Fit
from nnpp.config.targets import CouplingTarget, StretchTarget
from nnpp.devices.start import start_devices
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.checks import memory_of
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.setup.potential import potential_of
from nnpp.setup.prepare import fit_warnings, prepare, system_warnings
from nnpp.setup.reference import Reference
from nnpp.structures.symmetry import space_group
from nnpp.terms.term import terms
from nnpp.units import HARTREE_EV

TABULATED = CouplingTarget | StretchTarget
"""Targets that come in tables; they are counted, not listed."""

ROWS = {"stretched": "slopes from two volumes", "coupling": "couplings to moving atoms"}
"""Names of tabulated targets."""

Rows = tuple[tuple[str, str], ...]
"""Names and values to be printed."""


@dataclass(frozen=True)
class SystemReport:
    """What was read for one system."""

    name: str
    rows: Rows
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FitReport:
    """What was read for one fit."""

    name: str
    source: Path
    rows: Rows
    systems: tuple[SystemReport, ...]
    notes: tuple[str, ...]


def run_check(fits: list[Fit]) -> Iterator[FitReport]:
    """Yield a report on every fit."""
    start_devices()
    for fit in fits:
        cases, potential = prepare(fit), potential_of(fit)
        systems = tuple(
            SystemReport(
                case.spec.name,
                (*_rows(case), _memory(case, potential)),
                (*case.notes, *system_warnings(case)),
            )
            for case in cases
        )
        notes = (*fit.notes, *fit_warnings(fit, cases))
        yield FitReport(fit.name, fit.source, _fit_rows(fit), systems, notes)


def _fit_rows(fit: Fit) -> Rows:
    """Return rows on the potential and on how it is fitted."""
    spec = fit.spec
    elements = spec.potential.by_element.values()
    strengths = [
        term.name.replace("_", "-")
        for term in terms()
        if any(element.strength(term.name) is not None for element in elements)
    ]
    trained = ", ".join(part.replace("_", "-") for part in spec.potential.train)
    return (
        *((("title", spec.title),) if spec.title else ()),
        ("potential", f"{spec.potential.kind}: {', '.join(spec.potential.by_element)}"),
        ("other terms", ", ".join(strengths) or "none"),
        ("trained", trained or "none"),
        ("fit", f"{spec.fit.method}, {spec.fit.steps} steps, hold-out {spec.fit.hold_out:g}"),
    )


def _rows(case: Case) -> Iterator[tuple[str, str]]:
    """Yield rows on one system: crystal, basis, k-points, reference and targets."""
    n, atoms = np.asarray(case.system.waves.real).sum(axis=1), len(case.crystal.symbols)
    volume = f"{float(case.crystal.volume):.3f} bohr³"
    yield "crystal", f"{_formula(case)}, {space_group(case.crystal)}, {atoms} atoms, {volume}"
    each = "one electron each (spinors)" if case.spinor else "two electrons each"
    occupied = f"{case.occupied} occupied: {case.electrons} electrons, {each}"
    yield "levels", f"{case.n_levels}, {occupied}"
    waves = f"{n.min()}–{n.max()}" if n.min() < n.max() else f"{n.max()}"
    rule = case.spec.plane_waves
    yield "basis", f"{case.spec.cutoff:g} hartree, {rule}: {waves} plane waves"
    shells, species = len(case.system.q), len(case.crystal.species)
    count = f"{shells * species} evaluations, {shells} shells × {species} elements"
    yield "v(q)", f"{count} (without shells {atoms * case.n_plane_waves**2:,})"
    if case.spec.dilation:
        yield "dilation", f"{case.spec.dilation:g}, the argument of strain factors"
    if case.spec.bonds:
        e = np.asarray(case.crystal.strains)
        yield "strain", f"per atom, {e.min():+.3g} to {e.max():+.3g}"
    yield "k-points", f"{len(case.kpoints)}: {_special(case) or 'no special points'}"
    if case.reference is None:
        yield "reference", "none"
    else:
        yield from _reference_rows(case, case.reference)
    rows = Counter(t.kind for t in case.spec.targets if isinstance(t, TABULATED))
    for target in case.spec.targets:
        if not isinstance(target, TABULATED):
            yield "target", f"{target.kind} {target.text}, weight {target.weight:g}"
    for kind, count in rows.items():
        yield "targets", f"{count} {ROWS[kind]}"


def _formula(case: Case) -> str:
    """Return the formula of the cell, e.g. In2As2, elements in order of appearance."""
    count = {s: case.crystal.symbols.count(s) for s in case.crystal.species}
    return "".join(s + (str(c) if c > 1 else "") for s, c in count.items())


def _memory(case: Case, potential: Potential) -> tuple[str, str]:
    """Return a row on the memory to solve the system, without derivatives."""
    memory = memory_of(case, potential)
    each = f"{memory.per_k / 1e6:.0f} MB per k-point, {memory.at_once} at a time"
    return "memory", f"about {memory.total() / 1e9:.1f} GB to solve: {each}"


def _special(case: Case) -> str:
    """Return the special points of the path, | at a jump, shortened."""
    distance, names = np.asarray(case.kpoints.distance), []
    for i, label in enumerate(case.kpoints.labels):
        if label:
            jumped = names and distance[i] == distance[i - 1] and case.kpoints.labels[i - 1]
            names.append(("|" if jumped else " ") + label)
    return "".join(names[:16]).strip() + (" …" if len(names) > 16 else "")


def _reference_rows(case: Case, reference: Reference) -> Iterator[tuple[str, str]]:
    """Yield rows on the reference and its weights."""
    bands = reference_bands(case)
    assert bands is not None, "the case has a reference"
    E, spec = from_zero(case, bands.E), case.spec
    E_ev, w = np.asarray(E) * HARTREE_EV, np.asarray(weights_of(case, E))
    each = "each spinless level twice" if case.twice else "each level once"
    file = "" if spec.reference is None else f"{spec.reference.file.name}: "
    yield "reference", f"{file}{E.shape[1]} bands, {each}, at {E.shape[0]} k-points"
    zero = spec.zero
    zero = zero if isinstance(zero, str) else f"band {zero.band} at k-point {zero.kpoint}"
    yield "energies", f"{E_ev.min():.3f} to {E_ev.max():.3f} eV, zero: {zero}"
    if spec.reference is not None and spec.reference.scissor:
        yield "scissor", f"{spec.reference.scissor * HARTREE_EV:g} eV, added to empty levels"
    by_band = spec.weights.bands or (1.0,)
    equal = len(set(by_band)) == 1
    listed = " ".join(f"{x:g}" for x in by_band)
    yield "band weights", f"{by_band[0]:g} each" if equal else listed
    k = np.asarray(reference.k_weights)
    yield "k weights", f"{k.min():g} to {k.max():g}" if np.ptp(k) else f"{k[0]:g} each"
    for window in spec.weights.windows:
        low, high = window.low * HARTREE_EV, window.high * HARTREE_EV
        inside = int(((low <= E_ev) & (high >= E_ev)).sum())
        yield "window", f"{low:g} to {high:g} eV × {window.weight:g}: {inside} levels"
    weighted = f"{np.count_nonzero(w)} of {w.size} levels have a weight"
    yield "weights", f"{w.min():g} to {w.max():g}; {weighted}"
