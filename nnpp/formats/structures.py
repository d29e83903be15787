"""Structure files of any format that ASE reads, and structures written out: Å → bohr."""

import sqlite3
import struct
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import covalent_radii
from ase.formula import Formula
from ase.io import read, write
from ase.io.formats import UnknownFileTypeError
from ase.spacegroup.spacegroup import SpacegroupError

from nnpp.config.spec import FitSpec
from nnpp.config.systems import InlineStructure
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import whole
from nnpp.files.text import named, read_bytes
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.electrons import SYMBOLS, atomic_number
from nnpp.structures.environment import strains, tetrahedra
from nnpp.units import BOHR_ANGSTROM

CLOSEST = 0.5 / BOHR_ANGSTROM
"""Two atoms nearer than this have been given twice, or in another unit [bohr]."""

FLATTEST = 1e-3
"""|det a| over the product of the |a_i| below which a cell has no volume."""

FULL = 1e-3
"""A site counts as full when its occupancy is one to this."""

READ_ERRORS = (
    AssertionError,
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SpacegroupError,
    StopIteration,
    SyntaxError,
    TypeError,
    UnknownFileTypeError,
    ValueError,
    ZeroDivisionError,
    sqlite3.Error,
    struct.error,
)
"""What ASE's seventy readers raise on a corrupt file: each fails where its own parsing does."""


def read_crystals(spec: FitSpec) -> tuple[Crystal, ...]:
    """The crystal of every system, whose atoms all have an element in the potential."""
    elements = tuple(spec.potential.elements)
    for symbol in elements:
        with spec.origin.error_context("potential", "elements", symbol):
            _known(symbol)
    return tuple(_placed(spec, i, elements) for i in range(len(spec.systems)))


def read_structure(path: Path) -> Crystal:
    """The crystal in a structure file."""
    path = Path(path)
    read_bytes(path)
    images = _images(path)
    if len(images) != 1:
        raise InputError(f"holds {len(images)} structures", "keep the one that is meant", path)
    _refuse_shared_sites(images[0], path)
    try:
        return crystal_of(images[0])
    except InputError as error:
        raise error.at(path) from error


def crystal_of(atoms: Atoms) -> Crystal:
    """The crystal that ASE's Atoms are."""
    if not atoms.cell.array.any():
        raise InputError("has no cell", "give the three lattice vectors")
    if not all(atoms.pbc):
        raise InputError("is not periodic in three directions", "set pbc to T T T")
    cell = atoms.cell.array / BOHR_ANGSTROM
    return _sound(cell, _fractional(cell, atoms), tuple(atoms.get_chemical_symbols()))


def atoms_of(crystal: Crystal) -> Atoms:
    """The crystal as ASE's Atoms [Å]."""
    return Atoms(
        crystal.symbols,
        cell=np.asarray(crystal.cell) * BOHR_ANGSTROM,
        scaled_positions=np.asarray(crystal.fractional),
        pbc=True,
    )


def write_structure(path: Path, crystal: Crystal) -> Path:
    """Write a crystal as a POSCAR, all digits."""
    with whole(path) as temporary:
        write(temporary, atoms_of(crystal), format="vasp", direct=True)
    return path


def formula(crystal: Crystal) -> str:
    """The elements of a crystal and how many there are of each, as CsPbI3."""
    return Formula("".join(crystal.symbols)).reduce()[0].format("metal")


def covalent_radius(symbol: str) -> float:
    """Half the length of a bond [bohr], as ASE tabulates it (Cordero et al., 2008)."""
    return float(covalent_radii[atomic_number(symbol)]) / BOHR_ANGSTROM


def inline_structure(
    scale: float,
    cell: Sequence[Sequence[float]],
    atoms: Sequence[tuple[str, float, float, float]],
) -> Crystal:
    """The crystal with `scale` [bohr] times these lattice vectors, and fractional positions."""
    return _sound(
        scale * np.asarray(cell, float),
        np.asarray([atom[1:] for atom in atoms], float),
        tuple(atom[0] for atom in atoms),
    )


def _with_own_strains(crystal: Crystal, named: Mapping[str, float]) -> Crystal:
    """Each atom with the ε of its tetrahedron; refused where one has not four neighbours."""
    bonds = {frozenset(pair.split("-")): length for pair, length in named.items()}
    cell, positions = crystal.cell, crystal.positions
    found = tetrahedra(positions, crystal.symbols, bonds, cell)
    if not bool(found.whole.all()):
        a = int(np.flatnonzero(~np.asarray(found.whole))[0])
        raise InputError(
            f"atom {a + 1}, {crystal.symbols[a]}, has not four neighbours at these bonds",
            "name every bond of the crystal, with its length",
        )
    return crystal.with_strains(strains(found, positions, cell))


def _placed(spec: FitSpec, i: int, elements: tuple[str, ...]) -> Crystal:
    """The crystal of system `i`, whose elements are all among those of the potential."""
    with spec.origin.error_context("systems", i, "structure"):
        found = _crystal(spec, i)
    found = replace(found, rest_volume=found.volume / (1 + spec.systems[i].dilation))
    if spec.systems[i].bonds:
        with spec.origin.error_context("systems", i, "bonds"):
            found = _with_own_strains(found, spec.systems[i].bonds)
    for symbol in found.species:
        if symbol not in elements:
            raise spec.origin.error(
                f"{spec.systems[i].name} holds {symbol}, which the potential does not",
                f"add {symbol} to elements",
                *("potential", "elements"),
            )
    return found


def _crystal(spec: FitSpec, i: int) -> Crystal:
    """The crystal of system `i`, from its file or as written out."""
    structure, keys = spec.systems[i].structure, ("systems", i, "structure")
    if not isinstance(structure, InlineStructure):
        return read_structure(named(spec.origin, structure, *keys))
    for j, atom in enumerate(structure.atoms):
        with spec.origin.error_context(*keys, "atoms", j):
            _known(atom[0])
    return inline_structure(structure.scale, structure.cell, structure.atoms)


def _images(path: Path) -> list[Atoms]:
    """All the structures in a file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            images = read(path, index=":")
    except READ_ERRORS as error:
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise InputError(
            f"is no structure file that ASE can read ({reason})",
            "write it as POSCAR, CIF or extxyz",
            path,
        ) from error
    return images if isinstance(images, list) else [images]


def _refuse_shared_sites(atoms: Atoms, path: Path) -> None:
    """A site that is filled in part, or by several elements, is no crystal of whole atoms."""
    for site in atoms.info.get("occupancy", {}).values():
        if len(site) > 1 or any(abs(share - 1) > FULL for share in site.values()):
            shares = ", ".join(f"{symbol} {share:g}" for symbol, share in site.items())
            raise InputError(
                f"a site is filled in part ({shares})", "write an ordered cell", path
            )


def _fractional(cell: np.ndarray, atoms: Atoms) -> np.ndarray:
    """Positions in units of the lattice vectors, not wrapped."""
    if not np.isfinite(cell).all() or np.linalg.det(cell) == 0:
        return np.zeros((len(atoms), 3))
    return np.linalg.solve(cell.T, atoms.positions.T / BOHR_ANGSTROM).T


def _sound(cell: np.ndarray, fractional: np.ndarray, symbols: tuple[str, ...]) -> Crystal:
    """The crystal, refused where no crystal can be so."""
    if not (np.isfinite(cell).all() and np.isfinite(fractional).all()):
        raise InputError("a coordinate is not finite", "write finite numbers")
    if abs(np.linalg.det(cell)) <= FLATTEST * np.prod(np.linalg.norm(cell, axis=1)):
        raise InputError("the cell has no volume", "give three independent lattice vectors")
    if not symbols:
        raise InputError("there is no atom", "add the atoms")
    for symbol in symbols:
        _known(symbol)
    _apart(cell, fractional, symbols)
    return crystal(cell, fractional, symbols)


def _known(symbol: str) -> None:
    """Refuse what is no element."""
    if symbol not in SYMBOLS:
        remedy = suggest(symbol, SYMBOLS) if len(symbol) < 3 else "write its symbol, as Cd"
        raise InputError(f"unknown element {symbol!r:.30}", remedy)


def _apart(cell: np.ndarray, fractional: np.ndarray, symbols: tuple[str, ...]) -> None:
    """Refuse two atoms, or an atom and its image, that nearly coincide."""
    steps = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    for a in range(len(symbols)):
        between = fractional[a:] - fractional[a]
        nearest_image = between - np.round(between)
        distance = np.linalg.norm((nearest_image[:, None] + steps) @ cell, axis=-1)
        distance[0, len(steps) // 2] = np.inf
        other = int(np.argmin(distance.min(axis=1)))
        if distance[other].min() < CLOSEST:
            raise InputError(
                f"atoms {a + 1} ({symbols[a]}) and {a + other + 1} ({symbols[a + other]}) are "
                f"{distance[other].min() * BOHR_ANGSTROM:.3f} Å apart",
                "check the positions, and the unit of the cell",
            )
