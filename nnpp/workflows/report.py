"""`nnpp report`: gaps, masses and deformation potentials, compared with experiment."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.devices.start import start_devices
from nnpp.files.atomic import write_atomic
from nnpp.formats.results import write_report
from nnpp.formats.structures import formula
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import Bands, bands
from nnpp.observables.deformation import by_volume, shear, strain_derivative
from nnpp.observables.edges import Edges
from nnpp.observables.experiment import EXPERIMENT, hole_masses
from nnpp.observables.fields import multiplet
from nnpp.observables.gaps import direct_gap_at, gap, splitting_at
from nnpp.observables.kdotp import expansion, inverse_masses, kane_energy, luttinger
from nnpp.observables.reports import Report, Row
from nnpp.plotting.page import report_page
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import refuse_other_run, refuse_unusable
from nnpp.setup.cases import Case
from nnpp.setup.compare import reference_bands
from nnpp.setup.potential import potential_of
from nnpp.setup.prepare import prepare
from nnpp.setup.quantities import LARGEST, ZINC_BLENDE_OR_DIAMOND, at_gamma
from nnpp.structures.symmetry import space_group
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.of_fit import with_complete_paths

Numbers = dict[str, float]
"""Values by the keys of `QUANTITIES`, in their units."""

QUANTITIES = {
    "gap": ("gap", "eV"),
    "direct_gap": ("gap at Γ", "eV"),
    "splitting": ("Δso", "eV"),
    "electron_mass": ("m electron Γ", "mₑ"),
    "heavy_hole_mass": ("m heavy 100", "mₑ"),
    "light_hole_mass": ("m light 100", "mₑ"),
    "gamma_1": ("γ₁", ""),
    "gamma_2": ("γ₂", ""),
    "gamma_3": ("γ₃", ""),
    "kane_energy": ("E_P", "eV"),
    "conduction_by_volume": ("dE_c/d ln Ω", "eV"),
    "valence_by_volume": ("dE_v/d ln Ω", "eV"),
    "gap_by_volume": ("dE_g/d ln Ω", "eV"),
    "b": ("b", "eV"),
    "d": ("d, clamped", "eV"),
}
"""Quantities of a report: name and unit by key."""


@dataclass(frozen=True)
class ReportResult:
    """The reports of a fit, and the files that were written."""

    name: str
    reports: tuple[Report, ...]
    paths: tuple[Path, ...]


def run_report(fits: list[Fit], out: Path) -> Iterator[ReportResult]:
    """Write one page per fit with a table for each unstrained system; yield the results."""
    start_devices()
    ready = [(fit, prepare(with_complete_paths(fit))) for fit in fits]
    for fit, _ in ready:
        refuse_other_run(fit, out / fit.name)
        refuse_unusable(out / fit.name)
    for fit, cases in ready:
        potential, folder = potential_of(fit), out / fit.name
        unstrained = [case for case in cases if case.unstrained]
        reports = tuple(_report(case, potential) for case in unstrained)
        paths = (
            write_report(folder, reports),
            write_atomic(folder / "report.html", report_page(fit.name, reports)),
        )
        yield ReportResult(fit.name, reports, paths)


def _report(case: Case, potential: Potential) -> Report:
    """Return the report of one system, with a row for every known quantity."""
    ours, notes = _numbers_and_notes(case, potential)
    reference = _numbers_of_reference(case)
    known = EXPERIMENT.get(formula(case.crystal), {}) if _is_cubic(case) else {}
    measured = {key: one.value for key, one in known.items()}
    source = ", ".join(dict.fromkeys(known[k].source for k in QUANTITIES if k in known))
    rows = tuple(
        Row(*QUANTITIES[key], ours.get(key), reference.get(key), measured.get(key))
        for key in QUANTITIES
        if key in ours or key in reference
    )
    return Report(case.spec.name, rows, source, notes)


def _is_cubic(case: Case) -> bool:
    """Return whether the crystal has zinc-blende or diamond symmetry (Γ15, Γ8)."""
    return any(n in space_group(case.crystal) for n in ZINC_BLENDE_OR_DIAMOND)


def _numbers_and_notes(case: Case, potential: Potential) -> tuple[Numbers, tuple[str, ...]]:
    """Return the numbers of the potential, and notes on missing ones."""
    found = bands(
        potential, case.system, case.crystal, case.kpoints, case.n_levels, case.electrons,
        case.solve,
    )  # fmt: skip
    numbers = _of_levels(found)
    functions = case.n_plane_waves * (1 + case.spinor)
    if functions > LARGEST:
        limit = f"H has {functions} rows, the limit is {LARGEST}"
        return numbers, (f"no masses, no deformation potentials: {limit}",)
    if not 0 < case.occupied < case.n_levels:
        return numbers, ("no masses: no occupied or no empty levels",)
    return numbers | _of_states(case, potential), _notes(case, potential)


def _notes(case: Case, potential: Potential) -> tuple[str, ...]:
    """Return notes on the numbers of the potential."""
    notes = ["masses and deformation potentials are at Γ; none for edges of unusual degeneracy"]
    if potential.local.lengths is not None:
        notes.append("no deformation potentials: a table has v(q) only at its lengths")
    if not _is_cubic(case):
        notes.append("hole masses are computed only for zinc blende and diamond")
    elif not case.spinor:
        notes.append("no hole masses: they are those of Γ8, which needs spin-orbit coupling")
    return tuple(notes)


def _of_levels(found: Bands) -> Numbers:
    """Return gaps and splitting from the levels at the k-points [eV]."""
    full, count = found.occupied, found.E.shape[1]
    if not 0 < full < count:
        return {}
    numbers = {"gap": gap(found).width * HARTREE_EV}
    gamma = found.kpoints.gamma
    if gamma is None:
        return numbers
    numbers["direct_gap"] = float(direct_gap_at(found, gamma)) * HARTREE_EV
    if found.spinor and full >= 6:
        numbers["splitting"] = float(splitting_at(found, gamma)) * HARTREE_EV
    return numbers


def _of_states(case: Case, potential: Potential) -> Numbers:
    """Return masses and deformation potentials from the states at Γ [mₑ, eV]."""
    edges, system = Edges(case.occupied, case.spinor), at_gamma(case)
    cubic = _is_cubic(case)
    holes = cubic and case.spinor
    about = expansion(at_shells(potential, system), system)
    # The conduction edge may belong to a larger multiplet, as Γ15 of silicon.
    E = np.linalg.eigvalsh(np.asarray(about.H))
    separate = multiplet(E, edges.conduction[0]) == edges.conduction
    found: Numbers = {}
    if separate:
        mean = jnp.trace(inverse_masses(about, *edges.conduction)) / 3
        found["electron_mass"] = 1 / float(mean)
    if holes:
        one, two, three = map(float, luttinger(about, edges.valence[0]))
        found |= {"gamma_1": one, "gamma_2": two, "gamma_3": three} | hole_masses(one, two)
    energies: Numbers = {}
    if cubic and separate:
        energies["kane_energy"] = float(kane_energy(about, edges.conduction, edges.p_like))
    if potential.local.lengths is None:
        at = strain_derivative(potential, system)
        if separate:
            energies["conduction_by_volume"] = float(by_volume(at, *edges.conduction))
        if cubic:
            energies["valence_by_volume"] = float(by_volume(at, *edges.valence))
        if cubic and separate:
            c, v = (energies[f"{x}_by_volume"] for x in ("conduction", "valence"))
            energies["gap_by_volume"] = c - v
        if holes:
            b, d = map(float, shear(at, about, edges.valence[0]))
            energies |= {"b": b, "d": d}
    return found | {name: x * HARTREE_EV for name, x in energies.items()}


def _numbers_of_reference(case: Case) -> Numbers:
    """Return gaps and splitting of the reference [eV]."""
    reference = reference_bands(case)
    found = {} if reference is None else _of_levels(reference)
    return found if case.spinor else {k: x for k, x in found.items() if k != "splitting"}
