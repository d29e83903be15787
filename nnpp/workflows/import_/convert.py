"""Bands of another program made a reference: counted, checked, cut to what is fitted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import exists
from nnpp.formats.codes.format import Hints, read_codes
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.formats.structures import read_structure
from nnpp.observables.bands import Bands, occupied_levels
from nnpp.observables.gaps import Run, closed_shells, groups
from nnpp.observables.ordering import odd_points
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import electrons
from nnpp.structures.symmetry import SAME_K, equivalent
from nnpp.units import HARTREE_EV
from nnpp.workflows.import_.electron_count import (
    SAME_EV,
    Wishes,
    each_once,
    occupied_of,
    spinor_of,
)

SYMMETRIC_EV = 0.05
"""Occupied levels agree to this at k-points that symmetry makes one [eV]."""

STRUCTURES = (".vasp", ".cif", ".extxyz")
"""What a structure beside a file of bands may be called."""

CONDUCTION = 4
"""Conduction bands that are kept, if nobody says; twice as many spinors."""


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
    doubts = found.warnings_for(crystal)
    found, again = _once(replace(found, E=np.sort(found.E, axis=1)))
    spinor = spinor_of(found, wishes)
    found, full, twice = each_once(found, spinor, occupied_of(found, wishes))
    _refuse_broken_symmetry(found, crystal, full)
    shells, full, E = _without_shells(found, crystal, spinor, full, wishes)
    odd = tuple(odd_points(found.k, E, full))
    E = _moved(E[:, : _kept(found, full, spinor, wishes)], full, wishes)
    bands = Bands(found.kpoints(crystal), jnp.asarray(E), full, spinor)
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


def _crystal(found: ReferenceBands, beside: Hints) -> Crystal:
    """The crystal of the file, which that of the user must not contradict."""
    if found.crystal is None:
        if beside.crystal is None:
            raise InputError("tells no structure", "add --structure FILE", found.path)
        return beside.crystal
    if beside.crystal is not None:
        found.warnings_for(beside.crystal)
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
    weights = None if found.weights is None else found.weights[keep]
    cut = {"labels": labels, "distance": distance, "weights": weights}
    return replace(found, k=found.k[keep], E=found.E[keep], **cut), len(at)


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
        if wishes.leave_out:
            raise InputError("has no closed shells", "leave --leave-out out", found.path)
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


def _kept(found: ReferenceBands, full: int, spinor: bool, wishes: Wishes) -> int:
    """How many bands are kept."""
    if wishes.bands is None:
        return full + CONDUCTION * (2 if spinor else 1)
    if wishes.bands < full or (spinor and wishes.bands % 2):
        what = f"{wishes.bands} bands would be kept, of which {full} are full"
        remedy = (
            f"ask for an even number, {full} or more" if spinor else f"ask for {full} or more"
        )
        raise InputError(what, f"{remedy} (--bands)", found.path)
    return wishes.bands


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
