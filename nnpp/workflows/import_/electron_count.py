"""How bands of another program are counted: electrons a level holds, levels that are full."""

from dataclasses import dataclass, replace

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.observables.gaps import Run
from nnpp.structures.symmetry import SAME_K
from nnpp.units import HARTREE_EV

SAME_EV, PAIR_EV = 1e-3, 5e-3
"""Levels agree to this if one stands there twice, and in a Kramers pair [eV]."""


@dataclass(frozen=True)
class Wishes:
    """What a user says beside a file of bands.

    Attributes:
        beside: what the file may leave out.
        format: its format, if it is not to be recognised.
        spinor: whether a level holds one electron.
        occupied: full levels at each k, of those in the file.
        electrons: valence electrons of the cell that the potential is to have.
        leave_out: the closed shells among the bands of the file.
        bands: how many bands are kept.
        scissor: by how much conduction bands are raised [hartree].
        top: where the valence top is put [hartree].
    """

    beside: Hints
    format: str | None = None
    spinor: bool | None = None
    occupied: int | None = None
    electrons: int | None = None
    leave_out: tuple[Run, ...] | None = None
    bands: int | None = None
    scissor: float = 0.0
    top: float | None = None


def spinor_of(found: ReferenceBands, wishes: Wishes) -> bool:
    """Whether a level holds one electron: as said, or as Kramers' theorem proves."""
    if None not in (found.spinor, wishes.spinor) and found.spinor != wishes.spinor:
        has = "has" if found.spinor else "has no"
        raise InputError(f"{has} spin-orbit", "leave --spin-orbit out", found.path)
    said = found.spinor if wishes.spinor is None else wishes.spinor
    sure = found.occupied or len(found.E[0]) * 3 // 4  # the highest need not have converged
    apart = _pairs_apart(found.E[:, :sure])
    reversed_ = (np.abs(2 * found.k - np.round(2 * found.k)) < SAME_K).all(axis=1)
    unpaired = float(apart[reversed_].max(initial=0.0))
    gamma = (np.abs(found.k - np.round(found.k)) < SAME_K).all(axis=1)
    # At Γ alone: elsewhere a glide makes pairs without spin, as at X of silicon.
    proven = bool(gamma.any() and unpaired < PAIR_EV < apart.max())
    if said is None and unpaired < PAIR_EV and not proven:
        what = "does not tell whether a level holds one electron or two"
        raise InputError(what, "add --spin-orbit or --no-spin-orbit", found.path)
    if said and unpaired > PAIR_EV:
        what = f"levels of spinors are no Kramers pairs: {unpaired:.3g} eV apart"
        raise InputError(what, "give bands of a crystal that is not magnetic", found.path)
    if said is False and proven:
        what = "levels are Kramers pairs, as spin-orbit makes them"
        raise InputError(what, "add --spin-orbit, or look at the run", found.path)
    return proven if said is None else said


def _pairs_apart(E: np.ndarray) -> np.ndarray:
    """How far apart the levels of a pair are at most, at each k [eV]."""
    E = E[:, : E.shape[1] // 2 * 2]
    return np.abs(E[:, 1::2] - E[:, ::2]).max(axis=1, initial=0.0) * HARTREE_EV


def each_once(
    found: ReferenceBands, spinor: bool, full: int
) -> tuple[ReferenceBands, int, bool]:
    """Spinless levels once, and how many are full, where the file has all twice; if it has."""
    if spinor or found.E.shape[1] % 2 or _pairs_apart(found.E).max() > SAME_EV:
        return found, full, False
    if full % 2:
        what = f"every level stands twice, and {full} would be full"
        raise InputError(what, "count both of each pair (--occupied)", found.path)
    return replace(found, E=found.E[:, ::2]), full // 2, True


def occupied_of(found: ReferenceBands, wishes: Wishes) -> int:
    """Full levels at each k, of those in the file."""
    if found.occupied is not None and wishes.occupied not in (None, found.occupied):
        what = f"fills {found.occupied} levels at each k"
        raise InputError(what, "leave --occupied out", found.path)
    occupied = found.occupied if wishes.occupied is None else wishes.occupied
    if occupied is None and found.fermi is not None:
        below = np.unique((found.E - found.fermi <= SAME_EV / HARTREE_EV).sum(axis=1))
        occupied = int(below[0]) if len(below) == 1 else None
    if occupied is None:
        what = "does not tell how many levels are full"
        raise InputError(what, "add --occupied N", found.path)
    if not 0 < occupied <= found.E.shape[1]:
        what = f"{occupied} levels would be full, of {found.E.shape[1]} in the file"
        raise InputError(what, "give all occupied bands", found.path)
    return occupied
