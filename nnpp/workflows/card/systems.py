"""The systems of a card: crystal, basis, k-points, errors, and the origin of the references.

The numbers are those stored in summary.json and bands.h5 of the run, which must agree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from nnpp.config.inputs import Fit
from nnpp.config.systems import System
from nnpp.errors import InputError
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.structures import formula
from nnpp.observables.bands import Bands
from nnpp.observables.gaps import gap, spin_orbit_splitting
from nnpp.runs.folder import SUMMARY
from nnpp.setup.cases import Case
from nnpp.setup.compare import errors_at_all_k, reference_bands
from nnpp.structures.symmetry import conventional_lengths, space_group
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from nnpp.workflows.bands.of_fit import fitted_and_held_out

SAME = 1e-6
"""Tolerance between summary.json and bands.h5 [eV, meV]."""

PATH_ON_DISK = re.compile(r"(?<![\w.])~?(?:/[^\s/,;:'\"]+){2,}/?")
"""A path on the machine of the author, which does not belong in a card."""

LONGEST = 300
"""Maximum length of one provenance entry [characters]."""

OMITTED = ("inputs_sha256",)
"""Provenance entries that are not printed."""

SYSTEM_HEADS = (
    *("system", "crystal", "cell/Å", "dilation", "cutoff/hartree", "plane waves"),
    *("k fitted", "k held out", "bands", "occupied", "levels"),
)

ERROR_HEADS = ("system", "", "fitted k", "held-out k", "all k")

EDGE_HEADS = ("system", "", "potential/eV", "reference/eV", "difference/meV")

NAMES = {
    "gap_ev": "gap",
    "vbm_ev": "valence band maximum",
    "cbm_ev": "conduction band minimum",
    "splitting_ev": "spin-orbit splitting",
}
"""Numbers of summary.json and their names in a card."""

NONE = "—"

Row = tuple[str, ...]


@dataclass(frozen=True)
class Evaluated:
    """One system with its stored numbers and errors.

    Attributes:
        case: the system with its complete reference.
        fitted: which k-points of the reference were fitted.
        held: which k-points were held out.
        numbers: its entry in summary.json.
        errors: E − E_ref of its stored bands [meV]; None if they cannot be compared.
        why: the reason why there are no errors.
    """

    case: Case
    fitted: Bool[np.ndarray, " k"]
    held: Bool[np.ndarray, " k"]
    numbers: dict[str, Any]
    errors: Float[np.ndarray, "k band"] | None
    why: str = ""


def evaluated(fit: Fit, i: int, case: Case, summary: dict[str, dict[str, Any]]) -> Evaluated:
    """Return system `i` with its errors, or with the reason why there are none."""
    name = case.spec.name
    blank = Evaluated(case, *fitted_and_held_out(fit, i, case), {}, None)
    file = fit.folder / name / "bands.h5"
    if not exists(file) or name not in summary:
        return replace(blank, why="its bands are not in this run")
    stored = read_bands_h5(file)
    basis = (stored.provenance.get("cutoff_hartree"), stored.provenance.get("plane_waves"))
    if basis != (case.spec.cutoff, case.spec.plane_waves):
        return replace(blank, why="its bands in this run have another cutoff")
    _refuse_other_edges(fit.folder, summary[name], stored.bands)
    found = replace(blank, numbers=summary[name])
    if case.reference is None:
        return replace(found, why="it has no reference")
    if stored.bands.E.shape[1] * case.times < case.reference.E.shape[1]:
        return replace(found, why="this run has fewer bands than its reference")
    E = errors_at_all_k(replace(case, kpoints=stored.bands.kpoints), stored.bands)
    if E is None:
        return replace(found, why="its bands in this run are at other k-points")
    errors = np.asarray(E) * HARTREE_EV * 1e3
    _refuse_other(
        fit.folder, summary[name].get("rmse_mev"), np.sqrt(np.mean(errors**2, axis=0))
    )
    return replace(found, errors=errors)


def _refuse_other_edges(folder: Path, numbers: dict[str, Any], bands: Bands) -> None:
    """Raise an error if the band edges of summary.json are not those of the bands."""
    if 0 < bands.occupied < bands.E.shape[1]:
        edges, stored = gap(bands), [numbers.get("vbm_ev"), numbers.get("cbm_ev")]
        _refuse_other(folder, stored, np.array([edges.vbm, edges.cbm]) * HARTREE_EV)


def _refuse_other(folder: Path, stored: Any, computed: Float[np.ndarray, " number"]) -> None:
    """Raise an error if numbers of summary.json are not those of bands.h5."""
    known = np.array([np.nan if x is None else x for x in stored or []], float)
    if known.shape != computed.shape or not np.abs(known - computed).max() < SAME:
        remedy = "write both again with `nnpp bands RUN --plot`"
        raise InputError("describes other bands than bands.h5", remedy, folder / SUMMARY)


def system_row(one: Evaluated) -> Row:
    """Return the row that describes a system."""
    case, lengths = one.case, conventional_lengths(one.case.crystal) * BOHR_ANGSTROM
    distinct = dict.fromkeys(f"{a:.4f}" for a in lengths)
    dilation = f"{case.spec.dilation:+.4g}" if case.spec.dilation else "0"
    return (
        case.spec.name,
        f"{formula(case.crystal)}, {space_group(case.crystal)}",
        " × ".join(distinct),
        "of each atom" if case.spec.bonds else dilation,
        f"{case.spec.cutoff:.8g}",
        f"{case.spec.plane_waves}, up to {case.n_plane_waves}",
        f"{int(one.fitted.sum())}",
        f"{int(one.held.sum())}",
        f"{case.n_levels}",
        f"{case.occupied}",
        "spinors (spin-orbit)" if case.spinor else "without spin",
    )


def error_rows(one: Evaluated) -> Iterator[Row]:
    """Yield root-mean-square errors of the band edges and of all bands [meV]."""
    if one.errors is None:
        yield (one.case.spec.name, one.why, NONE, NONE, NONE)
        return
    full, n = one.case.occupied_in_reference, one.errors.shape[1]
    parts = {"highest valence band": full - 1, "lowest conduction band": full}
    bands = {f"{what} ({i + 1})": [i] for what, i in parts.items() if 0 <= i < n}
    for what, of in (bands | {f"all {n} bands": list(range(n))}).items():
        stored = np.array(one.numbers["rmse_mev"])[of]
        yield (
            one.case.spec.name,
            what,
            _rms(one.errors[one.fitted][:, of]),
            _rms(one.errors[one.held][:, of]),
            f"{np.sqrt(np.mean(stored**2)):.4g}",
        )


def _rms(x: Float[np.ndarray, "k band"]) -> str:
    """Return the root mean square as text; a dash without k-points."""
    return f"{np.sqrt(np.mean(x**2)):.4g}" if x.size else NONE


def edge_rows(one: Evaluated) -> Iterator[Row]:
    """Yield gap, band edges and splitting compared with the reference [eV]."""
    theirs = _edges(one.case)
    absolute = one.case.spec.zero == "absolute"
    for key, what in NAMES.items():
        ours = one.numbers.get(key)
        if ours is None:
            continue
        reference, comparable = theirs.get(key), absolute or key in ("gap_ev", "splitting_ev")
        yield (
            one.case.spec.name,
            what,
            f"{ours:.4f}",
            NONE if reference is None else f"{reference:.4f}",
            NONE if reference is None or not comparable else f"{(ours - reference) * 1e3:+.4g}",
        )


def _edges(case: Case) -> dict[str, float]:
    """Return the same numbers of the reference, as far as it has them [eV]."""
    bands = reference_bands(case)
    if bands is None or not 0 < bands.occupied < bands.E.shape[1]:
        return {}
    edges = gap(bands)
    found = {"gap_ev": edges.width, "vbm_ev": edges.vbm, "cbm_ev": edges.cbm}
    if case.spinor and bands.kpoints.gamma is not None and bands.occupied >= 6:
        found["splitting_ev"] = float(spin_orbit_splitting(bands))
    return {key: value * HARTREE_EV for key, value in found.items()}


def origin_of(system: System) -> tuple[str, ...]:
    """Return the provenance of a system's reference, its weights and its other targets."""
    targets = (f"target: {t.kind} of {t.text}" for t in system.targets)
    return (*_of_reference(system), *_weights(system), *targets)


def _of_reference(system: System) -> Iterator[str]:
    """Yield the file of the reference and what it states about its origin."""
    if system.reference is None:
        yield "no reference bands"
        return
    file, stated = system.reference.file, {}
    if system.reference.format == "h5":
        stated = dict(_entries(read_bands_h5(file).provenance))
    yield file.name if stated else f"{file.name}: origin not stated"
    yield from (f"{key} {value}" for key, value in stated.items())
    if system.reference.scissor:
        yield f"empty levels raised by {system.reference.scissor * HARTREE_EV:g} eV"


def _weights(system: System) -> Iterator[str]:
    """Yield the weights that differ from one."""
    weights = system.weights
    if weights.bands is not None:
        yield f"band weights {' '.join(f'{w:g}' for w in weights.bands)}"
    if weights.kpoints is not None:
        yield "k-point weights as listed in the fit"
    for window in weights.windows:
        low, high = window.low * HARTREE_EV, window.high * HARTREE_EV
        yield f"levels from {low:g} to {high:g} eV have {window.weight:g} times the weight"


def without_paths(text: str) -> str:
    """Return the text with absolute paths replaced by file names."""
    return PATH_ON_DISK.sub(lambda found: Path(found[0]).name, text)


def _entries(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the entries of a provenance with readable names and values."""
    for key, value in provenance.items():
        if key not in OMITTED and value not in (None, "", [], {}):
            yield key.replace("_", " "), without_paths(_words(value))[:LONGEST]


def _words(value: Any) -> str:
    """Return a value as text."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case Mapping():
            return ", ".join(f"{k.replace('_', ' ')} {_words(v)}" for k, v in value.items())
        case list() | tuple():
            return " ".join(_words(v) for v in value)
    return str(value)
