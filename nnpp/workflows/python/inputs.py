"""What people pass in Python: structures of other libraries, paths, k-points, cutoffs."""

from numbers import Real
from pathlib import Path
from typing import Any

import jax
import numpy as np

from nnpp.config.kpoints import read_path_text
from nnpp.config.values import cutoff_energy
from nnpp.devices.tracing import differentiated
from nnpp.errors import InputError, suggest
from nnpp.files.text import exists
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.bands_json import kpoints_of_path
from nnpp.formats.model import Model
from nnpp.formats.structures import STRUCTURES, crystal_of_object, read_structure
from nnpp.setup.cases import kpoints_of
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.symmetry import mesh


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
    if str(name) in systems and not _is_file(Path(name)):
        return read_bands_h5(systems[str(name)]).crystal
    try:
        return read_structure(Path(name))
    except InputError as error:
        if _is_file(Path(name)) or not systems:
            raise
        raise InputError(error.what, f"systems: {suggest(str(name), systems)}", name) from error


def _is_file(path: Path) -> bool:
    """Return whether the path is a file; a folder of the run may have a system's name."""
    return exists(path) and path.is_file()


def kpoints_from(crystal: Crystal, wanted: Any, points: int) -> KPoints:
    """Return the k-points that a caller names or passes.

    Args:
        crystal: the crystal.
        wanted: a path as "LGXWKG" or "L Γ X U|K Γ", ASE's BandPath, fractional coordinates,
            three divisions of a mesh as (4, 4, 4), or KPoints; None for the recommended path.
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
    if traced(wanted):
        return listed(crystal, wanted)
    if (size := _divisions(wanted)) is not None:
        return mesh(crystal, size)
    try:
        k = np.asarray(wanted, float)
    except (TypeError, ValueError) as error:
        what = f"a {type(wanted).__name__} is neither a path nor k-points"
        raise InputError(what, 'write "LGXWKG", or pass fractional coordinates') from error
    return listed(crystal, k)


def _divisions(wanted: Any) -> tuple[int, int, int] | None:
    """Return the divisions of a mesh; None for k-points, such as (0, 0, 0), which is Γ."""
    try:
        numbers = np.asarray(wanted)
    except ValueError:  # rows of different lengths
        return None
    if numbers.shape != (3,) or numbers.dtype.kind not in "iu" or not numbers.any():
        return None
    if (numbers < 1).any():
        what = f"{wanted!r:.40} is neither a mesh nor a list of k-points"
        raise InputError(what, f"write [{list(map(int, numbers))}] for one k-point")
    return int(numbers[0]), int(numbers[1]), int(numbers[2])


def traced(tree: Any) -> bool:
    """Return whether JAX traces any array of a pytree."""
    return any(map(differentiated, jax.tree.leaves(tree)))


def integer_from(number: Any, name: str) -> int | None:
    """Return an integer from any type of number, as 8.0 or np.int64(8); None for None."""
    if number is None:
        return None
    if (
        isinstance(number, bool)
        or not isinstance(number, Real)
        or not float(number).is_integer()
    ):
        raise InputError(f"{number!r:.40} is not an integer", "write e.g. 8", name)
    return int(float(number))


def mesh_text(mesh: Any) -> str | None:
    """Return a mesh as "4x4x4" from three divisions; text and None are unchanged."""
    if mesh is None or isinstance(mesh, str):
        return mesh
    try:
        return "x".join(str(integer_from(x, "mesh")) for x in mesh)
    except TypeError as error:
        raise InputError(f"{mesh!r:.40} is not a mesh", "write (4, 4, 4)", "mesh") from error


def width_text(broaden: Any) -> str | None:
    """Return a width as text; an InputError for a number without its unit."""
    if broaden is None or isinstance(broaden, str):
        return broaden
    raise InputError(f"{broaden!r:.40} has no unit", 'write e.g. "0.1 eV"', "broaden")


def _with_jumps(path: str) -> str:
    """Return a path of ASE, as "GXU,KG", with its commas as jumps; others unchanged."""
    pieces = path.strip().split(",")
    compact = " " not in path.strip() and min(map(len, pieces)) > 1
    return "|".join(pieces) if compact else path


def cutoff_from(cutoff: Any) -> float | None:
    """Return a cutoff [hartree] from a number in hartree, or from text with a unit."""
    if cutoff is None or isinstance(cutoff, Real):
        found = None if cutoff is None else float(cutoff)
    else:
        try:
            found = cutoff_energy(cutoff)
        except InputError as error:
            raise error.at("cutoff") from error
    if found is not None and not 0 < found < float("inf"):
        raise InputError("must be greater than 0", 'as in "100 eV", or 10.0 hartree', "cutoff")
    return found
