"""What people pass in Python: structures of other libraries, paths, k-points, cutoffs."""

from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.kpoints import read_path_text
from nnpp.config.values import cutoff_energy
from nnpp.errors import InputError, suggest
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.bands_json import kpoints_of_path
from nnpp.formats.model import Model
from nnpp.formats.structures import STRUCTURES, crystal_of_object, read_structure
from nnpp.setup.cases import kpoints_of
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed


def crystal_from(structure: Any, model: Model) -> Crystal:
    """Return the crystal that a caller names or passes.

    Args:
        structure: ASE's Atoms, a pymatgen Structure, a Crystal, the name of a structure file or
            of a system of the run; None for the only system of the run.
        model: the fitted potential, in the folder of its run.
    """
    if isinstance(structure, Crystal):
        return structure
    if structure is None or isinstance(structure, str | Path):
        return _named(structure, model)
    try:
        return crystal_of_object(structure)
    except InputError as error:
        raise error.at("atoms") from error


def _named(name: str | Path | None, model: Model) -> Crystal:
    """Return the crystal of a system of the run, or of a structure file."""
    systems = {
        s["name"]: file
        for s in model.about.get("systems", [])
        if exists(file := model.path.parent / str(s.get("name")) / "bands.h5")
    }
    if name is None and len(systems) == 1:
        return read_bands_h5(next(iter(systems.values()))).crystal
    if name is None:
        known = f"it has {', '.join(systems)}" if systems else "no system is stored with it"
        raise InputError(f"which crystal? {known}", f"name a system, or pass {STRUCTURES}")
    if str(name) in systems and not exists(Path(name)):
        return read_bands_h5(systems[str(name)]).crystal
    try:
        return read_structure(Path(name))
    except InputError as error:
        if exists(Path(name)) or not systems:
            raise
        raise InputError(error.what, f"systems: {suggest(str(name), systems)}", name) from error


def kpoints_from(crystal: Crystal, wanted: Any, points: int) -> KPoints:
    """Return the k-points that a caller names or passes.

    Args:
        crystal: the crystal.
        wanted: a path as "LGXWKG" or "L Γ X U|K Γ", ASE's BandPath, fractional coordinates or
            KPoints; None for the recommended path.
        points: approximate number of k-points of a path given as text.
    """
    if isinstance(wanted, KPoints):
        return wanted
    if wanted is None or isinstance(wanted, str):
        text = _with_jumps(wanted or "auto")
        try:
            return kpoints_of(read_path_text(text, points), crystal, None)
        except InputError as error:
            raise error.at("path") from error
    if hasattr(wanted, "kpts") and hasattr(wanted, "special_points"):
        return kpoints_of_path(wanted, crystal)
    try:
        k = np.asarray(wanted, float)
    except (TypeError, ValueError) as error:
        what = f"a {type(wanted).__name__} is neither a path nor k-points"
        raise InputError(what, 'write "LGXWKG", or pass fractional coordinates') from error
    return listed(crystal, k)


def _with_jumps(path: str) -> str:
    """Return a path of ASE, as "GXU,KG", with its commas as jumps; others unchanged."""
    pieces = path.strip().split(",")
    compact = " " not in path.strip() and min(map(len, pieces)) > 1
    return "|".join(pieces) if compact else path


def cutoff_from(cutoff: float | str | None) -> float | None:
    """Return a cutoff [hartree] from a number in hartree, or from text with a unit."""
    if cutoff is None or isinstance(cutoff, int | float):
        found = cutoff
    else:
        try:
            found = cutoff_energy(cutoff)
        except InputError as error:
            raise error.at("cutoff") from error
    if found is not None and not 0 < found < float("inf"):
        raise InputError("must be greater than 0", 'as in "100 eV", or 10.0 hartree', "cutoff")
    return found
