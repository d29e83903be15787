"""`nnpp report`: gaps, masses and deformation potentials beside reference and experiment."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.devices.parallel import one_device_per_core
from nnpp.files.atomic import refuse_unwritable, write_atomic
from nnpp.formats.results import write_report
from nnpp.formats.structures import formula
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import Bands, bands
from nnpp.observables.deformation import by_volume, shear, under_strain
from nnpp.observables.edges import Edges
from nnpp.observables.fields import multiplet
from nnpp.observables.gaps import direct_gap_at, gap, splitting_at
from nnpp.observables.kdotp import Velocity, expansion, inverse_masses, kane_energy, luttinger
from nnpp.observables.reports import EXPERIMENT, Report, Row, hole_masses
from nnpp.plotting.page import report_page
from nnpp.potentials.potential import Potential
from nnpp.potentials.table import Table
from nnpp.setup.cases import Case
from nnpp.setup.compare import reference_bands
from nnpp.setup.prepare import prepare
from nnpp.setup.quantities import LARGEST, ZINC_BLENDE_OR_DIAMOND, at_gamma
from nnpp.setup.trained import potential_of
from nnpp.structures.symmetry import space_group
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.of_fit import with_complete_paths

Numbers = dict[str, float]
"""By the name of a row; energies in eV."""

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
"""What is told, how it is called, and its unit."""


@dataclass(frozen=True)
class Told:
    """The reports of a fit, and the files that hold them."""

    name: str
    reports: tuple[Report, ...]
    paths: tuple[Path, ...]


def run_report(fits: list[Fit], out: Path) -> Iterator[Told]:
    """One report for each system at rest, all of a fit in one page."""
    one_device_per_core()
    ready = [(fit, prepare(with_complete_paths(fit))) for fit in fits]
    for fit, _ in ready:
        refuse_unwritable(out / fit.name)
    for fit, cases in ready:
        potential, folder = potential_of(fit), out / fit.name
        unstrained = [case for case in cases if case.unstrained]
        reports = tuple(_report(case, potential) for case in unstrained)
        paths = (
            write_report(folder, reports),
            write_atomic(folder / "report.html", report_page(fit.name, reports)),
        )
        yield Told(fit.name, reports, paths)


def _report(case: Case, potential: Potential) -> Report:
    """All rows of one system that anybody has a number for."""
    here, notes = _here(case, potential)
    reference = _of_reference(case)
    source, measured = EXPERIMENT.get(formula(case.crystal), ("", {}))
    if not _is_cubic(case):
        source, measured = "", {}
    rows = tuple(
        Row(*QUANTITIES[key], here.get(key), reference.get(key), measured.get(key))
        for key in QUANTITIES
        if key in here or key in reference
    )
    return Report(case.spec.name, rows, source, notes)


def _is_cubic(case: Case) -> bool:
    """Whether Γ15 and Γ8 have a meaning."""
    return any(n in space_group(case.crystal) for n in ZINC_BLENDE_OR_DIAMOND)


def _here(case: Case, potential: Potential) -> tuple[Numbers, tuple[str, ...]]:
    """What the potential gives, and what it could not give."""
    found = bands(
        potential, case.system, case.crystal, case.kpoints, case.n_levels, case.electrons,
        case.solve,
    )  # fmt: skip
    numbers = _of_levels(found)
    functions = case.n_plane_waves * (1 + case.spinor)
    if functions > LARGEST:
        most = f"dense matrices of {functions} functions, {LARGEST} are the most"
        return numbers, (f"no masses, no deformation potentials: {most}",)
    if not 0 < case.occupied < case.n_levels:
        return numbers, ("no masses: nothing is full, or nothing is empty",)
    return numbers | _of_states(case, potential), _notes(case, potential)


def _notes(case: Case, potential: Potential) -> tuple[str, ...]:
    """What to know of the numbers."""
    told = [
        "masses and slopes are those of Γ; an edge there of more levels than usual has none"
    ]
    if isinstance(potential.local, Table):
        told.append("a table knows v(q) at its lengths alone: no deformation potentials")
    if not _is_cubic(case):
        told.append("holes are told of zinc blende and diamond alone")
    elif not case.spinor:
        told.append("holes are those of Γ8, and this potential has no spin-orbit")
    return tuple(told)


def _of_levels(found: Bands) -> Numbers:
    """What levels along the k-points tell."""
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
    """What the states at Γ tell."""
    edges, system = Edges(case.occupied, case.spinor), at_gamma(case)
    cubic, holes = _is_cubic(case), _is_cubic(case) and case.spinor
    about = expansion(at_shells(potential, system), system)
    alone = _is_alone(np.linalg.eigvalsh(np.asarray(about.H)), edges.conduction)
    found: Numbers = {}
    if alone:
        mean = jnp.trace(inverse_masses(about, *edges.conduction)) / 3
        found["electron_mass"] = 1 / float(mean)
    if holes:
        one, two, three = map(float, luttinger(about, edges.valence[0]))
        found |= {"gamma_1": one, "gamma_2": two, "gamma_3": three} | hole_masses(one, two)
    energies: Numbers = {}
    if cubic and alone:
        at = Velocity(about.H, about.H_i)
        energies["kane_energy"] = float(kane_energy(at, edges.conduction, edges.p_like))
    if not isinstance(potential.local, Table):
        at = under_strain(potential, system)
        if alone:
            energies["conduction_by_volume"] = float(by_volume(at, *edges.conduction))
        if cubic:
            energies["valence_by_volume"] = float(by_volume(at, *edges.valence))
        if cubic and alone:
            c, v = (energies[f"{x}_by_volume"] for x in ("conduction", "valence"))
            energies["gap_by_volume"] = c - v
        if holes:
            b, d = map(float, shear(at, about, edges.valence[0]))
            energies |= {"b": b, "d": d}
    return found | {name: x * HARTREE_EV for name, x in energies.items()}


def _is_alone(E: np.ndarray, edge: tuple[int, int]) -> bool:
    """Whether the levels of an edge are a multiplet of their own, as Γ15 of silicon is not."""
    return multiplet(E, edge[0]) == edge


def _of_reference(case: Case) -> Numbers:
    """The same levels, of the reference."""
    theirs = reference_bands(case)
    found = {} if theirs is None else _of_levels(theirs)
    return found if case.spinor else {k: x for k, x in found.items() if k != "splitting"}
