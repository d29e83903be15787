"""Import: electrons per level and full levels of imported bands, given or derived."""

from dataclasses import dataclass, replace

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.gaps import Run
from nnpp.structures.symmetry import SAME_K
from nnpp.units import HARTREE_EV

SAME_EV, PAIR_EV = 1e-3, 5e-3
"""Largest differences of a level listed twice, and of a Kramers pair [eV]."""


@dataclass(frozen=True)
class Request:
    """The options of an import; None if the user gives no value.

    Attributes:
        hints: what the file may leave out.
        format: name of the format, if it is not to be recognised.
        spinor: whether a level holds one electron.
        occupied: number of full levels at each k in the file.
        electrons: number of valence electrons in the cell, for the potential.
        leave_out: ranges of bands in the file that are closed shells.
        bands: number of bands to keep.
        scissor: shift of the conduction bands [hartree].
        top: energy of the valence band top after the import [hartree].
    """

    hints: Hints
    format: str | None = None
    spinor: bool | None = None
    occupied: int | None = None
    electrons: int | None = None
    leave_out: tuple[Run, ...] | None = None
    bands: int | None = None
    scissor: float = 0.0
    top: float | None = None


def spinor_of(found: ReferenceBands, request: Request) -> bool:
    """Return whether a level holds one electron, as given or as Kramers' theorem proves."""
    if None not in (found.spinor, request.spinor) and found.spinor != request.spinor:
        has = "has" if found.spinor else "has no"
        raise InputError(f"{has} spin-orbit", "remove --spin-orbit", found.path)
    given = found.spinor if request.spinor is None else request.spinor
    reliable = found.occupied or len(found.E[0]) * 3 // 4  # the highest may not be converged
    split = _pair_splitting(found.E[:, :reliable])
    invariant = (np.abs(2 * found.k - np.round(2 * found.k)) < SAME_K).all(axis=1)
    unpaired = float(split[invariant].max(initial=0.0))
    gamma = (np.abs(found.k - np.round(found.k)) < SAME_K).all(axis=1)
    # Only with Γ: at other k a glide plane makes pairs without spin, as at X of silicon.
    proven = bool(gamma.any() and unpaired < PAIR_EV < split.max())
    if given is None and unpaired < PAIR_EV and not proven:
        what = "does not say whether a level holds one electron or two"
        raise InputError(what, "add --spin-orbit or --no-spin-orbit", found.path)
    if given and unpaired > PAIR_EV:
        what = f"levels of spinors are not Kramers pairs: {unpaired:.3g} eV apart"
        raise InputError(what, "give bands of a crystal that is not magnetic", found.path)
    if given is False and proven:
        what = "levels are Kramers pairs, as with spin-orbit coupling"
        raise InputError(what, "add --spin-orbit, or check the run", found.path)
    return proven if given is None else given


def _pair_splitting(E: np.ndarray) -> np.ndarray:
    """Return the largest difference within the pairs (1, 2), (3, 4), … at each k [eV]."""
    E = E[:, : E.shape[1] // 2 * 2]
    return np.abs(E[:, 1::2] - E[:, ::2]).max(axis=1, initial=0.0) * HARTREE_EV


def each_once(
    found: ReferenceBands, spinor: bool, full: int
) -> tuple[ReferenceBands, int, bool]:
    """Return bands with spinless levels once, the full levels, and whether this was needed."""
    if spinor or found.E.shape[1] % 2 or _pair_splitting(found.E).max() > SAME_EV:
        return found, full, False
    if full % 2:
        what = f"every level is listed twice, so {full} cannot be full"
        raise InputError(what, "count both of each pair (--occupied)", found.path)
    return replace(found, E=found.E[:, ::2]), full // 2, True


def occupied_of(found: ReferenceBands, request: Request) -> int:
    """Return the number of full levels at each k in the file."""
    if found.occupied is not None and request.occupied not in (None, found.occupied):
        what = f"has {found.occupied} full levels at each k"
        raise InputError(what, "remove --occupied", found.path)
    occupied = found.occupied if request.occupied is None else request.occupied
    if occupied is None and found.fermi is not None:
        below = np.unique((found.E - found.fermi <= SAME_EV / HARTREE_EV).sum(axis=1))
        occupied = int(below[0]) if len(below) == 1 else None
    if occupied is None:
        what = "does not say how many levels are full"
        raise InputError(what, "add --occupied N", found.path)
    if not 0 < occupied <= found.E.shape[1]:
        what = f"{occupied} levels cannot be full, the file has {found.E.shape[1]}"
        raise InputError(what, "give all occupied bands", found.path)
    return occupied
