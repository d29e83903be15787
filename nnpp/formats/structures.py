"""Structures: files in any format that ASE reads, inline structures, and POSCAR output."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import covalent_radii
from ase.formula import Formula
from ase.geometry.minkowski_reduction import minkowski_reduce
from scipy.spatial import KDTree

from nnpp.config.spec import FitSpec
from nnpp.config.systems import InlineStructure
from nnpp.errors import InputError, suggest
from nnpp.files.atomic import atomic_path
from nnpp.files.origin import Keys
from nnpp.files.text import existing
from nnpp.formats.ase_files import read_atoms, write_poscar
from nnpp.structures.crystal import MOST_ATOMS, Crystal, crystal, too_many_atoms
from nnpp.structures.electrons import SYMBOLS, atomic_number
from nnpp.structures.environment import find_neighbours, strains
from nnpp.units import BOHR_ANGSTROM

CLOSEST = 0.5 / BOHR_ANGSTROM
"""Smallest distance of two atoms [bohr]; less means a repeated atom or a wrong unit."""

FLATTEST = 1e-3
"""A cell has no volume if |det a| over the product of the |a_i| is below this."""

STRUCTURES = "a structure file, ASE's Atoms, a pymatgen Structure or a Crystal"
"""What Python functions accept as a crystal."""

FULL = 1e-3
"""A site is full if its occupancy is 1 within this."""


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
    atoms = read_atoms(path)
    _check_sites(atoms, path)
    try:
        return crystal_of(atoms)
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


def crystal_of_object(structure: Any) -> Crystal:
    """Return ASE's Atoms, or a pymatgen Structure, as a crystal."""
    if isinstance(structure, Atoms):
        return crystal_of(structure)
    if not (hasattr(structure, "lattice") and hasattr(structure, "frac_coords")):
        what = f"a {type(structure).__name__} is not a crystal"
        raise InputError(what, f"pass {STRUCTURES}")
    if not structure.is_ordered:
        raise InputError("a site is partly occupied", "make an ordered structure")
    symbols = [site.specie.symbol for site in structure]
    cell, x = np.array(structure.lattice.matrix), np.array(structure.frac_coords)
    return crystal_of(Atoms(symbols, cell=cell, scaled_positions=x, pbc=True))


def atoms_of(crystal: Crystal) -> Atoms:
    """Return the crystal as ASE's Atoms [Å]."""
    crystal = crystal.concrete
    return Atoms(
        crystal.symbols,
        cell=np.asarray(crystal.cell) * BOHR_ANGSTROM,
        scaled_positions=np.asarray(crystal.fractional),
        pbc=True,
    )


def write_structure(path: Path, crystal: Crystal) -> Path:
    """Write a crystal as a POSCAR with all digits; return the path."""
    with atomic_path(path) as temporary:
        write_poscar(temporary, atoms_of(crystal))
    return path


def formula(crystal: Crystal) -> str:
    """Return the reduced chemical formula of a crystal, as CsPbI3."""
    return Formula("".join(crystal.symbols)).reduce()[0].format("metal")


def fractions(name: str) -> dict[str, float]:
    """Return the fraction of each element among the atoms of a chemical formula."""
    counts = Formula(name).count()
    return {element: n / sum(counts.values()) for element, n in counts.items()}


def volume_per_atom(crystal: Crystal) -> float:
    """Return the volume per atom of a crystal [bohr³]."""
    return float(crystal.concrete.volume) / len(crystal.symbols)


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


def _check_sites(atoms: Atoms, path: Path) -> None:
    """Raise an error if a site is partly occupied, or by several elements."""
    for site in atoms.info.get("sites", ()):
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
    if len(symbols) > MOST_ATOMS:
        raise too_many_atoms(len(symbols))
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
    points, atom = _with_images(cell, fractional)
    # The nearest two of all points; one of them is the atom itself, unless several coincide.
    distance, found = map(np.asarray, KDTree(points).query(points[: len(symbols)], 2))
    is_other = found != np.arange(len(symbols))[:, None]
    close = np.argwhere(is_other & (distance < CLOSEST)).tolist()
    if close:
        a, column = close[0]
        b, d = int(atom[found[a, column]]), float(distance[a, column])
        raise InputError(
            f"atoms {a + 1} ({symbols[a]}) and {b + 1} ({symbols[b]}) are "
            f"{d * BOHR_ANGSTROM:.3f} Å apart",
            "check the positions, and the unit of the cell",
        )


def _with_images(cell: np.ndarray, fractional: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the atoms, then of images near the cell, and their atoms.

    Every point within `CLOSEST` of an atom is among them. The cell is reduced first: opposite
    faces are then at least 0.7 lattice vectors apart, so that two cells are enough.
    """
    try:
        reduced, change = minkowski_reduce(cell)
    except (RuntimeError, OverflowError) as error:
        raise InputError("the cell is too skewed", "give shorter lattice vectors") from error
    wrapped = fractional @ np.linalg.inv(change)
    wrapped -= np.floor(wrapped)
    margin = CLOSEST * np.linalg.norm(np.linalg.inv(reduced), axis=0)
    steps = np.stack(np.meshgrid(*[range(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    images = np.concatenate([wrapped + step for step in steps if step.any()])
    near = ((images > -margin) & (images < 1 + margin)).all(axis=1)
    atom = np.tile(np.arange(len(fractional)), len(steps))
    kept = np.concatenate([np.full(len(fractional), True), near])
    return np.concatenate([wrapped, images])[kept] @ np.asarray(reduced), atom[kept]
