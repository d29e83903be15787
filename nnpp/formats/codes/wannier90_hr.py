"""seedname_hr.dat of Wannier90: H(k) = Σ_R e^{i2πk·R} H(R)/deg(R), with ⟨m0|H|nR⟩ in eV.

Where seedname_wsvec.dat stands beside it, R is replaced by its images nearest to each pair of
functions, so that the bands are those that Wannier90 draws.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Complex, Float, Int

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import exists
from nnpp.formats.codes.format import Beside
from nnpp.formats.codes.wannier90_win import settings
from nnpp.formats.codes.wannier90_wsvec import MOST, numbered, shared_among_images
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.paths import path as path_through
from nnpp.units import HARTREE_EV

SUFFIX = "_hr.dat"

HERMITIAN = 1e-4
"""H(R) and H(−R)† agree to this [eV]; they are printed to six decimals."""

FARTHEST = 1e6
"""No cell R lies as far, and no function has so high a number."""

SHORTEST = 14
"""Bytes of the shortest line that holds an element: seven digits, with a blank after each."""


@dataclass(frozen=True)
class Hopping:
    """Elements of H between functions in the home cell and in the cell at R.

    Attributes:
        R: in units of the lattice vectors.
        H: ⟨m0|H|nR⟩/deg(R) [eV].
    """

    R: Int[np.ndarray, "cell 3"]
    H: Complex[np.ndarray, "cell m n"]

    def levels(self, k: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "k band"]:
        """The eigenvalues of H(k) in rising order [eV]."""
        return np.array([np.linalg.eigvalsh(self._at(x)) for x in k])

    def _at(self, k: np.ndarray) -> np.ndarray:
        """H(k), Hermitian to the last digit [eV]."""
        H = np.tensordot(np.exp(2j * np.pi * self.R @ k), self.H, axes=1)
        return (H + H.conj().T) / 2


def read_hr(path: Path, beside: Beside) -> ReferenceBands:
    """The bands along the path that is asked for, or recommended for the crystal."""
    said = settings(path, SUFFIX)
    whose = _whose(path, said.crystal, beside)
    hopping = read_hopping(path)
    said.refuse_unless_of(hopping.H.shape[1], path)
    wsvec = path.with_name(path.name.removesuffix(SUFFIX) + "_wsvec.dat")
    notes = said.notes
    if exists(wsvec):
        hopping = Hopping(*shared_among_images(wsvec, hopping.R, hopping.H))
    else:
        notes += (f"without {wsvec.name}, levels off the mesh are not those Wannier90 draws",)
    along = path_through(whose, beside.pieces, beside.points)
    k = np.asarray(along.fractional)
    return ReferenceBands(
        path,
        k,
        hopping.levels(k) / HARTREE_EV,
        along.labels,
        np.asarray(along.distance),
        cell=np.asarray(whose.cell),
        crystal=said.crystal,
        spinor=said.spinor,
        fermi=said.fermi,
        provenance=said.provenance,
        notes=notes,
    )


def read_hopping(path: Path) -> Hopping:
    """The Hamiltonian in a file, which is Hermitian."""
    lines = numbered(path)
    next(lines, None)
    functions, cells = (_counted(path, lines) for _ in range(2))
    _refuse_unless_held(path, cells, functions)
    degeneracy = _degeneracies(path, lines, cells)
    R, H = np.zeros((cells, 3), int), np.zeros((cells, functions, functions), complex)
    for cell in range(cells):
        R[cell], H[cell] = _block(path, lines, functions)
    left = next((line for line in lines if line.words), None)
    if left is not None:
        raise left.error("holds more elements than it announces", "copy the file again")
    hopping = Hopping(R, H / degeneracy[:, None, None])
    _refuse_unless_hermitian(path, R, H)
    return hopping


def _whose(path: Path, own: Crystal | None, beside: Beside) -> Crystal:
    """The crystal through whose zone the path leads."""
    if own is not None:
        return own
    if beside.crystal is None:
        raise InputError(
            "has no .win or .wout with the atoms beside it", "add --structure FILE", path
        )
    return beside.crystal


def _counted(path: Path, lines: Iterator[Line]) -> int:
    """A line with one whole number above 0."""
    line = next(lines, Line(path, 1, ()))
    if len(line.words) != 1 or (count := line.whole(line.words[0])) < 1:
        raise line.error(
            "is not the number of functions, or of cells", "name a seedname_hr.dat"
        )
    return count


def _refuse_unless_held(path: Path, cells: int, functions: int) -> None:
    """Refuse a file too short for what it announces, or too long for memory."""
    elements = cells * functions**2
    if elements * SHORTEST > path.stat().st_size:
        raise _cut(path, f"is too short for the {elements} elements that it announces")
    if max(elements, 12 * cells) > MOST:
        raise InputError(
            f"holds {elements} elements of H", "take fewer functions or cells", path
        )


def _degeneracies(path: Path, lines: Iterator[Line], cells: int) -> np.ndarray:
    """deg(R), 15 in a line; Σ 1/deg(R) counts the k-points of the mesh."""
    rows = islice(lines, -(-cells // 15))
    degeneracy = np.array([row.whole(word) for row in rows for word in row.words], float)
    if len(degeneracy) != cells or (degeneracy < 1).any():
        raise InputError(f"does not hold {cells} degeneracies above 0", "copy it again", path)
    mesh = (1 / degeneracy).sum()
    if abs(mesh - round(mesh)) > 1e-6:
        raise InputError(
            f"1/degeneracy adds up to {mesh:.3f}, not to a number of k-points",
            "copy it again",
            path,
        )
    return degeneracy


def _block(path: Path, lines: Iterator[Line], functions: int) -> tuple[np.ndarray, np.ndarray]:
    """R, and ⟨m0|H|nR⟩ for all m and n [eV]."""
    rows = list(islice(lines, functions**2))
    if len(rows) < functions**2:
        raise _cut(path, "ends before its last element")
    table = _table(rows)
    m, n = table[:, 3].astype(int) - 1, table[:, 4].astype(int) - 1
    pairs = np.sort(m + functions * n)
    if (table[:, :3] != table[0, :3]).any() or (pairs != np.arange(functions**2)).any():
        raise rows[0].error(
            "begins a cell R that lacks a pair of functions, or has one twice", "copy it again"
        )
    H = np.zeros((functions, functions), complex)
    H[m, n] = table[:, 5] + 1j * table[:, 6]
    return table[0, :3].astype(int), H


def _table(rows: list[Line]) -> np.ndarray:
    """Seven finite numbers in each line, the first five whole."""
    odd = next((row for row in rows if len(row.words) != 7), None)
    if odd is not None:
        raise odd.error(f"has {len(odd.words)} columns, not 7", "copy the file again")
    try:
        table = np.array([row.words for row in rows], float)
    except ValueError:
        table = np.array([row.reals() for row in rows])
    whole = (table == np.round(table)) & (np.abs(table) < FARTHEST)
    at = np.flatnonzero(~(np.isfinite(table).all(axis=1) & whole[:, :5].all(axis=1)))
    if at.size:
        raise rows[at[0]].error("holds a number that cannot stand there", "copy the file again")
    return table


def _cut(path: Path, what: str) -> InputError:
    return InputError(what, "finish the run, or copy the file whole", path)


def _refuse_unless_hermitian(path: Path, R: np.ndarray, H: np.ndarray) -> None:
    """H(R) = H(−R)†, with a −R for every R, and each R once."""
    place = {tuple(r): i for i, r in enumerate(R.tolist())}
    if len(place) != len(R):
        raise InputError("holds a cell R twice", "copy it again", path)
    for r, i in place.items():
        j = place.get((-r[0], -r[1], -r[2]))
        if j is None:
            raise InputError(f"holds the cell R = {r}, but not −R", "copy it again", path)
        off = float(np.abs(H[i] - H[j].conj().T).max())
        if off > HERMITIAN:
            raise InputError(
                f"H(R) and H(−R)† differ by {off:.2g} eV at R = {r}", "repeat the run", path
            )
