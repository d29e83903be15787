"""Structures: files in any format that ASE reads, inline structures, and POSCAR output."""

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
from nnpp.files.atomic import atomic_path
from nnpp.files.origin import Keys
from nnpp.files.text import existing, read_bytes
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.electrons import SYMBOLS, atomic_number
from nnpp.structures.environment import find_neighbours, strains
from nnpp.units import BOHR_ANGSTROM

CLOSEST = 0.5 / BOHR_ANGSTROM
"""Smallest distance of two atoms [bohr]; less means a repeated atom or a wrong unit."""

FLATTEST = 1e-3
"""A cell has no volume if |det a| over the product of the |a_i| is below this."""

FULL = 1e-3
"""A site is full if its occupancy is 1 within this."""

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
"""Exceptions that ASE's seventy readers raise on corrupt files."""


def read_crystals(spec: FitSpec) -> tuple[Crystal, ...]:
    """Return the crystal of every system; all its elements must be in the potential."""
    elements = tuple(spec.potential.by_element)
    for symbol in elements:
        with spec.origin.error_context("potential", "elements", symbol):
            _check_element(symbol)
    return tuple(_system(spec, i, elements) for i in range(len(spec.systems)))


def read_structure(path: Path) -> Crystal:
    """Return the crystal in a structure file."""
    path = Path(path)
    read_bytes(path)
    images = _images(path)
    if len(images) != 1:
        raise InputError(f"holds {len(images)} structures", "keep one of them", path)
    _check_sites(images[0], path)
    try:
        return crystal_of(images[0])
    except InputError as error:
        raise error.at(path) from error


def crystal_of(atoms: Atoms) -> Crystal:
    """Return ASE's Atoms as a crystal."""
    if not atoms.cell.array.any():
        raise InputError("has no cell", "give the three lattice vectors")
    if not all(atoms.pbc):
        raise InputError("is not periodic in three directions", "set pbc to T T T")
    cell = atoms.cell.array / BOHR_ANGSTROM
    fractional = np.zeros((len(atoms), 3))
    if np.isfinite(cell).all() and np.linalg.det(cell) != 0:
        fractional = np.linalg.solve(cell.T, atoms.positions.T / BOHR_ANGSTROM).T
    return _validated(cell, fractional, tuple(atoms.get_chemical_symbols()))


def atoms_of(crystal: Crystal) -> Atoms:
    """Return the crystal as ASE's Atoms [Å]."""
    return Atoms(
        crystal.symbols,
        cell=np.asarray(crystal.cell) * BOHR_ANGSTROM,
        scaled_positions=np.asarray(crystal.fractional),
        pbc=True,
    )


def write_structure(path: Path, crystal: Crystal) -> Path:
    """Write a crystal as a POSCAR with all digits; return the path."""
    with atomic_path(path) as temporary:
        write(temporary, atoms_of(crystal), format="vasp", direct=True)
    return path


def formula(crystal: Crystal) -> str:
    """Return the reduced chemical formula of a crystal, as CsPbI3."""
    return Formula("".join(crystal.symbols)).reduce()[0].format("metal")


def covalent_radius(symbol: str) -> float:
    """Return the covalent radius of an element [bohr] (Cordero et al., 2008, from ASE)."""
    return float(covalent_radii[atomic_number(symbol)]) / BOHR_ANGSTROM


def inline_structure(
    scale: float,
    cell: Sequence[Sequence[float]],
    atoms: Sequence[tuple[str, float, float, float]],
) -> Crystal:
    """Return the crystal with lattice vectors `scale` [bohr] times `cell`.

    `atoms` holds the symbol and the fractional coordinates of each atom.
    """
    return _validated(
        scale * np.asarray(cell, float),
        np.asarray([atom[1:] for atom in atoms], float),
        tuple(atom[0] for atom in atoms),
    )


def _with_own_strains(crystal: Crystal, named: Mapping[str, float]) -> Crystal:
    """Return the crystal with the strain ε of each atom from its tetrahedron of neighbours."""
    bonds = {frozenset(pair.split("-")): length for pair, length in named.items()}
    cell, positions = crystal.cell, crystal.positions
    found = find_neighbours(positions, crystal.symbols, bonds, cell)
    if not bool(found.complete.all()):
        a = int(np.flatnonzero(~np.asarray(found.complete))[0])
        raise InputError(
            f"atom {a + 1} ({crystal.symbols[a]}) does not have four neighbours at these bonds",
            "list every bond of the crystal with its length",
        )
    return crystal.with_strains(strains(found, positions, cell))


def _system(spec: FitSpec, i: int, elements: tuple[str, ...]) -> Crystal:
    """Return the crystal of system `i`; all its elements must be among `elements`."""
    with spec.origin.error_context("systems", i, "structure"):
        found = _crystal(spec, i)
    found = replace(found, rest_volume=found.volume / (1 + spec.systems[i].dilation))
    if spec.systems[i].bonds:
        with spec.origin.error_context("systems", i, "bonds"):
            found = _with_own_strains(found, spec.systems[i].bonds)
    missing = ", ".join(s for s in dict.fromkeys(found.symbols) if s not in elements)
    if missing:
        known = ", ".join(elements)
        place: Keys = ("potential", "elements")
        what, remedy = f"the potential has {known} only", f"add {missing} to elements"
        if spec.potential.stored is not None:
            place = ("systems", i, "structure")
            what = f"the potential {spec.potential.stored} is fitted for {known} only"
            remedy = f"use a potential that is fitted for {missing}"
        raise spec.origin.error(
            f"{spec.systems[i].name} contains {missing}, but {what}", remedy, *place
        )
    return found


def _crystal(spec: FitSpec, i: int) -> Crystal:
    """Return the crystal of system `i`, from its file or from fit.yaml."""
    structure, keys = spec.systems[i].structure, ("systems", i, "structure")
    if not isinstance(structure, InlineStructure):
        return read_structure(existing(spec.origin, structure, *keys))
    for j, atom in enumerate(structure.atoms):
        with spec.origin.error_context(*keys, "atoms", j):
            _check_element(atom[0])
    return inline_structure(structure.scale, structure.cell, structure.atoms)


def _images(path: Path) -> list[Atoms]:
    """Return all structures in a file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            images = read(path, index=":")
    except READ_ERRORS as error:
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise InputError(
            f"is not a structure file that ASE can read ({reason})",
            "write it as POSCAR, CIF or extxyz",
            path,
        ) from error
    return images if isinstance(images, list) else [images]


def _check_sites(atoms: Atoms, path: Path) -> None:
    """Raise an error if a site is partly occupied, or by several elements."""
    for site in atoms.info.get("occupancy", {}).values():
        if len(site) > 1 or any(abs(share - 1) > FULL for share in site.values()):
            shares = ", ".join(f"{symbol} {share:g}" for symbol, share in site.items())
            raise InputError(
                f"a site is partly occupied ({shares})", "write an ordered cell", path
            )


def _validated(cell: np.ndarray, fractional: np.ndarray, symbols: tuple[str, ...]) -> Crystal:
    """Return the crystal; raise an error if its geometry or elements are impossible."""
    if not (np.isfinite(cell).all() and np.isfinite(fractional).all()):
        raise InputError("a coordinate is not finite", "write finite numbers")
    if abs(np.linalg.det(cell)) <= FLATTEST * np.prod(np.linalg.norm(cell, axis=1)):
        raise InputError("the cell has no volume", "give three independent lattice vectors")
    if not symbols:
        raise InputError("there is no atom", "add the atoms")
    for symbol in symbols:
        _check_element(symbol)
    _check_distances(cell, fractional, symbols)
    return crystal(cell, fractional, symbols)


def _check_element(symbol: str) -> None:
    """Raise an error if the symbol is not an element."""
    if symbol not in SYMBOLS:
        remedy = suggest(symbol, SYMBOLS) if len(symbol) < 3 else "write a symbol, as Cd"
        raise InputError(f"unknown element {symbol!r:.30}", remedy)


def _check_distances(
    cell: np.ndarray, fractional: np.ndarray, symbols: tuple[str, ...]
) -> None:
    """Raise an error if two atoms, or an atom and its image, nearly coincide."""
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
