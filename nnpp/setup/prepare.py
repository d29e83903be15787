"""Preparation of a fit: its systems, notes on them, and checks that they can be solved."""

from collections.abc import Iterator
from dataclasses import replace

from nnpp.basis.rules import RULES
from nnpp.config.inputs import Fit
from nnpp.config.kpoints import PathPoints
from nnpp.config.potential import PotentialSpec
from nnpp.config.values import MAX_HARTREE
from nnpp.formats.structures import read_crystals
from nnpp.setup.cases import Case, kpoints_of
from nnpp.setup.checks import check_system
from nnpp.setup.reference import read_reference
from nnpp.setup.trained import potential_of
from nnpp.setup.warnings import reference_warnings
from nnpp.structures.crystal import Crystal
from nnpp.structures.paths import path_notes
from nnpp.structures.symmetry import primitive_cells
from nnpp.terms.term import terms

NEUTRAL = 1e-6
"""Charges that sum to less than this over a cell are neutral [e]."""


def prepare(fit: Fit) -> list[Case]:
    """Return every system of a fit; raise an InputError if one cannot be solved."""
    cases = [_case(fit, i, crystal) for i, crystal in enumerate(read_crystals(fit.spec))]
    potential = potential_of(fit)
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
        notes = (*_notes(case), *_about_charges(case, fit.spec.potential))
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
        yield f"the primitive cell, of {atoms} atoms, would show them unfolded"
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
        yield "no conduction band is asked for, so no gap is told"
    if reference is None:
        return
    yield from reference.notes
    yield from reference_warnings(case, reference)
    if reference.E.shape[1] < case.occupied_in_reference:
        yield "the reference holds fewer bands than are occupied"
    if not case.comparable:
        yield "the reference is at other k-points: it may be drawn, but is not compared"


def _about_charges(case: Case, spec: PotentialSpec) -> Iterator[str]:
    """Strengths that must sum to zero over the cell but do not, and what becomes of them."""
    atoms = case.crystal.symbols
    for term in terms():
        given = [spec.by_element[symbol].strength(term.name) for symbol in atoms]
        total = sum(x for x in given if isinstance(x, float | int))
        if term.neutral and abs(total) > NEUTRAL:
            yield (
                f"the charges sum to {total:+.3g} {term.unit} over the cell, which must be "
                f"neutral: each atom is given {-total / len(atoms):+.3g} {term.unit}"
            )
