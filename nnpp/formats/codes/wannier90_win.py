"""Wannier90: seedname.win and seedname.wout, the crystal and the settings of a run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import exists, read_head, read_text
from nnpp.formats.codes.format import crystal_in
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV

UNITS = {"ang": 1 / BOHR_ANGSTROM, "angstrom": 1 / BOHR_ANGSTROM, "bohr": 1.0}
"""Bohr per unit, by the names of units in Wannier90."""

TRUE, FALSE = ("t", "true", ".true.", ".t."), ("f", "false", ".false.", ".f.")

KEYWORD = re.compile(r"(\w+)\s*[=:\s]\s*(.*)")

HEAD = 1_000_000
"""Bytes of a .wout that contain the version and the structure, which precede the steps."""

FLOAT = r"\s+(-?\d+\.\d+)"
LATTICE = re.compile(r"^\s*a_[123]" + 3 * FLOAT + r"\s*$", re.MULTILINE)
SITE = re.compile(r"^\s*\|\s*([A-Z][a-z]?)\w*\s+\d+" + 3 * FLOAT + r"\s*\|", re.MULTILINE)


@dataclass(frozen=True)
class Settings:
    """The crystal and the settings of a run of Wannier90.

    Attributes:
        path: the .win, or the .wout without a .win.
        cell: lattice vectors [bohr].
        crystal: the crystal, if the atoms are given.
        keywords: value and line of every keyword of the .win, in lower case.
        version: version of Wannier90.
    """

    path: Path
    cell: np.ndarray | None = None
    crystal: Crystal | None = None
    keywords: Mapping[str, tuple[str, Line]] = field(default_factory=dict)
    version: str | None = None

    def integer(self, keyword: str) -> int | None:
        """Return the integer value of a keyword, None if it is not set."""
        value, line = self.keywords.get(keyword, ("", None))
        return None if line is None else line.integer(value)

    @property
    def fermi(self) -> float | None:
        """The value of `fermi_energy`, None if it is not set [hartree]."""
        value, line = self.keywords.get("fermi_energy", ("", None))
        return None if line is None else line.real(value) / HARTREE_EV

    @property
    def spinor(self) -> bool | None:
        """The value of `spinors`, None if it is not set; one spin of two is an error."""
        if not self.keywords:
            return None
        value, line = self.keywords.get("spinors", ("false", None))
        if line is not None and value not in TRUE + FALSE:
            raise line.error(f"{value!r:.40} is not true or false", "correct the keyword")
        if value in FALSE and self.integer("num_elec_per_state") == 1:
            raise InputError(
                "num_elec_per_state = 1 without spinors: the bands are those of one spin",
                "calculate without spin, or with spinors",
                self.path,
            )
        return None if line is None else value in TRUE

    def check_functions(self, functions: int, path: Path) -> None:
        """Raise an error if a file has another number of functions than the .win."""
        wanted = self.integer("num_wann")
        if wanted not in (None, functions):
            raise InputError(
                f"has {functions} functions, but {self.path.name} has {wanted}",
                "use the files of one run",
                path,
            )

    @property
    def provenance(self) -> dict[str, str]:
        """The program, its version, and the bands it used."""
        about = {"program": "Wannier90", "version": self.version}
        for keyword in ("num_bands", "num_wann", "exclude_bands", "dis_froz_max", "mp_grid"):
            about[keyword] = self.keywords.get(keyword, (None,))[0]
        return {name: value for name, value in about.items() if value}

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings about excluded bands, and about levels that were disentangled."""
        notes = []
        if "exclude_bands" in self.keywords:
            notes.append(f"bands {self.keywords['exclude_bands'][0]} are excluded")
        bands, functions = self.integer("num_bands"), self.integer("num_wann")
        if bands is not None and functions is not None and bands > functions:
            top = self.keywords.get("dis_froz_max", (None,))[0]
            window = f"above the frozen window ({top} eV)" if top else "without frozen window"
            notes.append(
                f"{functions} functions from {bands} bands: {window}, the levels differ from "
                "those of the first-principles program"
            )
        return tuple(notes)


def read_settings(path: Path, suffix: str) -> Settings:
    """Return the settings in the .win, or without it in the .wout, of the same seedname."""
    seed = path.name.removesuffix(suffix)
    win, wout = path.with_name(f"{seed}.win"), path.with_name(f"{seed}.wout")
    log = read_head(wout, HEAD) if exists(wout) else ""
    release = re.search(r"Release:\s*(\S+)", log)
    version = release.group(1) if release else None
    if exists(win):
        return _from_win(win, version)
    return _from_wout(wout, log, version)


def _from_win(path: Path, version: str | None) -> Settings:
    """Return the structure and the keywords of an input file."""
    keywords, blocks = _split(_lines(path), path)
    if "unit_cell_cart" not in blocks:
        raise InputError("has no unit_cell_cart", "add the lattice vectors", path)
    unit, rows = _in_bohr(blocks["unit_cell_cart"])
    cell = unit * np.array([_three(line, line.words) for line in rows])
    if cell.shape != (3, 3):
        raise InputError("unit_cell_cart is not three vectors", "correct the block", path)
    return Settings(path, cell, _atoms(path, cell, blocks), keywords, version)


def _atoms(path: Path, cell: np.ndarray, blocks: Mapping[str, list[Line]]) -> Crystal | None:
    """Return the crystal, or None if the file has no atoms."""
    if "atoms_frac" in blocks:
        rows = blocks["atoms_frac"]
        x = [_three(line, line.words[1:]) for line in rows]
    elif "atoms_cart" in blocks:
        unit, rows = _in_bohr(blocks["atoms_cart"])
        x = [unit * np.array(_three(line, line.words[1:])) for line in rows]
        x = np.array(x) @ _inverse(path, cell)
    else:
        return None
    return crystal_in(path, cell, np.array(x), [_symbol(line) for line in rows])


def _from_wout(path: Path, log: str, version: str | None) -> Settings:
    """Return the structure that an output file prints, if there is one."""
    unit = re.search(r"Lattice Vectors \((Ang|Bohr)\)", log)
    rows = LATTICE.findall(log)
    if unit is None or len(rows) < 3:
        return Settings(path, version=version)
    cell = UNITS[unit.group(1).lower()] * np.array(rows[:3], float)
    sites = SITE.findall(log)
    x = np.array([site[1:] for site in sites], float).reshape(-1, 3)
    crystal = crystal_in(path, cell, x, [site[0] for site in sites]) if sites else None
    return Settings(path, cell, crystal, version=version)


def _lines(path: Path) -> list[Line]:
    """Return the lines that are not empty, without comments."""
    numbered = enumerate(read_text(path).split("\n"), start=1)
    bare = ((number, re.split("[!#]", text, maxsplit=1)[0]) for number, text in numbered)
    return [Line(path, number, tuple(text.split())) for number, text in bare if text.strip()]


def _split(
    lines: Sequence[Line], path: Path
) -> tuple[dict[str, tuple[str, Line]], dict[str, list[Line]]]:
    """Return the keywords and the blocks, by their names in lower case."""
    keywords: dict[str, tuple[str, Line]] = {}
    blocks: dict[str, list[Line]] = {}
    block = None
    for line in lines:
        first, name = line.words[0].lower(), line.words[-1].lower()
        if first == "end" and name != block:
            raise line.error("ends a block that is not open", "correct the blocks")
        if first == "begin" and block is not None:
            raise line.error(f"begins a block before {block} ends", "correct the blocks")
        if first == "begin":
            block, blocks[name] = name, []
        elif first == "end":
            block = None
        elif block is not None:
            blocks[block].append(line)
        elif found := KEYWORD.match(" ".join(line.words).lower()):
            keywords[found.group(1)] = (found.group(2).strip(), line)
    if block is not None:
        raise InputError(f"block {block} has no end", "add the rest of the file", path)
    return keywords, blocks


def _in_bohr(rows: list[Line]) -> tuple[float, list[Line]]:
    """Return bohr per unit of a block (Å unless the first line names it), and its rows."""
    words = rows[0].words if rows else ()
    if len(words) != 1:
        return UNITS["ang"], rows
    if words[0].lower() not in UNITS:
        raise rows[0].error(f"unknown unit {words[0]!r:.20}", "write ang or bohr")
    return UNITS[words[0].lower()], rows[1:]


def _three(line: Line, words: Sequence[str]) -> list[float]:
    """Return three coordinates."""
    if len(words) != 3:
        raise line.error("does not hold three coordinates", "correct the line")
    return [line.real(word) for word in words]


def _symbol(line: Line) -> str:
    """Return the element of an atom, whose label may be longer, as in Fe1 or Fe_up."""
    letters = re.sub(r"[^A-Za-z].*", "", line.words[0]).capitalize()
    if letters not in SYMBOLS:
        raise line.error(f"{line.words[0]!r:.20} is not an element", "begin it with the symbol")
    return letters


def _inverse(path: Path, cell: np.ndarray) -> np.ndarray:
    """Return a⁻¹, for positions in units of the lattice vectors."""
    if not abs(np.linalg.det(cell)) > 0:
        raise InputError("the cell has no volume", "correct unit_cell_cart", path)
    return np.linalg.inv(cell)
