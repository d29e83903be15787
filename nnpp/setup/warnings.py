"""Warnings of `nnpp check`: settings of a fit that are valid but look wrong."""

from collections.abc import Iterator

import numpy as np

from nnpp.config.inputs import Fit
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.setup.reference import Reference
from nnpp.structures.electrons import SYMBOLS
from nnpp.structures.symmetry import SAME_K
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

FAR_APART_EV = 50.0
"""Reference levels further than this from zero are likely in another unit."""

ROOM_ANGSTROM = (5.0, 120.0)
"""Volumes of an atom [Å³]; Å taken for bohr, or bohr for Å, leads out of these."""

WAVES_A_LEVEL = 4
"""With fewer plane waves for each level asked for, the highest ones are far off."""

PAIR_EV = 1e-4
"""Two levels are one written twice when they agree to this."""

KRAMERS_EV = 5e-3
"""A Kramers pair at Γ, as programs that break symmetry a little leave it, agrees to this."""


def fit_warnings(fit: Fit, cases: list[Case]) -> Iterator[str]:
    """Yield warnings on unused elements and on forms that are infinite at some q."""
    used = {s for case in cases for s in case.crystal.symbols}
    for symbol in sorted(set(fit.spec.potential.by_element) - used, key=SYMBOLS.index):
        yield f"{symbol} is in the potential but in no crystal"
    for symbol, element in fit.spec.potential.by_element.items():
        yield from (f"{symbol}: {warning}" for warning in element.warnings())


def system_warnings(case: Case) -> Iterator[str]:
    """Yield warnings on an unusual cell size, a small basis and an implausible reference."""
    room = float(case.crystal.volume) / len(case.crystal.symbols) * BOHR_ANGSTROM**3
    if not ROOM_ANGSTROM[0] <= room <= ROOM_ANGSTROM[1]:
        yield f"{room:.1f} Å³ for each atom: is the unit of the cell right?"
    if case.n_plane_waves < WAVES_A_LEVEL * case.n_levels:
        yield f"{case.n_plane_waves} plane waves are few for {case.n_levels} levels"
    if case.reference is not None:
        yield from _about_levels(case, np.asarray(case.reference.E) * HARTREE_EV)


def _about_levels(case: Case, E: np.ndarray) -> Iterator[str]:
    """Yield warnings on the energies of a reference [eV]."""
    if np.abs(E).max() > FAR_APART_EV:
        yield f"reference levels reach {np.abs(E).max():.0f} eV: are they in eV?"
    occupied = case.occupied_in_reference
    if 0 < occupied < E.shape[1]:
        rising = np.sort(E, axis=1)
        top, bottom = rising[:, occupied - 1].max(), rising[:, occupied].min()
        if top >= bottom:
            yield f"the reference has no gap: bands overlap by {top - bottom:.3f} eV"


def reference_warnings(case: Case, reference: Reference) -> Iterator[str]:
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
        yield "reference levels at Γ are no Kramers pairs: are they spinless?"
    if not case.spinor:
        paired = _paired(E)
        if paired and not reference.doubled:
            yield "every reference level stands there twice: is `spin: doubled` meant?"
        if reference.doubled and not paired:
            yield "reference levels do not come in pairs: is `spin: once` meant?"
    if not np.any(np.asarray(weights_of(case, from_zero(case, bands.E)))):
        yield "all levels weigh zero, so that the loss is zero whatever the potential"


def _paired(E: np.ndarray, within: float = PAIR_EV) -> bool:
    """Return whether levels form degenerate pairs at every k."""
    return E.shape[1] % 2 == 0 and float(np.abs(E[:, ::2] - E[:, 1::2]).max()) < within
