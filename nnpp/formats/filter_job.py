"""The folder of a job of a filter-diagonalisation code: a dot, its potential and its grid.

    conf.par     the number of sites, then symbol, x, y and z of each [bohr]
    input.par    `key = value`, or the list of the older code: points along x, y and z first
    strain.dat   for each site: index, symbol, a4, a5, V and V₀ of its tetrahedron, and its
                 strain factor 1 + a4 ε + a5 ε³ with ε = V/V₀ − 1
    potX.par, potX_a4.par, potX_a5.par, SO_X.par: formats/filter_tables.py

Codes differ in what they make of these files. `CONVENTIONS` states it as data, and
`conventions_of` says which code a folder is for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError, suggest
from nnpp.files.text import exists, read_text
from nnpp.formats.dots import number, read_dot
from nnpp.formats.filter_tables import numbers, potential_of
from nnpp.potentials.passivants import PASSIVANTS, Passivant
from nnpp.potentials.potential import Potential
from nnpp.structures.dots.dot import Dot, dot

MARGIN = 5.0
"""Distance of the sites from the sides of the box [bohr], rounded to whole bohr."""

MOST_POINTS = 1024
"""Largest number of points along an axis."""

SAME = 2e-7
"""Largest difference of a strain factor from its formula; files have 8 decimals."""


@dataclass(frozen=True)
class Conventions:
    """What a code makes of the files of a job.

    Attributes:
        words: the code.
        subtract_last: whether the last value of a table is subtracted from all.
        cap: largest kinetic energy of a plane wave, unless KEmax is given [hartree].
        fixed_box: whether input.par sets the number of points of a box of whole bohr; else it
            sets their spacing, and the least number of points.
        strain: whether strain factors are used without `useStrain = 1`.
        passivants: Gaussians of passivants without potPn.par.
    """

    words: str
    subtract_last: bool
    cap: float
    fixed_box: bool
    strain: bool
    passivants: Mapping[str, Passivant]


NEWER = PASSIVANTS | {"P3": Passivant(0.05, 6.0), "P4": Passivant(-0.684)}

CONVENTIONS = {
    "filterbse": Conventions("FilterBSE", False, 10.0, False, False, NEWER),
    "filterbse-spinors": Conventions(
        "FilterBSE with spinors", False, 20.0, False, False, NEWER
    ),
    "older": Conventions("the older filter code", True, 10.0, True, True, PASSIVANTS),
}
"""Conventions by their names."""

REFUSED = {
    "interpolatePot": "0",
    "readGrid": "0",
    "useGaussianBasis": "0",
    "periodic": "0",
    "longRange": "0",
    "scaleSurfaceCs": "1",
    "centerConf": "1",
}
"""Keys of input.par that change H in ways that are not supported, with their usual values."""


@dataclass(frozen=True)
class FilterJob:
    """A job of a filter-diagonalisation code.

    Attributes:
        dot: the sites, with their strains if the code uses strain factors.
        potential: v(r) of every symbol, strengths.
        conventions: what the code makes of the files.
        shape: points of the grid along each axis.
        spacing: their distances [bohr].
        cap: largest kinetic energy of a plane wave [hartree].
        notes: what is in the folder but not used, one sentence each.
    """

    dot: Dot
    potential: Potential
    conventions: Conventions
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    cap: float
    notes: tuple[str, ...] = ()

    @property
    def occupied(self) -> int:
        """Occupied functions without spin, or Kramers pairs, from formal charges."""
        return self.dot.occupied

    @property
    def box(self) -> Float[np.ndarray, " 3"]:
        """Edges of the box of the grid [bohr]."""
        return np.array(self.shape) * np.array(self.spacing)


def is_filter_job(folder: Path | str) -> bool:
    """Return whether a path is a folder with conf.par."""
    return Path(folder).is_dir() and exists(Path(folder) / "conf.par")


def read_filter_job(folder: Path | str, conventions: str | None = None) -> FilterJob:
    """Return the job in a folder.

    Args:
        folder: the folder.
        conventions: a name in `CONVENTIONS`; by default that of `conventions_of`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("no such folder", "name the folder of a job", folder)
    sites = read_dot(folder / "conf.par")
    settings = _read_input(folder / "input.par")
    rules = _conventions(conventions, settings)
    strained = rules.strain or settings.flag("useStrain")
    spinor = settings.flag("spinOrbit") or settings.flag("NonLocal")
    symbols = tuple(dict.fromkeys(sites.symbols))
    potential = potential_of(
        folder,
        symbols,
        passivants=rules.passivants,
        subtract_last=rules.subtract_last,
        spinor=spinor,
    )
    strains = None
    if strained and exists(folder / "strain.dat"):
        strains = _read_strains(folder / "strain.dat", sites, potential)
    shape, spacing = _grid(settings, rules, np.asarray(sites.positions))
    return FilterJob(
        dot(np.asarray(sites.positions), sites.symbols, strains),
        potential,
        rules,
        shape,
        spacing,
        settings.real("KEmax", rules.cap),
        tuple(_notes(folder, symbols, strained, strains is not None, spinor)),
    )


@dataclass(frozen=True)
class Settings:
    """input.par.

    Attributes:
        path: the file.
        values: words and line of each key.
        older: whether the file is the list of the older code.
    """

    path: Path
    values: Mapping[str, tuple[str, int]]
    older: bool

    def flag(self, key: str) -> bool:
        """Return whether a key is 1; absent is 0."""
        word, line = self.values.get(key, ("0", 0))
        if word not in ("0", "1"):
            raise InputError(
                f"{key} = {word:.20} is not 0 or 1", "write 0 or 1", self.path, line
            )
        return word == "1"

    def real(self, key: str, default: float | None = None) -> float:
        """Return a positive number."""
        if key not in self.values and default is not None:
            return default
        word, line = self._found(key)
        value = number(word, self.path, line)
        if value <= 0:
            raise InputError(
                f"{key} = {value:g} is not positive", "correct it", self.path, line
            )
        return value

    def points(self, key: str) -> int:
        """Return a number of points."""
        word, line = self._found(key)
        if not (word.isascii() and word.isdigit() and 0 < int(word) <= MOST_POINTS):
            what = f"{key} = {word:.20} is no number of points up to {MOST_POINTS}"
            raise InputError(what, "correct it", self.path, line)
        return int(word)

    def _found(self, key: str) -> tuple[str, int]:
        if key not in self.values:
            raise InputError(f"has no {key}", f"add a line `{key} = …`", self.path)
        return self.values[key]


def _read_input(path: Path) -> Settings:
    """Return input.par in either of its forms."""
    lines = [(i, w.split()) for i, w in enumerate(read_text(path).split("\n"), 1) if w.strip()]
    if not any("=" in words for _, words in lines):
        words = [(word, i) for i, of_line in lines for word in of_line]
        if len(words) < 3:
            what = "has neither `key = value` nor numbers of points"
            raise InputError(what, "write nx = …, ny = …, nz = …, dGrid = …", path)
        return Settings(path, dict(zip(("nx", "ny", "nz"), words, strict=False)), True)
    values = {}
    for i, words in lines:
        if len(words) < 3 or words[1] != "=":
            raise InputError(
                f"{' '.join(words)!r:.40} is not `key = value`", "correct it", path, i
            )
        values[words[0]] = (words[2], i)
    for key, usual in REFUSED.items():
        word, i = values.get(key, (usual, 0))
        if number(word, path, i) != float(usual):
            raise InputError(
                f"{key} = {word:.20} is not supported", f"set it to {usual}", path, i
            )
    return Settings(path, values, False)


def _conventions(name: str | None, settings: Settings) -> Conventions:
    """Return the conventions of a name, or those that input.par suggests.

    The list without keys is for the older code; a file with `spinOrbit = 1` or `NonLocal = 1`
    for FilterBSE with spinors; other files with keys for FilterBSE.
    """
    if name is None:
        spinor = settings.flag("spinOrbit") or settings.flag("NonLocal")
        name = "older" if settings.older else "filterbse-spinors" if spinor else "filterbse"
    if name not in CONVENTIONS:
        raise InputError(f"unknown conventions {name!r:.30}", suggest(name, CONVENTIONS))
    return CONVENTIONS[name]


def _grid(
    settings: Settings, rules: Conventions, r: Float[np.ndarray, "site 3"]
) -> tuple[tuple[int, int, int], tuple[float, float, float]]:
    """Return points and spacing [bohr] of the grid."""
    half = np.rint(np.ptp(r, axis=0) / 2 + MARGIN)
    n = np.array([settings.points(key) for key in ("nx", "ny", "nz")])
    if rules.fixed_box:
        h = 2 * half / n
    else:
        equal = settings.real("dGrid") if "dGrid" in settings.values else None
        h = np.array([equal or settings.real(key) for key in ("dx", "dy", "dz")])
        n = np.maximum(n, (2 * half / h).astype(int))
    if n.max() > MOST_POINTS:
        what = f"the dot needs {n.max()} points along an axis, more than {MOST_POINTS}"
        raise InputError(what, "choose a wider spacing", settings.path)
    x, y, z = n.tolist()
    return (x, y, z), (float(h[0]), float(h[1]), float(h[2]))


def _read_strains(path: Path, sites: Dot, potential: Potential) -> Float[np.ndarray, " site"]:
    """Return ε = V/V₀ − 1 of each site; 0 for passivants, which have V₀ = 0."""
    lines = [(i, w.split()) for i, w in enumerate(read_text(path).split("\n"), 1) if w.strip()]
    if len(lines) != len(sites.symbols):
        what = f"has {len(lines)} rows, but conf.par has {len(sites.symbols)} sites"
        raise InputError(what, "write one row for each site", path)
    s = np.asarray(potential.strengths.get("strain", np.zeros((len(potential.species), 2))))
    strains = []
    for (i, words), symbol in zip(lines, sites.symbols, strict=True):
        if len(words) != 7 or words[1] != symbol:
            what = f"is not index, {symbol}, a4, a5, V, V₀ and strain factor"
            raise InputError(what, "write the sites in the order of conf.par", path, i)
        a4, a5, volume, reference, factor = numbers(words[2:], 5, path, i)
        strains.append(volume / reference - 1 if reference else 0.0)
        formula = 1 + s[potential.species.index(symbol)] @ [strains[-1], strains[-1] ** 3]
        if abs(factor - formula) > SAME:
            raise InputError(
                f"the strain factor {factor:.8f} of a4 = {a4:g} and a5 = {a5:g} is not "
                f"{formula:.8f}, that of pot{symbol}_a4.par and pot{symbol}_a5.par",
                "use files of one job",
                path,
                i,
            )
    return np.array(strains)


def _notes(
    folder: Path, symbols: tuple[str, ...], strained: bool, found: bool, spinor: bool
) -> Iterator[str]:
    """Yield what is not used."""
    factors = any(exists(folder / f"pot{s}_{a}.par") for s in symbols for a in ("a4", "a5"))
    if factors and strained and not found:
        yield "strain factors are 1, since there is no strain.dat"
    if factors and not strained:
        yield "strain factors are 1, since useStrain is 0"
    if not spinor and any(exists(folder / f"SO_{s}.par") for s in symbols):
        yield "SO_*.par are not used, since spinOrbit is 0"
