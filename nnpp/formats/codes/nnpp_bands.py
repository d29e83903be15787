"""Bands as nnpp and DeePseudopot write them: bands.csv, bands.h5, expBandStruct_X.par."""

import re
from dataclasses import replace
from pathlib import Path

from nnpp.config.deepseudopot.system import read_cell, read_kpoints
from nnpp.config.values import length
from nnpp.errors import InputError
from nnpp.files.tables import read_table, require_count
from nnpp.formats.bands_csv import HEAD, read_bands_csv
from nnpp.formats.bands_h5 import read_reference_h5
from nnpp.formats.codes.format import Format, Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.formats.structures import inline_structure
from nnpp.units import DEEPSEUDOPOT_HARTREE_EV

PAR = re.compile(r"expBandStruct_(\w+)\.par")


def read_deepseudopot_bands(path: Path, kpoints: Path) -> ReferenceBands:
    """Return the levels of an expBandStruct_X.par; the k-points are in the file `kpoints`.

    A line holds a distance and levels in eV, with the value of the hartree of DeePseudopot.
    """
    k, weights = read_kpoints(kpoints)
    table = read_table(path)
    require_count(path, len(table), len(k), "k-points", kpoints.name)
    E = table[:, 1:] / DEEPSEUDOPOT_HARTREE_EV
    return ReferenceBands(path, k, E, weights=weights)


def _deepseudopot(path: Path, _: Hints) -> ReferenceBands:
    """Return the levels with the crystal in the same folder; every level may occur twice."""
    found = PAR.fullmatch(path.name)
    if not found:
        raise InputError("is not named expBandStruct_X.par", "rename it", path)
    files = {x: path.with_name(f"{x}_{found[1]}.par") for x in ("kpoints", "system")}
    for file in files.values():
        if not file.is_file():
            raise InputError(f"needs {file.name} in the same folder", "copy it there", path)
    cell = read_cell(files["system"])[0]
    atoms = [(symbol, x, y, z) for symbol, x, y, z in cell["atoms"]]
    crystal = inline_structure(length(cell["scale"]), cell["cell"], atoms)
    about = {"program": "DeePseudopot's folder"}
    return replace(
        read_deepseudopot_bands(path, files["kpoints"]), crystal=crystal, provenance=about
    )


def _csv(path: Path, _: Hints) -> ReferenceBands:
    return replace(read_bands_csv(path), provenance={"program": "a table (CSV)"})


def _h5(path: Path, _: Hints) -> ReferenceBands:
    return replace(read_reference_h5(path), provenance={"program": "nnpp"})


FORMATS = (
    Format("csv", "CSV", lambda name, head: head.startswith(",".join(HEAD)), _csv),
    Format("h5", "nnpp (bands.h5)", lambda name, head: name.endswith((".h5", ".hdf5")), _h5),
    Format(
        "deepseudopot",
        "DeePseudopot (expBandStruct_X.par)",
        lambda name, head: PAR.fullmatch(name) is not None,
        _deepseudopot,
    ),
)
