"""Bands as nnpp and DeePseudopot write them: bands.csv, bands.h5, expBandStruct_X.par."""

import re
from dataclasses import replace
from pathlib import Path

from nnpp.config.deepseudopot.system import read_cell, read_kpoints
from nnpp.config.quantity import length
from nnpp.errors import InputError
from nnpp.files.tables import read_table, same_count
from nnpp.formats.bands_csv import HEAD, read_bands_csv
from nnpp.formats.bands_h5 import read_reference_h5
from nnpp.formats.codes.format import Beside, Format
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.formats.structures import inline_structure
from nnpp.units import DEEPSEUDOPOT_HARTREE_EV

PAR = re.compile(r"expBandStruct_(\w+)\.par")


def read_deepseudopot_bands(path: Path, kpoints: Path) -> ReferenceBands:
    """A distance and levels [eV, of its own hartree] a line; k-points in a file beside it."""
    k, weights = read_kpoints(kpoints)
    table = read_table(path)
    same_count(path, len(table), len(k), "k-points", kpoints.name)
    E = table[:, 1:] / DEEPSEUDOPOT_HARTREE_EV
    return ReferenceBands(path, k, E, weights=weights)


def _deepseudopot(path: Path, _beside: Beside) -> ReferenceBands:
    """The same with its crystal; its levels may stand there twice."""
    found = PAR.fullmatch(path.name)
    if not found:
        raise InputError("is not named expBandStruct_X.par", "name it so", path)
    beside = {x: path.with_name(f"{x}_{found[1]}.par") for x in ("kpoints", "system")}
    for file in beside.values():
        if not file.is_file():
            raise InputError(f"has no {file.name} beside it", "put it there", path)
    cell = read_cell(beside["system"])[0]
    crystal = inline_structure(length(cell["scale"]), cell["cell"], cell["atoms"])
    about = {"program": "DeePseudopot's folder"}
    return replace(
        read_deepseudopot_bands(path, beside["kpoints"]), crystal=crystal, provenance=about
    )


def _csv(path: Path, _: Beside) -> ReferenceBands:
    """A bands.csv."""
    return replace(read_bands_csv(path), provenance={"program": "a table (CSV)"})


def _h5(path: Path, _: Beside) -> ReferenceBands:
    """A bands.h5."""
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
