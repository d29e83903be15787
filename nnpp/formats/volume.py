"""Fields on the grid of a cell, as .cube (atomic units) and .xsf (Å, eV), by ASE's writers.

cube: V in hartree, |ψ|² in bohr⁻³; seven digits. xsf: V in eV, and Ω|ψ|², whose mean is 1,
because ASE's writer keeps six decimals; the points at both ends of each axis are written.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from ase import Atoms
from ase.io.cube import write_cube
from ase.io.xsf import write_xsf
from jaxtyping import Float

from nnpp.files.atomic import atomic_path
from nnpp.formats.structures import atoms_of
from nnpp.structures.crystal import Crystal
from nnpp.units import HARTREE_EV


@dataclass(frozen=True)
class Volume:
    """A field with its description.

    Attributes:
        name: name of its file, without suffix.
        title: description in one line of ASCII, without unit.
        values: values on the grid of the cell [hartree, or bohr⁻³ for a density].
        density: whether the field is a density.
    """

    name: str
    title: str
    values: Float[np.ndarray, "x y z"]
    density: bool


def write_volume(folder: Path, volume: Volume, crystal: Crystal, suffix: str) -> Path:
    """Write the field with the atoms of the crystal; return the path."""
    return write_field(folder, volume, atoms_of(crystal), suffix)


def write_field(folder: Path, volume: Volume, atoms: Atoms, suffix: str) -> Path:
    """Write the field with atoms in its cell; return the path."""
    path = Path(folder) / f"{volume.name}.{suffix}"
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii") as file:
        FORMATS[suffix](file, volume, atoms)
    return path


def _cube(file: TextIO, volume: Volume, atoms: Atoms) -> None:
    """Write atomic units, as the format has lengths in bohr."""
    unit = "e/bohr^3, integral 1" if volume.density else "hartree"
    write_cube(file, atoms, volume.values, comment=f"{volume.title}; {unit}; lengths in bohr")


def _xsf(file: TextIO, volume: Volume, atoms: Atoms) -> None:
    """Write a general grid of XCrySDen, which contains both ends of each axis."""
    unit, factor = "eV", HARTREE_EV
    if volume.density:
        size = atoms.get_volume()
        unit = f"times the cell volume, mean 1; divide by {size:.6f} for e/Angstrom^3"
        factor = 1 / float(volume.values.mean())
    file.write(f"# {volume.title}; {unit}; lengths in Angstrom\n")
    both_ends = np.pad(volume.values * factor, [(0, 1)] * 3, mode="wrap")
    write_xsf(file, [atoms], both_ends, origin=np.zeros(3), span_vectors=atoms.cell.array)


FORMATS = {"cube": _cube, "xsf": _xsf}
"""Writers by the suffix of their files."""
