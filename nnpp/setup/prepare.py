"""Preparation of a fit: its systems, checks that they can be solved, notes and warnings."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nnpp.basis.rules import RULES
from nnpp.config.inputs import Fit
from nnpp.config.kpoints import PathPoints
from nnpp.config.potential import PotentialSpec
from nnpp.config.targets import target_warnings
from nnpp.config.values import MAX_HARTREE
from nnpp.formats.structures import read_crystals
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case, kpoints_of
from nnpp.setup.checks import check_network, check_system
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.setup.potential import potential_of
from nnpp.setup.reference import Reference, read_reference
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS
from nnpp.structures.paths import path_notes
from nnpp.structures.symmetry import SAME_K, primitive_cells
from nnpp.terms.term import terms
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

NEUTRAL = 1e-6
"""Charges that sum to less than this over a cell are neutral [e]."""

FAR_APART_EV = 50.0
"""Reference levels further than this from zero are probably in another unit."""

ATOMIC_VOLUMES = (5.0, 120.0)
"""Usual volumes per atom [Å³]; lengths in a wrong unit give others."""

WAVES_PER_LEVEL = 4
"""With fewer plane waves for each level, the highest levels are inaccurate."""

PAIR_EV = 1e-4
"""Levels that differ by less are one level that is written twice."""

KRAMERS_EV = 5e-3
"""Largest splitting of a Kramers pair at Γ; some programs break the symmetry slightly."""


TOO_NARROW = 1 / 8
"""A reference narrower than this part of the free-electron band is probably in hartree."""


def prepare(fit: Fit, potential: Potential | None = None) -> list[Case]:
    """Return every system of a fit; raise an InputError if one cannot be solved.

    Args:
        fit: the fit.
        potential: with which systems are solved; by default the current one of the fit.
    """
    cases = [_case(fit, i, crystal) for i, crystal in enumerate(read_crystals(fit.spec))]
    check_network(fit, cases)
    potential = potential_of(fit) if potential is None else potential
    for i, case in enumerate(cases):
        check_system(fit, i, case, potential)
    return cases


def _case(fit: Fit, i: int, crystal: Crystal) -> Case:
    """Return one system with its notes."""
    spec = fit.spec.systems[i]
    reference = read_reference(fit.spec, i, crystal)
    with fit.spec.origin.error_context("systems", i, "kpoints"):
        kpoints = kpoints_of(spec.kpoints, crystal, reference)
    case = Case(spec, crystal, kpoints, reference, fit.spec.has_spin_orbit, ())
    with fit.spec.origin.error_context("systems", i):
        notes = (*_notes(case), *_charge_notes(case, fit.spec.potential))
    return replace(case, notes=notes)


def _notes(case: Case) -> Iterator[str]:
    """Yield notes on choices that are valid but may be unintended."""
    cells, reference = primitive_cells(case.crystal), case.reference
    if isinstance(case.spec.kpoints, PathPoints):
        yield from path_notes(case.crystal)
    elif cells > 1:
        yield f"the cell holds {cells} primitive cells, so bands are folded"
    if cells > 1:
        atoms = len(case.crystal.symbols) // cells
        yield f"the primitive cell of {atoms} atoms has unfolded bands"
    if not RULES[case.spec.plane_waves].symmetric:
        yield (
            f"plane waves `{case.spec.plane_waves}` break symmetry at the zone boundary; "
            "`smooth` and `per-k` keep it"
        )
    if case.spec.cutoff > MAX_HARTREE:
        yield (
            f"a cutoff of {case.spec.cutoff:g} hartree is unusually high: write "
            f'"{case.spec.cutoff:g} eV" if electronvolts are meant'
        )
    if case.n_levels <= case.occupied:
        yield "no conduction band is requested, so there is no gap"
    if reference is None:
        return
    yield from reference.notes
    yield from _reference_warnings(case, reference)
    if reference.E.shape[1] < case.occupied_in_reference:
        yield "the reference has fewer bands than are occupied"
    if not case.comparable:
        yield "the reference is at other k-points: it can be drawn, but is not compared"


def _charge_notes(case: Case, spec: PotentialSpec) -> Iterator[str]:
    """Yield notes on strengths that do not sum to zero over the cell as they must."""
    atoms = case.crystal.symbols
    for term in terms():
        given = [spec.by_element[symbol].strength(term.name) for symbol in atoms]
        total = sum(x for x in given if isinstance(x, float | int))
        if term.neutral and abs(total) > NEUTRAL:
            yield (
                f"the charges sum to {total:+.3g} {term.unit} over the cell, which must be "
                f"neutral: {-total / len(atoms):+.3g} {term.unit} is added to each atom"
            )


def fit_warnings(fit: Fit, cases: list[Case]) -> Iterator[str]:
    """Yield warnings on unused elements and on forms that are infinite at some q."""
    used = {s for case in cases for s in case.crystal.symbols}
    for symbol in sorted(set(fit.spec.potential.by_element) - used, key=SYMBOLS.index):
        yield f"{symbol} is in the potential but in no crystal"
    for symbol, element in fit.spec.potential.by_element.items():
        yield from (f"{symbol}: {warning}" for warning in element.warnings())


def system_warnings(case: Case) -> Iterator[str]:
    """Yield warnings on an unusual cell, a small basis, and implausible targets and levels."""
    furthest = float(np.abs(np.asarray(case.crystal.fractional)).max())
    if furthest > 1 + SAME_K:
        yield (
            f"fractional coordinates reach {furthest:.3g}: are Cartesian ones meant? "
            "Otherwise write those of the atoms within the cell"
        )
    volume = float(case.crystal.volume) / len(case.crystal.symbols) * BOHR_ANGSTROM**3
    if not ATOMIC_VOLUMES[0] <= volume <= ATOMIC_VOLUMES[1]:
        yield f"{volume:.1f} Å³ for each atom: is the unit of the cell right?"
    if case.n_plane_waves < WAVES_PER_LEVEL * case.n_levels:
        yield f"{case.n_plane_waves} plane waves are few for {case.n_levels} levels"
    for target in case.spec.targets:
        yield from target_warnings(target)
    if case.reference is not None:
        yield from _level_warnings(case, np.asarray(case.reference.E) * HARTREE_EV)


def _level_warnings(case: Case, E: np.ndarray) -> Iterator[str]:
    """Yield warnings on the energies of a reference [eV]."""
    if np.abs(E).max() > FAR_APART_EV:
        yield f"reference levels reach {np.abs(E).max():.0f} eV: are they in eV?"
    occupied = case.occupied_in_reference
    width, free = float(np.ptp(E)), _fermi_energy(case)
    if E.shape[1] >= max(occupied, 2) and width < TOO_NARROW * free:
        yield (
            f"reference levels span {width:.2g} eV, free electrons of this density {free:.2g} "
            "eV: are the levels in hartree?"
        )
    if len(E) == 1:
        yield "the reference has one k-point: bands at others are not fitted"
    if (case.spec.bands or 0) > E.shape[1]:
        count = f"the reference has {E.shape[1]} bands, {case.spec.bands} are requested"
        yield f"{count}: the others are not fitted"
    if 0 < occupied < E.shape[1]:
        rising = np.sort(E, axis=1)
        top, bottom = rising[:, occupied - 1].max(), rising[:, occupied].min()
        if top >= bottom:
            yield f"the reference has no gap: bands overlap by {top - bottom:.3f} eV"


def _fermi_energy(case: Case) -> float:
    """Return the width of the occupied band of free electrons of the same density, k_F²/2 [eV].

    Valence bands of semiconductors are between 0.5 and 1.5 times as wide.
    """
    density = case.electrons / float(case.crystal.volume)
    return (3 * np.pi**2 * density) ** (2 / 3) / 2 * HARTREE_EV


def _reference_warnings(case: Case, reference: Reference) -> Iterator[str]:
    """Yield warnings on k-points, levels and weights of a reference that may be miscounted."""
    steps = np.abs(np.diff(np.asarray(reference.kpoints.fractional), axis=0)).max(axis=1)
    if np.any(steps < SAME_K):
        yield f"{np.sum(steps < SAME_K)} reference k-points are given twice in a row"
    bands = reference_bands(case)
    assert bands is not None, "the case has a reference"
    E, gamma = np.asarray(bands.E) * HARTREE_EV, bands.kpoints.gamma
    full = case.occupied_in_reference
    if (
        case.spinor
        and gamma is not None
        and not _paired(E[gamma : gamma + 1, :full], KRAMERS_EV)
    ):
        yield "reference levels at Γ are not Kramers pairs: are they spinless?"
    if not case.spinor:
        paired = _paired(E)
        if paired and not reference.doubled:
            yield "every reference level is listed twice: is `spin: doubled` meant?"
        if reference.doubled and not paired:
            yield "reference levels do not come in pairs: is `spin: once` meant?"
    if not np.any(np.asarray(weights_of(case, from_zero(case, bands.E)))):
        yield "all levels have weight zero, so that the loss is zero for every potential"


def _paired(E: np.ndarray, within: float = PAIR_EV) -> bool:
    """Return whether levels form degenerate pairs at every k."""
    return E.shape[1] % 2 == 0 and float(np.abs(E[:, ::2] - E[:, 1::2]).max()) < within
