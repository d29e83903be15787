"""Files of dots: extxyz and plain xyz [Å], POSCAR and others through ASE, conf.par [bohr].

conf.par is the file of filter-diagonalisation codes: the number of sites, then symbol, x, y and
z of each. Passivants have the symbols P1, P2, …; in extxyz their species is X and the column
`site` has the symbol.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from jaxtyping import Float

from nnpp.errors import InputError, suggest
from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.files.text import read_text
from nnpp.formats.ase_files import read_atoms, write_poscar
from nnpp.structures.dots.dot import MOST_SITES, PASSIVANT, Dot, dot
from nnpp.structures.electrons import SYMBOLS
from nnpp.units import BOHR_ANGSTROM

VACUUM = 12.0
"""Vacuum around the dot in a POSCAR [Å]."""

LEAST_VACUUM = 4.0
"""A periodic structure with a smaller gap is no dot [Å]."""

DUMMY = "X"
"""Species of passivants in extxyz, as ASE names atoms that are no element."""

KINDS = {"S": str, "R": float, "I": int, "L": str}
"""Types of the columns of extxyz."""


def write_dot(path: Path, of: Dot, name: str) -> Path:
    """Write a dot in the format `name`; return the path."""
    format_named(name).write(path, of)
    return path


def format_named(name: str) -> "Format":
    """Return a format by its name."""
    if name not in FORMATS:
        raise InputError(f"unknown format {name!r:.20}", suggest(name, FORMATS), "--format")
    return FORMATS[name]


def format_of(path: Path) -> str:
    """Return the name of the format that the name of a file suggests."""
    if path.name.startswith("POSCAR"):
        return "POSCAR"
    found = (name for name, form in FORMATS.items() if path.suffix in form.suffixes)
    return next(found, "extxyz")


def read_dot(path: Path | str) -> Dot:
    """Return the dot in a file: conf.par, xyz, extxyz, or any format that ASE reads."""
    path = Path(path)
    if path.suffix in FORMATS["conf.par"].suffixes:
        return _read_conf(path)
    if path.suffix in FORMATS["extxyz"].suffixes:
        return _read_xyz(path)
    return _of_atoms(read_atoms(path), path)


def _write_conf(path: Path, of: Dot) -> None:
    rows = zip(of.symbols, np.asarray(of.positions).tolist(), strict=True)
    lines = [f"{s} {x:.10f} {y:.10f} {z:.10f}\n" for s, (x, y, z) in rows]
    write_atomic(path, f"{len(of.symbols)}\n" + "".join(lines))


def _write_extxyz(path: Path, of: Dot) -> None:
    columns = ["species:S:1", "pos:R:3"]
    has_passivants = bool(of.is_passivant.any())
    columns += ["site:S:1"] * has_passivants + ["strain:R:1"] * (of.strains is not None)
    lines = [f"{len(of.symbols)}", f'Properties={":".join(columns)} pbc="F F F"']
    r = np.asarray(of.positions) * BOHR_ANGSTROM
    for i, (symbol, (x, y, z)) in enumerate(zip(of.symbols, r.tolist(), strict=True)):
        species = DUMMY if PASSIVANT.fullmatch(symbol) else symbol
        line = f"{species:<2} {x:16.10f} {y:16.10f} {z:16.10f}"
        line += f" {symbol}" * has_passivants
        if of.strains is not None:
            line += f" {float(of.strains[i]):14.10f}"
        lines.append(line)
    write_atomic(path, "\n".join(lines) + "\n")


def _write_poscar(path: Path, of: Dot) -> None:
    if of.is_passivant.any():
        raise InputError(
            "a POSCAR cannot hold Gaussian passivants",
            "write extxyz or conf.par, or choose --passivation none or Cl",
            path,
        )
    r = np.asarray(of.positions) * BOHR_ANGSTROM
    order = sorted(range(len(r)), key=lambda i: of.symbols.index(of.symbols[i]))
    box = np.ptp(r, axis=0) + VACUUM
    moved = r + box / 2 - (r.min(axis=0) + r.max(axis=0)) / 2
    atoms = Atoms([of.symbols[i] for i in order], moved[order], cell=box, pbc=True)
    with atomic_path(path) as temporary:
        write_poscar(temporary, atoms)


def atoms_in_box(
    r: Float[np.ndarray, "site 3"], symbols: tuple[str, ...], cell: Float[np.ndarray, "3 3"]
) -> Atoms:
    """Return sites in a periodic box as ASE's Atoms; passivants have the symbol X.

    Args:
        r: positions [bohr].
        symbols: the symbol of each site.
        cell: lattice vectors as rows [bohr].
    """
    species = [DUMMY if PASSIVANT.fullmatch(s) else s for s in symbols]
    return Atoms(species, r * BOHR_ANGSTROM, cell=cell * BOHR_ANGSTROM, pbc=True)


@dataclass(frozen=True)
class Format:
    """A format of dots.

    Attributes:
        write: writes a dot to a path.
        suffixes: suffixes of its files, the usual one first.
    """

    write: Callable[[Path, Dot], None]
    suffixes: tuple[str, ...]


FORMATS = {
    "extxyz": Format(_write_extxyz, (".xyz", ".extxyz")),
    "POSCAR": Format(_write_poscar, (".vasp", ".poscar")),
    "conf.par": Format(_write_conf, (".par",)),
}
"""Formats by their names."""


def _read_conf(path: Path) -> Dot:
    symbols, positions = [], []
    for line, words in _rows(path, 1):
        if len(words) != 4:
            raise InputError(
                f"has {len(words)} columns, not 4",
                "write symbol, x, y and z in bohr",
                path,
                line,
            )
        symbols.append(_symbol(words[0], path, line))
        positions.append([number(word, path, line) for word in words[1:]])
    return _checked(positions, symbols, None, path)


def _read_xyz(path: Path) -> Dot:
    """Read extxyz, or xyz with the columns symbol, x, y and z."""
    lines = read_text(path).split("\n")
    kinds, places = _columns(lines[1] if len(lines) > 1 else "", path)
    symbols, positions, strains = [], [], []
    for line, words in _rows(path, 2):
        if len(words) < len(kinds):
            raise InputError(
                f"has {len(words)} columns, not {len(kinds)}",
                f"write {', '.join(places)}",
                path,
                line,
            )
        symbols.append(_symbol(words[places.get("site", places["species"])], path, line))
        first = places["pos"]
        xyz = [number(word, path, line) for word in words[first : first + 3]]
        positions.append([x / BOHR_ANGSTROM for x in xyz])
        if "strain" in places:
            strains.append(number(words[places["strain"]], path, line))
    return _checked(positions, symbols, strains or None, path)


def _columns(comment: str, path: Path) -> tuple[list[str], dict[str, int]]:
    """Return the type of each column of extxyz, and the first column of each property."""
    stated = next((w for w in comment.split() if w.startswith("Properties=")), None)
    parts = (stated.partition("=")[2] if stated else "species:S:1:pos:R:3").split(":")
    kinds: list[str] = []
    places: dict[str, int] = {}
    for name, kind, count in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        if kind not in KINDS or not count.isdigit() or int(count) > 100:
            break
        places[name] = len(kinds)
        kinds += [kind] * int(count)
    else:
        if len(parts) % 3 == 0 and {"species", "pos"} <= places.keys():
            return kinds, places
    raise InputError(
        "Properties is no list of columns", "write Properties=species:S:1:pos:R:3", path, 2
    )


def _rows(path: Path, head: int) -> Iterator[tuple[int, list[str]]]:
    """Yield number and words of each line of a site, after the count and `head` − 1 lines."""
    lines = read_text(path).rstrip().split("\n")
    word = lines[0].strip()
    if not (word.isascii() and word.isdigit()):
        raise InputError(
            f"{word!r:.30} is no number of sites", "write the number of sites", path, 1
        )
    if int(word) > MOST_SITES:
        raise InputError(
            f"{word:.20} sites are too many", f"give up to {MOST_SITES:,}", path, 1
        )
    if len(lines) - head != int(word):
        what = f"states {word} sites, but {max(len(lines) - head, 0)} lines follow"
        raise InputError(what, "correct the number, or the lines", path, 1)
    for i, line in enumerate(lines[head:], head + 1):
        yield i, line.split()


def _symbol(word: str, path: Path, line: int) -> str:
    """Return a symbol; an InputError unless it is an element or a passivant."""
    if word in SYMBOLS or PASSIVANT.fullmatch(word):
        return word
    remedy = "write an element, as Cd, or a passivant from P1 to P9"
    raise InputError(f"unknown symbol {word!r:.20}", remedy, path, line)


def number(word: str, path: Path, line: int) -> float:
    """Return a finite number."""
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{word!r:.20} is no finite number", "correct it", path, line)
    return value


def _checked(
    positions: list[list[float]], symbols: list[str], strains: list[float] | None, path: Path
) -> Dot:
    """Return the dot; its errors name the file."""
    own = None if strains is None else np.array(strains)
    try:
        return dot(np.reshape(positions, (-1, 3)), tuple(symbols), own)
    except InputError as error:
        raise error.at(path) from error


def _of_atoms(atoms: Atoms, path: Path) -> Dot:
    """Return the dot of ASE's Atoms; an InputError for a crystal."""
    r = np.asarray(atoms.positions)
    cell, periodic = np.asarray(atoms.cell.array), np.asarray(atoms.pbc)
    if periodic.any() and abs(np.linalg.det(cell)) > 0:
        r = _unwrapped(r, cell, periodic, path)
    return _checked((r / BOHR_ANGSTROM).tolist(), atoms.get_chemical_symbols(), None, path)


def _unwrapped(
    r: Float[np.ndarray, "atom 3"],
    cell: Float[np.ndarray, "3 3"],
    periodic: np.ndarray,
    path: Path,
) -> Float[np.ndarray, "atom 3"]:
    """Return the atoms on one side of the vacuum along each periodic direction [Å]."""
    inverse = np.linalg.inv(cell)
    x = r @ inverse
    apart = 1 / np.linalg.norm(inverse, axis=0)
    for axis in np.flatnonzero(periodic).tolist():
        of_axis = x[:, axis] - np.floor(x[:, axis])
        ordered = np.sort(of_axis)
        gaps = np.diff(ordered, append=ordered[0] + 1)
        widest = int(np.argmax(gaps))
        if gaps[widest] * apart[axis] < LEAST_VACUUM:
            raise InputError(
                f"is a crystal: lattice vector {axis + 1} has no vacuum of {LEAST_VACUUM:g} Å",
                "give a dot; build one by `nnpp dot build`",
                path,
            )
        x[:, axis] = of_axis + (of_axis <= ordered[widest] + 1e-12) * (
            widest < len(ordered) - 1
        )
    return x @ cell
