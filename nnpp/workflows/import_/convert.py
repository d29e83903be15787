"""Import: make a reference of the bands of another program.

Spin and occupation are taken from the file, from the options, or from the levels themselves.
The levels are checked, and closed shells and high conduction bands are left out.
"""

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
from nnpp.observables.ordering import outliers
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import electrons
from nnpp.structures.symmetry import SAME_K, equivalent
from nnpp.units import HARTREE_EV
from nnpp.workflows.import_.options import Request

SAME_EV, PAIR_EV = 1e-3, 5e-3
"""Largest differences of a level listed twice, and of a Kramers pair [eV]."""

SYMMETRIC_EV = 0.05
"""Largest difference of occupied levels at equivalent k-points [eV]."""

STRUCTURES = (".vasp", ".cif", ".extxyz")
"""Suffixes of a structure file with the name of the file of bands."""

CONDUCTION = 4
"""Default number of conduction bands that are kept; twice as many of spinors."""


@dataclass(frozen=True)
class Imported:
    """A reference made from a file.

    Attributes:
        found: the content of the file.
        crystal: the crystal of the bands.
        bands: the bands that are kept.
        left_out: ranges of bands in the file that are closed shells, from 0.
        odd: indices of k-points whose levels look wrong.
        notes: warnings for the user.
    """

    found: ReferenceBands
    crystal: Crystal
    bands: Bands
    left_out: tuple[Run, ...]
    odd: tuple[int, ...]
    notes: tuple[str, ...]


def convert(path: Path, request: Request) -> Imported:
    """Return the bands in `path` as a reference; raise an error if they are ambiguous."""
    request = _with_structure(path, request)
    found = read_codes(path, request.hints, request.format)
    crystal = _crystal(found, request.hints)
    warnings = found.warnings_for(crystal)
    found, repeated = _without_repeats(replace(found, E=np.sort(found.E, axis=1)))
    spinor = spinor_of(found, request)
    found, full, twice = each_once(found, spinor, occupied_of(found, request))
    _check_symmetry(found, crystal, full)
    shells, full, E = _without_shells(found, crystal, spinor, full, request)
    odd = tuple(outliers(found.k, E, full))
    E = _shifted(E[:, : _kept(found, full, spinor, request)], full, request)
    bands = Bands(found.kpoints(crystal), jnp.asarray(E), full, spinor)
    notes = (*found.notes, *warnings, *_notes(bands, repeated, twice, request))
    return Imported(found, crystal, bands, shells, odd, notes)


def _with_structure(path: Path, request: Request) -> Request:
    """Add the structure file with the name of the file of bands, if no structure is given."""
    if request.hints.crystal is not None:
        return request
    files = (path.with_suffix(suffix) for suffix in STRUCTURES)
    file = next((file for file in files if file != path and exists(file)), None)
    if file is None:
        return request
    return replace(request, hints=replace(request.hints, crystal=read_structure(file)))


def _crystal(found: ReferenceBands, hints: Hints) -> Crystal:
    """Return the crystal of the file; that of the user must agree with it."""
    if found.crystal is None:
        if hints.crystal is None:
            raise InputError("has no structure", "add --structure FILE", found.path)
        return hints.crystal
    if hints.crystal is not None:
        found.warnings_for(hints.crystal)
        if sorted(found.crystal.symbols) != sorted(hints.crystal.symbols):
            what = f"holds bands of {''.join(found.crystal.symbols)}"
            raise InputError(what, "remove --structure", found.path)
    return found.crystal


def _without_repeats(found: ReferenceBands) -> tuple[ReferenceBands, int]:
    """Return the bands without immediate repeats of a k-point, and the number of repeats.

    Programs list the corner of a path twice.
    """
    repeated = np.abs(np.diff(found.k, axis=0)).max(axis=1, initial=0.0) < SAME_K
    at = np.flatnonzero(repeated) + 1
    apart = np.abs(found.E[at] - found.E[at - 1]).max(initial=0.0) * HARTREE_EV
    if apart > SAME_EV:
        what = f"a k-point is listed twice in a row, with levels {apart:.3g} eV apart"
        raise InputError(what, "keep one of the two", found.path)
    keep = np.concatenate([[True], ~repeated])
    labels = found.labels and tuple(
        found.labels[i] or (found.labels[i + 1] if i + 1 in at else "")
        for i in np.flatnonzero(keep)
    )
    distance = None if found.distance is None else found.distance[keep]
    weights = None if found.weights is None else found.weights[keep]
    cut = {"labels": labels, "distance": distance, "weights": weights}
    return replace(found, k=found.k[keep], E=found.E[keep], **cut), len(at)


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


def _check_symmetry(found: ReferenceBands, crystal: Crystal, occupied: int) -> None:
    """Raise an error if occupied levels differ at equivalent k-points."""
    E = found.E[:, :occupied] * HARTREE_EV
    star = equivalent(crystal, found.k)
    for number in range(int(star.max()) + 1):
        i, *others = np.flatnonzero(star == number)
        for j in others:
            if (apart := float(np.abs(E[j] - E[i]).max())) > SYMMETRIC_EV:
                raise InputError(
                    f"k-points {i + 1} and {j + 1} are equivalent, but levels differ by "
                    f"{apart:.3g} eV",
                    "check that the k-points and the cell belong to one run",
                    found.path,
                )


def _without_shells(
    found: ReferenceBands, crystal: Crystal, spinor: bool, full: int, request: Request
) -> tuple[tuple[Run, ...], int, np.ndarray]:
    """Return the closed shells, the number of other full bands, and the other bands."""
    count = electrons(crystal, request.electrons)
    wanted = occupied_levels(count, spinor)
    if full < wanted:
        what = f"{full} levels are full, but {count} electrons fill {wanted}"
        raise InputError(what, "give all occupied bands, or --electrons", found.path)
    if full == wanted:
        if request.leave_out:
            raise InputError("has no closed shells", "remove --leave-out", found.path)
        return (), full, found.E
    runs = request.leave_out or closed_shells(found.E, full, full - wanted) or ()
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


def _kept(found: ReferenceBands, full: int, spinor: bool, request: Request) -> int:
    """Return the number of bands that are kept."""
    if request.bands is None:
        return full + CONDUCTION * (2 if spinor else 1)
    if request.bands < full or (spinor and request.bands % 2):
        what = f"{request.bands} bands cannot be kept, {full} are full"
        even = "an even number, " if spinor else ""
        raise InputError(what, f"give {even}{full} or more (--bands)", found.path)
    return request.bands


def _shifted(E: np.ndarray, full: int, request: Request) -> np.ndarray:
    """Return the levels after the scissor shift and the shift of the valence band top."""
    E = E + request.scissor * (np.arange(E.shape[1]) >= full)
    return E if request.top is None else E + request.top - E[:, :full].max()


def _notes(bands: Bands, repeated: int, twice: bool, request: Request) -> Iterator[str]:
    """Yield warnings about what is valid but may be unintended."""
    if twice:
        yield "every level is listed twice; it is kept once"
    E, full = np.asarray(bands.E) * HARTREE_EV, bands.occupied
    if repeated:
        yield f"{repeated} k-points are listed twice in a row; they are kept once"
    if (request.bands or 0) > E.shape[1]:
        yield f"{request.bands} bands were requested, the file has {E.shape[1]}"
    if full == E.shape[1]:
        yield "there is no conduction band"
    elif (overlap := E[:, :full].max() - E[:, full].min()) >= 0:
        yield f"there is no gap: bands overlap by {overlap:.3f} eV"
