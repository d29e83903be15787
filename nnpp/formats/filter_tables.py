"""Potentials in the files of filter-diagonalisation codes.

    potX.par        rows of r and v(r) [bohr, hartree], r = 0, h, 2h, … up to rounding
    potX_a4.par     s1 of the strain factor 1 + s1 ε + s2 ε³; 0 without the file
    potX_a5.par     s2, likewise
    SO_X.par        first numbers of three rows: spin-orbit, two non-local strengths [hartree]

X is an element or a passivant, P1 to P9. Codes keep potX_SR.par and potX_LR.par apart from
potX.par, which is their sum.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError
from nnpp.files.text import exists, read_text
from nnpp.formats.dots import number
from nnpp.formats.filter_codes import MOST_ROWS
from nnpp.potentials.passivants import Passivant
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.radial_tables import radial_tables
from nnpp.structures.dots.dot import PASSIVANT
from nnpp.structures.electrons import SYMBOLS

NAME = re.compile(r"pot([A-Z][a-z]?|P[1-9])\.par")
"""Name of a file of v(r)."""

ROUNDED = 1e-5
"""Relative error of distances that are written with six digits."""

Table = tuple[Float[np.ndarray, " row"], Float[np.ndarray, " row"]]


def read_potentials(folder: Path | str, spinor: bool | None = None) -> Potential:
    """Return the potential in a folder, of all its elements and passivants.

    Args:
        folder: the folder.
        spinor: whether SO_X.par are read; by default if one of them has a strength.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            "no such folder", "name a folder with potX.par of each element", folder
        )
    found = sorted(m[1] for p in folder.iterdir() if (m := NAME.fullmatch(p.name)))
    symbols = [s for s in found if s in SYMBOLS or PASSIVANT.fullmatch(s)]
    if not symbols:
        raise InputError("has no file potX.par", "add one for each element", folder)
    return potential_of(folder, symbols, spinor=spinor)


def potential_of(
    folder: Path,
    symbols: Sequence[str],
    *,
    passivants: Mapping[str, Passivant] | None = None,
    subtract_last: bool = False,
    spinor: bool | None = None,
) -> Potential:
    """Return the potential of some species.

    Args:
        folder: the folder with their files.
        symbols: elements and passivants.
        passivants: Gaussians of passivants without a file, taken at the rows of the first
            species with a file.
        subtract_last: whether the last value of a table is subtracted from all.
        spinor: whether SO_X.par are read; by default if one of them has a strength.
    """
    gaussians = {
        s: one for s, one in (passivants or {}).items() if not exists(folder / f"pot{s}.par")
    }
    read = {s: read_table(folder / f"pot{s}.par") for s in symbols if s not in gaussians}
    if not read:
        raise InputError("no site has a file potX.par", "add one for each element", folder)
    r = next(iter(read.values()))[0]
    made = {s: (r, one.values(r)) for s, one in gaussians.items()}
    tables = [(read | made)[s] for s in symbols]
    if subtract_last:
        tables = [(r, v - v[-1]) for r, v in tables]
    return Potential(radial_tables(tables), _strengths(folder, symbols, spinor), tuple(symbols))


def _strengths(folder: Path, symbols: Sequence[str], spinor: bool | None) -> Strengths:
    """Return strain factors if a file has them, and the others for spinors."""
    arrays = {}
    strain = np.array(
        [[_single(folder / f"pot{s}_{a}.par") for a in ("a4", "a5")] for s in symbols]
    )
    if strain.any():
        arrays["strain"] = jnp.asarray(strain)
    if spinor is not False:
        rows = np.array([_spin_orbit(folder / f"SO_{s}.par", s, spinor) for s in symbols])
        if spinor or rows.any():
            arrays["spin_orbit"] = jnp.asarray(rows[:, 0])
        if rows[:, 1:].any():
            arrays["nonlocal"] = jnp.asarray(rows[:, 1:])
    return Strengths(arrays)


def read_table(path: Path) -> Table:
    """Return r [bohr] and v(r) [hartree] of a file."""
    lines = _lines(path)
    if not 3 <= len(lines) <= MOST_ROWS:
        what = f"has {len(lines)} rows, not 3 to {MOST_ROWS}"
        raise InputError(what, "write rows of r and v(r)", path)
    r, v = np.array([numbers(words, 2, path, line) for line, words in lines]).T
    _check_distances(r, [line for line, _ in lines], path)
    return r, v


def _check_distances(r: Float[np.ndarray, " row"], lines: list[int], path: Path) -> None:
    """Raise an error unless r = 0, h, 2h, … up to rounding."""
    if r[0] != 0:
        raise InputError(f"r begins at {r[0]:g}", "begin at r = 0", path, lines[0])
    steps, remedy = np.diff(r), "write r = 0, h, 2h, … with six digits or more"
    h = np.median(steps)
    wrong = np.abs(steps - h) > 0.02 * h + 2 * ROUNDED * r[1:]
    if h <= 0 or wrong.any():
        i = int(np.argmax(wrong)) + 1
        what = f"r = {r[i]:g} follows {r[i - 1]:g}, but other rows are {h:g} apart"
        raise InputError(what, remedy, path, lines[i])
    uniform = np.arange(len(r)) * (r[-1] / (len(r) - 1))
    off = np.abs(r - uniform) - ROUNDED * r
    i = int(np.argmax(off))
    if off[i] > 0.2 * ROUNDED:
        what = f"r = {r[i]:g}, but equal distances give {uniform[i]:g}"
        raise InputError(what, remedy, path, lines[i])


def _single(path: Path) -> float:
    """Return the number in a file; 0 without the file."""
    if not exists(path):
        return 0.0
    lines = _lines(path)
    if len(lines) != 1:
        raise InputError(f"has {len(lines)} rows, not 1", "write one number", path)
    return numbers(lines[0][1], 1, path, lines[0][0])[0]


def _spin_orbit(path: Path, symbol: str, needed: bool | None) -> tuple[float, float, float]:
    """Return the first numbers of three rows; zeros for passivants, or without need."""
    if not exists(path) and (not needed or PASSIVANT.fullmatch(symbol)):
        return 0.0, 0.0, 0.0
    lines = _lines(path)
    if len(lines) != 3:
        what = f"has {len(lines)} rows, not 3"
        raise InputError(what, "write rows of a5, a6 and a7, each with a second number", path)
    a5, a6, a7 = (numbers(words, 2, path, line)[0] for line, words in lines)
    return a5, a6, a7


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return number and words of each line that is not empty."""
    lines = enumerate(read_text(path).split("\n"), 1)
    return [(i, line.split()) for i, line in lines if line.strip()]


def numbers(words: Sequence[str], count: int, path: Path, line: int) -> list[float]:
    """Return finite numbers; an InputError unless there are `count`."""
    if len(words) != count:
        what = f"has {len(words)} columns, not {count}"
        raise InputError(what, f"write {count} numbers", path, line)
    return [number(word, path, line) for word in words]
