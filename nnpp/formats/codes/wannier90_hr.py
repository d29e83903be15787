"""Wannier90: seedname_hr.dat, H(k) = Σ_R e^{i2πk·R} H(R)/deg(R), with ⟨m0|H|nR⟩ in eV.

With seedname_wsvec.dat in the same folder, R is replaced by its images nearest to each pair of
functions, as Wannier90 does when it draws bands. That file gives, for R, m, n, the N vectors T
that bring n nearest to m; ⟨m0|H|nR⟩ is shared equally among the cells R + T (Pizzi et al.,
J. Phys.: Condens. Matter 32, 165902 (2020), doi:10.1088/1361-648X/ab51ff, §4.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Complex, Float, Int

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import exists, opened
from nnpp.formats.codes.format import Hints
from nnpp.formats.codes.wannier90_win import read_settings
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.paths import path as path_through
from nnpp.units import HARTREE_EV

SUFFIX = "_hr.dat"

HERMITIAN = 1e-4
"""Accuracy of H(R) = H(−R)† [eV]; elements are printed to six decimals."""

FARTHEST = 1e6
"""Limit of the components of R and of the numbers of functions."""

SHORTEST = 14
"""Bytes of the shortest line with an element: seven digits, each with a blank."""


@dataclass(frozen=True)
class Hopping:
    """Elements of H between functions in the home cell and functions in the cell R.

    Attributes:
        R: in units of the lattice vectors.
        H: ⟨m0|H|nR⟩/deg(R) [eV].
    """

    R: Int[np.ndarray, "cell 3"]
    H: Complex[np.ndarray, "cell m n"]

    def levels(self, k: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "k band"]:
        """Return the eigenvalues of H(k) in ascending order [eV]."""
        return np.array([np.linalg.eigvalsh(self._at(x)) for x in k])

    def _at(self, k: np.ndarray) -> np.ndarray:
        """Return H(k), exactly Hermitian [eV]."""
        H = np.tensordot(np.exp(2j * np.pi * self.R @ k), self.H, axes=1)
        return (H + H.conj().T) / 2


def read_hr(path: Path, hints: Hints) -> ReferenceBands:
    """Return the bands along the requested path, or along the standard path of the crystal."""
    settings = read_settings(path, SUFFIX)
    crystal = hints.crystal if settings.crystal is None else settings.crystal
    if crystal is None:
        raise InputError(
            "needs a .win or .wout with the atoms in the same folder",
            "add --structure FILE",
            path,
        )
    hopping = read_hopping(path)
    settings.check_functions(hopping.H.shape[1], path)
    wsvec = path.with_name(path.name.removesuffix(SUFFIX) + "_wsvec.dat")
    notes = settings.notes
    if exists(wsvec):
        hopping = Hopping(*shared_among_images(wsvec, hopping.R, hopping.H))
    else:
        notes += (f"without {wsvec.name}, bands between mesh points differ from Wannier90's",)
    along = path_through(crystal, hints.pieces, hints.points)
    k = np.asarray(along.fractional)
    return ReferenceBands(
        path,
        k,
        hopping.levels(k) / HARTREE_EV,
        along.labels,
        np.asarray(along.distance),
        cell=np.asarray(crystal.cell),
        crystal=settings.crystal,
        spinor=settings.spinor,
        fermi=settings.fermi,
        provenance=settings.provenance,
        notes=notes,
    )


def read_hopping(path: Path) -> Hopping:
    """Return the Hamiltonian in a seedname_hr.dat; raise an error unless it is Hermitian."""
    lines = _numbered(path)
    next(lines, None)
    functions, cells = (_count(path, lines) for _ in range(2))
    _check_size(path, cells, functions)
    degeneracy = _degeneracies(path, lines, cells)
    R, H = np.zeros((cells, 3), int), np.zeros((cells, functions, functions), complex)
    for cell in range(cells):
        R[cell], H[cell] = _block(path, lines, functions)
    left = next((line for line in lines if line.words), None)
    if left is not None:
        raise left.error("holds more elements than it announces", "copy the file again")
    hopping = Hopping(R, H / degeneracy[:, None, None])
    _check_hermitian(path, R, H)
    return hopping


def _count(path: Path, lines: Iterator[Line]) -> int:
    """Return the positive integer in the next line."""
    line = next(lines, Line(path, 1, ()))
    if len(line.words) != 1 or (count := line.integer(line.words[0])) < 1:
        raise line.error("is not the number of functions or of cells", "give a seedname_hr.dat")
    return count


def _check_size(path: Path, cells: int, functions: int) -> None:
    """Raise an error if the file is too short for what it announces, or too large."""
    elements = cells * functions**2
    if elements * SHORTEST > path.stat().st_size:
        raise _truncated(path, f"is too short for the {elements} elements that it announces")
    if max(elements, 12 * cells) > MOST:
        raise InputError(
            f"holds {elements} elements of H", "use fewer functions or cells", path
        )


def _degeneracies(path: Path, lines: Iterator[Line], cells: int) -> np.ndarray:
    """Return deg(R), 15 in a line; Σ 1/deg(R) is the number of k-points of the mesh."""
    rows = islice(lines, -(-cells // 15))
    degeneracy = np.array([row.integer(word) for row in rows for word in row.words], float)
    if len(degeneracy) != cells or (degeneracy < 1).any():
        raise InputError(f"does not hold {cells} degeneracies above 0", "copy it again", path)
    mesh = (1 / degeneracy).sum()
    if abs(mesh - round(mesh)) > 1e-6:
        raise InputError(
            f"the sum of 1/degeneracy is {mesh:.3f}, which is not a number of k-points",
            "copy it again",
            path,
        )
    return degeneracy


def _block(path: Path, lines: Iterator[Line], functions: int) -> tuple[np.ndarray, np.ndarray]:
    """Return R, and ⟨m0|H|nR⟩ for all m and n [eV]."""
    rows = list(islice(lines, functions**2))
    if len(rows) < functions**2:
        raise _truncated(path, "ends before its last element")
    table = _table(rows)
    m, n = table[:, 3].astype(int) - 1, table[:, 4].astype(int) - 1
    pairs = np.sort(m + functions * n)
    if (table[:, :3] != table[0, :3]).any() or (pairs != np.arange(functions**2)).any():
        raise rows[0].error(
            "begins a cell R with a missing or repeated pair of functions", "copy it again"
        )
    H = np.zeros((functions, functions), complex)
    H[m, n] = table[:, 5] + 1j * table[:, 6]
    return table[0, :3].astype(int), H


def _table(rows: list[Line]) -> np.ndarray:
    """Return seven finite numbers in each line; the first five are integers."""
    odd = next((row for row in rows if len(row.words) != 7), None)
    if odd is not None:
        raise odd.error(f"has {len(odd.words)} columns, not 7", "copy the file again")
    try:
        table = np.array([row.words for row in rows], float)
    except ValueError:
        table = np.array([row.reals() for row in rows])
    integer = (table == np.round(table)) & (np.abs(table) < FARTHEST)
    at = np.flatnonzero(~(np.isfinite(table).all(axis=1) & integer[:, :5].all(axis=1)))
    if at.size:
        raise rows[at[0]].error("holds an impossible number", "copy the file again")
    return table


def _truncated(path: Path, what: str) -> InputError:
    return InputError(what, "finish the run, or copy the complete file", path)


def _check_hermitian(path: Path, R: np.ndarray, H: np.ndarray) -> None:
    """Raise an error unless H(R) = H(−R)†, with −R for every R, and each R once."""
    place = {tuple(r): i for i, r in enumerate(R.tolist())}
    if len(place) != len(R):
        raise InputError("holds a cell R twice", "copy it again", path)
    for r, i in place.items():
        j = place.get((-r[0], -r[1], -r[2]))
        if j is None:
            raise InputError(f"holds the cell R = {r} but not −R", "copy it again", path)
        off = float(np.abs(H[i] - H[j].conj().T).max())
        if off > HERMITIAN:
            raise InputError(
                f"H(R) and H(−R)† differ by {off:.2g} eV at R = {r}", "repeat the run", path
            )


MOST = 12_000_000
"""Largest number of elements of H in all cells; 0.2 GB."""

MANY = 64
"""Largest number of vectors T of a pair; a corner of the Wigner-Seitz cell has up to eight."""


def _numbered(path: Path) -> Iterator[Line]:
    """Yield the lines of a file of any size; longer lines than any valid one are split."""
    with opened(path) as file:
        number = 0
        while text := file.readline(10_000):
            number += 1
            yield Line(path, number, tuple(text.decode("latin-1").split()))


def shared_among_images(
    path: Path, R: Int[np.ndarray, "cell 3"], H: Complex[np.ndarray, "cell m n"]
) -> tuple[Int[np.ndarray, "image 3"], Complex[np.ndarray, "image m n"]]:
    """Return the cells R + T, and the elements of H in each [eV]."""
    place = {tuple(r): i for i, r in enumerate(R.tolist())}
    found = np.zeros(H.shape, bool)
    shares: dict[tuple[int, ...], np.ndarray] = {}
    for head, images in _records(path):
        cell, (m, n) = place.get(head[:3]), (head[3] - 1, head[4] - 1)
        if cell is None or not (0 <= m < H.shape[1] and 0 <= n < H.shape[2]):
            raise _other_run(path)
        found[cell, m, n] = True
        for T in images:
            image = tuple(r + t for r, t in zip(head[:3], T, strict=True))
            share = shares.setdefault(image, np.zeros(H.shape[1:], complex))
            share[m, n] += H[cell, m, n] / len(images)
        if len(shares) * H[0].size > MOST:
            raise InputError("has more cells than R and its images", "copy it again", path)
    if not found.all():
        raise _other_run(path)
    return np.array(list(shares)), np.array(list(shares.values()))


def _records(path: Path) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """Yield (R, m, n) and all its vectors T."""
    lines = _numbered(path)
    next(lines, None)
    for line in lines:
        head = _integers(line, 5)
        (count,) = _integers(_next(path, lines), 1)
        if not 0 < count <= MANY:
            raise line.error(f"has {count} images of one cell", "copy the file again")
        yield head, [_integers(_next(path, lines), 3) for _ in range(count)]


def _next(path: Path, lines: Iterator[Line]) -> Line:
    """Return the next line; raise an error at the end of the file."""
    line = next(lines, None)
    if line is None:
        raise _truncated(path, "ends in the middle")
    return line


def _integers(line: Line, count: int) -> tuple[int, ...]:
    """Return the integers of a line; raise an error unless there are `count`."""
    if len(line.words) != count:
        raise line.error(f"has {len(line.words)} columns, not {count}", "copy the file again")
    return tuple(line.integer(word) for word in line.words)


def _other_run(path: Path) -> InputError:
    return InputError(
        "has other cells or functions than the _hr.dat in the same folder",
        "use the files of one run",
        path,
    )
