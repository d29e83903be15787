"""Bands of another program made a reference: counted, checked, cut to what is fitted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.crystal.crystal import Crystal
from nnpp.crystal.electrons import electrons
from nnpp.crystal.symmetry import SAME_K, equivalent
from nnpp.errors import InputError
from nnpp.io.codes.format import Beside
from nnpp.io.codes.known import read_codes
from nnpp.io.reference_bands import ReferenceBands
from nnpp.io.structures import read_structure
from nnpp.io.text import exists
from nnpp.observables.bands import Bands, occupied_levels
from nnpp.observables.groups import Run, closed_shells, groups
from nnpp.observables.smoothness import odd_points
from nnpp.units import HARTREE_EV

SAME_EV, PAIR_EV, SYMMETRIC_EV = 1e-3, 5e-3, 0.05
"""Levels agree to this at a k-point given twice, in a pair, at symmetric k-points [eV]."""

STRUCTURES = (".vasp", ".cif", ".extxyz")
"""What a structure beside a file of bands may be called."""

CONDUCTION = 4
"""Conduction bands that are kept, if nobody says; twice as many spinors."""


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

    beside: Beside
    format: str | None = None
    spinor: bool | None = None
    occupied: int | None = None
    electrons: int | None = None
    leave_out: tuple[Run, ...] | None = None
    bands: int | None = None
    scissor: float = 0.0
    top: float | None = None


@dataclass(frozen=True)
class Imported:
    """A reference, and what was done to make it one.

    Attributes:
        found: what the file holds.
        crystal: whose bands they are.
        bands: those that are kept.
        left_out: bands of the file that are closed shells, from 0.
        odd: places of k-points that look wrong.
        notes: what a user should know.
    """

    found: ReferenceBands
    crystal: Crystal
    bands: Bands
    left_out: tuple[Run, ...]
    odd: tuple[int, ...]
    notes: tuple[str, ...]


def imported(path: Path, wishes: Wishes) -> Imported:
    """The bands in `path` as a reference; an InputError where they are in doubt."""
    wishes = _with_structure(path, wishes)
    found = read_codes(path, wishes.beside, wishes.format)
    crystal = _crystal(found, wishes.beside)
    doubts = found.about(crystal)
    found, again = _once(replace(found, E=np.sort(found.E, axis=1)))
    spinor = _spinor(found, wishes)
    found, twice = _each_once(found, spinor)
    full = _occupied(found, wishes)
    _refuse_broken_symmetry(found, crystal, full)
    shells, full, E = _without_shells(found, crystal, spinor, full, wishes)
    n = wishes.bands or full + CONDUCTION * (2 if spinor else 1)
    E = _moved(E[:, :n], full, wishes)
    bands = Bands(found.kpoints(crystal), jnp.asarray(E), full, spinor)
    odd = tuple(odd_points(found.k, found.E, full))
    notes = (*found.notes, *doubts, *_notes(bands, again, twice, wishes))
    return Imported(found, crystal, bands, shells, odd, notes)


def _with_structure(path: Path, wishes: Wishes) -> Wishes:
    """With the structure that lies beside the file under its name, if none was given."""
    if wishes.beside.crystal is not None:
        return wishes
    files = (path.with_suffix(suffix) for suffix in STRUCTURES)
    file = next((file for file in files if file != path and exists(file)), None)
    if file is None:
        return wishes
    return replace(wishes, beside=replace(wishes.beside, crystal=read_structure(file)))


def _crystal(found: ReferenceBands, beside: Beside) -> Crystal:
    """The crystal of the file, which that of the user must not contradict."""
    if found.crystal is None:
        if beside.crystal is None:
            raise InputError("tells no structure", "add --structure FILE", found.path)
        return beside.crystal
    if beside.crystal is not None:
        found.about(beside.crystal)
        if sorted(found.crystal.symbols) != sorted(beside.crystal.symbols):
            what = f"holds bands of {''.join(found.crystal.symbols)}"
            raise InputError(what, "leave --structure out", found.path)
    return found.crystal


def _once(found: ReferenceBands) -> tuple[ReferenceBands, int]:
    """Without k-points that stand twice in a row, as corners of paths do; and how many did."""
    again = np.abs(np.diff(found.k, axis=0)).max(axis=1, initial=0.0) < SAME_K
    at = np.flatnonzero(again) + 1
    apart = np.abs(found.E[at] - found.E[at - 1]).max(initial=0.0) * HARTREE_EV
    if apart > SAME_EV:
        what = f"a k-point stands twice in a row, with levels {apart:.3g} eV apart"
        raise InputError(what, "keep one of the two", found.path)
    keep = np.concatenate([[True], ~again])
    labels = found.labels and tuple(
        found.labels[i] or (found.labels[i + 1] if i + 1 in at else "")
        for i in np.flatnonzero(keep)
    )
    distance = None if found.distance is None else found.distance[keep]
    kept = replace(found, k=found.k[keep], E=found.E[keep], labels=labels, distance=distance)
    return kept, len(at)


def _spinor(found: ReferenceBands, wishes: Wishes) -> bool:
    """Whether a level holds one electron: as said, or as Kramers' theorem proves."""
    if None not in (found.spinor, wishes.spinor) and found.spinor != wishes.spinor:
        has = "has" if found.spinor else "has no"
        raise InputError(f"{has} spin-orbit", "leave --spin-orbit out", found.path)
    said = found.spinor if wishes.spinor is None else wishes.spinor
    sure = found.occupied or len(found.E[0]) * 3 // 4  # the highest need not have converged
    apart = _pairs_apart(found.E[:, :sure])
    reversed_ = (np.abs(2 * found.k - np.round(2 * found.k)) < SAME_K).all(axis=1)
    unpaired = float(apart[reversed_].max(initial=0.0))
    if said is None:
        if unpaired < PAIR_EV and (not reversed_.any() or apart.max() < PAIR_EV):
            what = "does not tell whether a level holds one electron or two"
            raise InputError(what, "add --spin-orbit or --no-spin-orbit", found.path)
        return unpaired < PAIR_EV
    if said and unpaired > PAIR_EV:
        what = f"levels of spinors are no Kramers pairs: {unpaired:.3g} eV apart"
        raise InputError(what, "give bands of a crystal that is not magnetic", found.path)
    return said


def _pairs_apart(E: np.ndarray) -> np.ndarray:
    """How far apart the levels of a pair are at most, at each k [eV]."""
    E = E[:, : E.shape[1] // 2 * 2]
    return np.abs(E[:, 1::2] - E[:, ::2]).max(axis=1, initial=0.0) * HARTREE_EV


def _each_once(found: ReferenceBands, spinor: bool) -> tuple[ReferenceBands, bool]:
    """Spinless levels once, where the file has all of them twice; and whether it has."""
    n = found.E.shape[1]
    if spinor or n % 2 or _pairs_apart(found.E).max() > SAME_EV:
        return found, False
    full = None if found.occupied is None else found.occupied // 2
    return replace(found, E=found.E[:, ::2], occupied=full), True


def _occupied(found: ReferenceBands, wishes: Wishes) -> int:
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


def _refuse_broken_symmetry(found: ReferenceBands, crystal: Crystal, occupied: int) -> None:
    """Refuse occupied levels that differ where symmetry makes k-points one."""
    E = found.E[:, :occupied] * HARTREE_EV
    star = equivalent(crystal, found.k)
    for number in range(int(star.max()) + 1):
        i, *others = np.flatnonzero(star == number)
        for j in others:
            if (apart := float(np.abs(E[j] - E[i]).max())) > SYMMETRIC_EV:
                raise InputError(
                    f"k-points {i + 1} and {j + 1} are symmetric, but levels differ by "
                    f"{apart:.3g} eV",
                    "look whether k-points and cell are of one run",
                    found.path,
                )


def _without_shells(
    found: ReferenceBands, crystal: Crystal, spinor: bool, full: int, wishes: Wishes
) -> tuple[tuple[Run, ...], int, np.ndarray]:
    """Which bands are closed shells, how many of the others are full, and their levels."""
    count = electrons(crystal) if wishes.electrons is None else wishes.electrons
    wanted = occupied_levels(count, spinor)
    if full < wanted:
        what = f"{full} levels are full, but {count} electrons fill {wanted}"
        raise InputError(what, "give all occupied bands, or --electrons", found.path)
    if full == wanted:
        return (), full, found.E
    runs = wishes.leave_out or closed_shells(found.E, full, full - wanted) or ()
    bands = [band for run in runs for band in range(*run)]
    if len(set(bands)) != full - wanted or max(bands) >= full:
        there = ", ".join(f"{a + 1}–{b}" for a, b in groups(found.E[:, :full]))
        raise InputError(
            f"{full - wanted} of its {full} full bands are closed shells, and it is not clear "
            f"which (groups: {there})",
            "add --leave-out, as 1-10 or 1-2,5-14",
            found.path,
        )
    return runs, wanted, np.delete(found.E, bands, axis=1)


def _moved(E: np.ndarray, full: int, wishes: Wishes) -> np.ndarray:
    """Levels with the conduction bands raised, and the valence top where it is wanted."""
    E = E + wishes.scissor * (np.arange(E.shape[1]) >= full)
    return E if wishes.top is None else E + wishes.top - E[:, :full].max()


def _notes(bands: Bands, again: int, twice: bool, wishes: Wishes) -> Iterator[str]:
    """What is lawful but may not be what was meant."""
    if twice:
        yield "every level stood there twice and is kept once"
    E, full = np.asarray(bands.E) * HARTREE_EV, bands.occupied
    if again:
        yield f"{again} k-points stood twice in a row and are kept once"
    if (wishes.bands or 0) > E.shape[1]:
        yield f"{wishes.bands} bands were asked for, the file has {E.shape[1]}"
    if full == E.shape[1]:
        yield "there is no conduction band"
    elif (overlap := E[:, :full].max() - E[:, full].min()) >= 0:
        yield f"there is no gap: bands overlap by {overlap:.3f} eV"
