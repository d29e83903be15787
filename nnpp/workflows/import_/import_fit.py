"""`nnpp import`: make a fit folder from the bands of other programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.fit_yaml import dump_yaml
from nnpp.config.inputs import FIT_NAME
from nnpp.config.spec import validated
from nnpp.devices.start import start_devices
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable, write_atomic
from nnpp.files.origin import Origin
from nnpp.files.text import exists, sha256_of
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.structures import covalent_radius, formula, write_structure
from nnpp.observables.gaps import gap
from nnpp.potentials.zunger import PUBLISHED, first_form
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import atomic_number, electrons, valence_electrons
from nnpp.structures.symmetry import space_group
from nnpp.terms.term import Codes, Term, terms
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from nnpp.workflows.fits.provenance import versions
from nnpp.workflows.import_.convert import Imported, convert
from nnpp.workflows.import_.options import Request

ROUNDED = 1e-6
"""A dilation below this is rounding."""

EDGES = 20.0
"""Weight of the band edges."""

FIT = {"steps": 60, "hold_out": 0.2, "priors": {"size": 1.0e-4, "curvature": 2.0e-5}}
"""Settings of a fit of imported bands; the priors are those of inputs/zb-CdSe."""

NETWORK = {
    "network": {"features": {"kind": "radial", "width": 0.3, "spacing": 0.25}},
    "envelope": {"kind": "gaussian", "sigma": 3.0},
}
"""Network of a fit of imported bands, as in inputs/III-V."""


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

    paths: tuple[Path, ...]


def run_import(
    files: Sequence[Path], folder: Path, cutoff: float, request: Request
) -> Iterator[Report | Made]:
    """Read all files, yield a report on each, then write the fit folder.

    Args:
        files: one file of bands for each system.
        folder: the folder that is made.
        cutoff: energy cutoff of the fit [hartree].
        request: options of the import.
    """
    if exists(folder):
        raise InputError("exists already", "choose another name (--fit)", folder)
    refuse_unwritable(folder)
    start_devices()
    found = [convert(path, request) for path in files]
    if len({one.bands.spinor for one in found}) > 1:
        what = "some files have spin-orbit, others do not"
        raise InputError(what, "import them separately", folder)
    names = _system_names(found)
    for name, one in zip(names, found, strict=True):
        yield Report(name, one.found.path, tuple(_rows(one)), one.notes)
    yield Made(tuple(_written(folder, dict(zip(names, found, strict=True)), cutoff, request)))


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
    folder: Path, found: dict[str, Imported], cutoff: float, request: Request
) -> Iterator[Path]:
    """Write structure and reference of every system, then fit.yaml; yield the paths."""
    data = _fit(found, cutoff, request)
    validated(data, Origin(folder / FIT_NAME), folder)
    for name, one in found.items():
        yield write_structure(folder / f"{name}.vasp", one.crystal)
        about = _provenance(one, request)
        yield write_bands_h5(folder / f"{name}.h5", one.bands, one.crystal, about)
    yield write_atomic(folder / FIT_NAME, dump_yaml(data))


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


def _fit(found: dict[str, Imported], cutoff: float, request: Request) -> dict[str, Any]:
    """Return the content of fit.yaml."""
    first = _first_terms(next(iter(found.values())).bands.spinor, request.serves)
    programs = sorted({one.found.provenance.get("program", "a file") for one in found.values()})
    return {
        "title": f"{', '.join(found)}; bands from {', '.join(programs)}",
        "systems": [_system(name, found, cutoff, request) for name in found],
        "potential": {
            "kind": "neural",
            **({"for": request.serves} if request.serves else {}),
            "elements": _elements(found, first),
            "train": ["local", *(term.name for term in first)],
            **NETWORK,
        },
        "fit": FIT,
    }


def _system(
    name: str, found: dict[str, Imported], cutoff: float, request: Request
) -> dict[str, Any]:
    """Return one system; its dilation is relative to the first system of that crystal."""
    one = found[name]
    kind = _kind(one.crystal)
    unstrained = next(x.crystal for x in found.values() if _kind(x.crystal) == kind)
    dilation = float(one.crystal.volume / unstrained.volume) - 1
    n, full, edge = one.bands.E.shape[1], one.bands.occupied, 2 if one.bands.spinor else 1
    weights = [EDGES if full - edge <= i < full + edge else 1.0 for i in range(n)]
    w = one.found.weights
    return {
        "name": name,
        "structure": f"{name}.vasp",
        **({"dilation": dilation} if abs(dilation) > ROUNDED else {}),
        "cutoff": f"{cutoff:g} hartree",
        # other codes have T = ½K²
        **({"plane_waves": "per-k"} if request.serves else {}),
        **({"electrons": request.electrons} if request.electrons else {}),
        "bands": n,
        "reference": f"{name}.h5",
        "zero": "vbm" if request.top is None else "absolute",
        "weights": {"bands": weights}
        | ({} if w is None else {"kpoints": w.astype(float).tolist()}),
    }


def _kind(crystal: Crystal) -> tuple[list[str], str]:
    """Return what crystals have in common that differ by strain only."""
    return sorted(crystal.symbols), space_group(crystal)


def _elements(found: dict[str, Imported], first: list[Term]) -> dict[str, Any]:
    """Return every element with its initial parameters."""
    crystals = [one.crystal for one in found.values()]
    density = float(np.mean([electrons(c) / float(c.volume) for c in crystals]))
    elements = {}
    for symbol in dict.fromkeys(s for c in crystals for s in c.species):
        typical = first_form(valence_electrons(symbol), covalent_radius(symbol), density)
        form = [round(x, 8) for x in PUBLISHED.get(symbol, typical)]
        elements[symbol] = {"local": form, **_first_strengths(symbol, first)}
    return elements


def _first_terms(spinor: bool, serves: Codes | None) -> list[Term]:
    """Return the terms that a new fit starts with, those on spin last."""
    known = [t for t in terms() if t.first is not None and (spinor or not t.acts_on_spin)]
    served = [t for t in known if serves is None or t.in_export]
    return sorted(served, key=lambda term: term.acts_on_spin)


def _first_strengths(symbol: str, first: list[Term]) -> dict[str, Any]:
    """Return the initial strengths of an element, by the name of the term."""
    found = {}
    for term in first:
        assert term.first is not None, "_first_terms selects these"
        strengths = term.first(atomic_number(symbol))
        found[term.name] = list(strengths) if term.shape else strengths[0]
    return found
