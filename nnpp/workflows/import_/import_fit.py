"""`nnpp import`: make a fit folder from the bands of other programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.fit_yaml import dump_yaml
from nnpp.config.inputs import FIT_NAME
from nnpp.config.spec import validated
from nnpp.devices.start import start_devices
from nnpp.errors import InputError
from nnpp.files.atomic import atomic_folder, refuse_unwritable, write_atomic
from nnpp.files.origin import Origin
from nnpp.files.text import exists, read_bytes, sha256_of
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.codes.run_folder import bands_file
from nnpp.formats.structures import formula, write_structure
from nnpp.observables.gaps import gap
from nnpp.structures.symmetry import space_group
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from nnpp.workflows.fits.provenance import versions
from nnpp.workflows.import_.convert import Imported, convert
from nnpp.workflows.import_.deepseudopot import read_older
from nnpp.workflows.import_.fit_file import fit_content
from nnpp.workflows.import_.options import Request

BACKUP = f"{FIT_NAME}.bak"
"""A fit.yaml that an import replaced; later ones are numbered from 2."""

PAIR = (".vasp", ".h5")
"""Suffixes of the structure and the reference of each system."""


@dataclass(frozen=True)
class Report:
    """The result for one file.

    Attributes:
        name: name of the system.
        source: the file.
        rows: names and values, to be printed.
        notes: warnings for the user.
    """

    name: str
    source: Path
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """The fit folder was written."""

    folder: Path
    paths: tuple[Path, ...]


def run_import(
    files: Sequence[Path], into: Path, fit: str | None, request: Request
) -> Iterator[Report | Made]:
    """Read all files, yield a report on each, then write the fit folder.

    Args:
        files: for each system a file of bands, or the folder of a run; or one folder of
            DeePseudopot, with all its systems.
        into: the folder in which the fit folder is made.
        fit: the name of the fit folder; by default that of the first system.
        request: options of the import.
    """
    if fit is not None:
        _check_target(into / fit, request.force)
    start_devices()
    older = read_older(files)
    if older is None:
        found = [convert(bands_file(p) if p.is_dir() else p, request) for p in files]
    else:
        found = [convert(path, own) for path, own in older.sources(request)]
    if len({one.bands.spinor for one in found}) > 1:
        what = "some files have spin-orbit, others do not"
        raise InputError(what, "import them separately", files[0])
    names = _names_of(found, request.names or (older.names if older else ()))
    folder = into / (fit or names[0])
    _check_target(folder, request.force)
    by_name = dict(zip(names, found, strict=True))
    data = fit_content(by_name, request)
    data = older.with_settings(data, found, request) if older else data
    validated(data, Origin(folder / FIT_NAME), folder)
    first = older.notes if older else ()
    for name, one in by_name.items():
        yield Report(name, one.found.path, tuple(_rows(one)), (*first, *one.notes))
        first = ()
    yield Made(folder, _written(folder, by_name, data, request))


def _check_target(folder: Path, force: bool) -> None:
    """Raise an error if the folder exists, unless an import made it and `force` is set."""
    refuse_unwritable(folder.parent)
    if not exists(folder):
        return
    if folder.resolve() in (Path.cwd(), *Path.cwd().parents):
        remedy = "choose another name (--fit) or folder (--into)"
        raise InputError("contains the working directory", remedy, folder)
    if not force:
        remedy = "choose another name (--fit), or replace it (--force)"
        raise InputError("exists already", remedy, folder)
    remedy = "choose another name (--fit)"
    if not (folder / FIT_NAME).is_file():
        raise InputError(f"has no {FIT_NAME}, so --force does not replace it", remedy, folder)
    files = {path.name for path in folder.iterdir()}
    own = {FIT_NAME, *(path.name for path in folder.glob(f"{BACKUP}*"))}
    if other := sorted(x for x in files - own if not _imported(x, files)):
        what = f"contains {other[0]!r:.60}, which no import writes"
        raise InputError(what, f"move it away, or {remedy}", folder)


def _imported(name: str, files: set[str]) -> bool:
    """Return whether a structure file has its reference next to it, as imports write them."""
    return name.endswith(PAIR) and all(f"{Path(name).stem}{s}" in files for s in PAIR)


def _names_of(found: Sequence[Imported], given: Sequence[str]) -> list[str]:
    """Return the names of the systems: as given, or their formulas."""
    if not given:
        return _system_names(found)
    if len(given) != len(found):
        what = f"{len(given)} names for {len(found)} systems"
        raise InputError(what, f"give --system {len(found)} times", "--system")
    return list(given)


def _system_names(found: Sequence[Imported]) -> list[str]:
    """Return the formula of each system, with file name or number if formulas repeat."""
    formulas = [formula(one.crystal) for one in found]
    pairs = zip(formulas, found, strict=True)
    with_files = [f"{name}-{one.found.path.stem}" for name, one in pairs]
    for names in (formulas, with_files):
        if len(set(names)) == len(names):
            return names
    return [f"{name}-{i}" for i, name in enumerate(formulas, start=1)]


def _rows(one: Imported) -> Iterator[tuple[str, str]]:
    """Yield the table that describes the imported bands."""
    bands, E = one.bands, np.asarray(one.bands.E) * HARTREE_EV
    origin = (one.found.provenance.get(x, "") for x in ("program", "version", "functional"))
    yield "from", " ".join(origin).strip()
    volume = float(one.crystal.volume) * BOHR_ANGSTROM**3
    yield "crystal", f"{formula(one.crystal)}, {space_group(one.crystal)}, {volume:.3f} Å³"
    named = [name for name in bands.kpoints.labels if name]
    yield "k-points", f"{len(bands.kpoints)}" + (f", {' '.join(named)}" if named else "")
    yield "levels", "of spinors (spin-orbit)" if bands.spinor else "without spin"
    total, kept = one.found.E.shape[1], E.shape[1]
    yield "bands", f"{kept} of {total} kept, {bands.occupied} full"
    if one.left_out:
        shells = ", ".join(f"{first + 1}–{last}" for first, last in one.left_out)
        yield "left out", f"{shells}: closed shells"
    yield "window", f"{E.min():.3f} to {E.max():.3f} eV"
    if bands.occupied < kept:
        edges = gap(bands)
        width, kind = edges.width * HARTREE_EV, "direct" if edges.direct else "indirect"
        yield "valence top", f"{edges.vbm * HARTREE_EV:.4f} eV at {_place(one, edges.at_vbm)}"
        yield "gap", f"{width:.4f} eV, {kind}, to {_place(one, edges.at_cbm)}"
    yield "odd points", ", ".join(_place(one, i) for i in one.odd) or "none"


def _place(one: Imported, i: int) -> str:
    """Return the name of a k-point, or its number and coordinates."""
    k = one.bands.kpoints
    where = " ".join(f"{x:.4g}" for x in np.asarray(k.fractional)[i])
    return k.labels[i] or f"k-point {i + 1} ({where})"


def _written(
    folder: Path, found: Mapping[str, Imported], data: dict[str, Any], request: Request
) -> tuple[Path, ...]:
    """Write structure and reference of every system, and fit.yaml; return the paths."""
    text = dump_yaml(data)
    kept = _backups(folder, text)
    with atomic_folder(folder, replace=request.force) as temporary:
        for name, one in found.items():
            write_structure(temporary / f"{name}.vasp", one.crystal)
            about = _provenance(one, request)
            write_bands_h5(temporary / f"{name}.h5", one.bands, one.crystal, about)
        for name, content in kept.items():
            write_atomic(temporary / name, content)
        write_atomic(temporary / FIT_NAME, text)
    names = [f"{name}{suffix}" for name in found for suffix in PAIR]
    return tuple(folder / name for name in (*names, *kept, FIT_NAME))


def _backups(folder: Path, text: str) -> dict[str, bytes]:
    """Return earlier settings in a folder that is replaced, by the names of their backups.

    Args:
        folder: the fit folder.
        text: the new fit.yaml; an equal one needs no backup.
    """
    if not exists(folder):
        return {}
    kept = {path.name: read_bytes(path) for path in sorted(folder.glob(f"{BACKUP}*"))}
    old = read_bytes(folder / FIT_NAME)
    if old not in (text.encode(), *kept.values()):
        names = (BACKUP, *(f"{BACKUP}{i}" for i in range(2, len(kept) + 2)))
        kept[next(name for name in names if name not in kept)] = old
    return kept


def _provenance(one: Imported, request: Request) -> dict[str, Any]:
    """Return the origin of a reference, and the shifts of its levels [eV]."""
    moved = {"scissor_ev": request.scissor * HARTREE_EV}
    if request.top is not None:
        moved["valence_top_ev"] = request.top * HARTREE_EV
    return {
        "source": one.found.path.name,
        "sha256": sha256_of(one.found.path),
        "left_out": one.left_out,
        **one.found.provenance,
        "nnpp": versions(),
        "moved": moved,
    }
