"""Quasiparticle bands of BerkeleyGW: bandstructure.dat of inteqp, and eqp.dat and its like.

The level is E_QP; both files print it beside E_MF in eV, with the number of the spin and of
the band. In eqp.dat, k is in units of the reciprocal lattice vectors. In bandstructure.dat,
k is Cartesian in bohr⁻¹, 2π included: inteqp prints Σ_i k_i b_i times `blat` = 2π/alat, with
b_i in units of `blat` (BSE/intwfn.f90, and `crystal` in Common/typedefs.f90). The cell must
then be known, and stand in space as it did in the calculation.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line, read_lines
from nnpp.formats.codes.format import Beside, Format
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.units import HARTREE_EV

CARTESIAN_HEADER = re.compile(r"#\s*spin\s+band\s+kx\s+ky\s+kz\s+E\(MF\)\s+E\(QP\)\s+Delta E")

BLOCK = re.compile(
    r"([ \t]*-?\d\.\d{9}){3}[ \t]+\d+[ \t]*\r?\n"
    r"[ \t]+[12][ \t]+\d+([ \t]*-?\d+\.\d{9}){2}[ \t]*\r?\n"
)
"""A k-point with the number of its levels, and the first of them."""

PRINTED = 1e-5
"""Components of k are printed to five decimals [bohr⁻¹]."""

SUBTRACTED = 3e-9
"""E_QP − E_MF agrees with the column ΔE to its last digit [eV]."""

FARTHEST = 2.0
"""Fractional coordinates of a path through the first zones stay below."""

SPECIAL = 24
"""Most points of high symmetry lie on multiples of 1/24 of the b_i."""

SOLUTIONS = {
    "eqp0": ", with Σ at the mean-field energy",
    "eqp1": ", with Σ linearised in energy",
}


def read_bandstructure(path: Path, beside: Beside) -> ReferenceBands:
    """The bands that inteqp interpolated, band by band."""
    if beside.crystal is None:
        raise InputError(
            "gives k in bohr⁻¹, which needs the lattice vectors", "add --structure FILE", path
        )
    lines = read_lines(path)
    table = _table(path, lines, 8)
    _refuse_two_spins(lines, table[:, 0])
    off = np.abs(table[:, 6] - table[:, 5] - table[:, 7]) > SUBTRACTED
    if off.any():
        raise lines[int(np.argmax(off))].error("E(QP) − E(MF) is not Delta E", "copy it again")
    bands = _by_band(path, table)
    k = _fractional(path, bands[0, :, 2:5], beside.crystal)
    return _record(path, k, bands[:, :, 6].T, bands[:, 0, 1])


def read_eqp(path: Path, beside: Beside) -> ReferenceBands:
    """The levels at one k-point after the other."""
    lines = read_lines(path)
    k, blocks, at = [], [], 0
    while at < len(lines):
        head = lines[at]
        if len(head.words) != 4 or (count := head.whole(head.words[3])) < 1:
            raise head.error("is no k-point with its number of levels", "copy the file again")
        k.append([head.real(word) for word in head.words[:3]])
        levels = lines[at + 1 : at + 1 + count]
        if len(levels) < count:
            raise head.error(
                f"announces {count} levels, {len(levels)} follow",
                "finish the run, or copy it whole",
            )
        blocks.append(_table(path, levels, 4))
        _refuse_two_spins(levels, blocks[-1][:, 0])
        at += 1 + count
    if not blocks:
        raise InputError("holds no levels", "finish the run", path)
    rows = _by_kpoint(path, blocks)
    return _record(path, np.array(k), rows[:, :, 3], rows[0, :, 1])


def _by_band(path: Path, table: np.ndarray) -> np.ndarray:
    """Rows by band and k-point, the bands in rising order; they stand at the same k-points."""
    count = len(np.unique(table[:, 1]))
    points = len(table) // count
    bands = table[: points * count].reshape(count, points, 8)
    if len(table) % count or (bands[:, :, 1] != bands[:, :1, 1]).any():
        raise InputError(
            "does not hold each band at each k-point, band after band",
            "finish the run, or copy it whole",
            path,
        )
    moved = (bands[:, :, 2:5] != bands[0, :, 2:5]).any(axis=(1, 2))
    if moved.any():
        raise InputError(
            f"band {bands[np.argmax(moved), 0, 1]:.0f} stands at other k-points than band "
            f"{bands[0, 0, 1]:.0f}",
            "use the same k-points for valence and conduction bands (use_momentum)",
            path,
        )
    return bands[np.argsort(bands[:, 0, 1])]


def _by_kpoint(path: Path, blocks: list[np.ndarray]) -> np.ndarray:
    """Rows by k-point and band, the bands in rising order; all k-points have the same."""
    blocks = [block[np.argsort(block[:, 1])] for block in blocks]
    for i, block in enumerate(blocks, start=1):
        if not np.array_equal(block[:, 1], blocks[0][:, 1]):
            raise InputError(
                f"k-point {i} has other bands than the first",
                "calculate the same bands at every k-point",
                path,
            )
    return np.array(blocks)


def _record(path: Path, k: np.ndarray, E: np.ndarray, numbers: np.ndarray) -> ReferenceBands:
    """The record; neither file tells of electrons, of spinors or of the structure."""
    gap = np.flatnonzero(np.diff(numbers) != 1)
    if gap.size:
        raise InputError(
            f"band {numbers[gap[0]]:.0f} is followed by band {numbers[gap[0] + 1]:.0f}",
            "calculate all bands of the range",
            path,
        )
    first, last = int(numbers[0]), int(numbers[-1])
    solved = next((how for stem, how in SOLUTIONS.items() if path.name.startswith(stem)), "")
    return ReferenceBands(
        path,
        k,
        E / HARTREE_EV,
        provenance={
            "program": "BerkeleyGW",
            "levels": f"quasiparticle energies{solved}",
            "bands": f"{first} to {last}",
        },
        notes=(f"{path.name} holds bands {first} to {last} of the calculation",),
    )


def _table(path: Path, lines: Sequence[Line], columns: int) -> np.ndarray:
    """Numbers in so many columns, the first two whole and above 0: spin and band."""
    if not lines:
        raise InputError("holds no levels", "finish the run, or copy it whole", path)
    for line in lines:
        if len(line.words) != columns:
            raise line.error(f"has {len(line.words)} columns, not {columns}", "copy it again")
        if min(line.whole(word) for word in line.words[:2]) < 1:
            raise line.error("counts spins and bands from 1", "copy it again")
    return np.array([line.reals() for line in lines])


def _refuse_two_spins(lines: Sequence[Line], spins: np.ndarray) -> None:
    """The levels of a crystal with magnetism have no place in one set of bands."""
    other = np.flatnonzero(spins != 1)
    if other.size:
        raise lines[other[0]].error(
            "holds the levels of two spins", "calculate without spin polarisation"
        )


def _fractional(path: Path, cartesian: np.ndarray, crystal: Crystal) -> np.ndarray:
    """K-points in units of the b_i; what may be a special point, to the digits printed, is."""
    a = np.asarray(crystal.cell)
    k = cartesian @ a.T / (2 * np.pi)
    rounding = PRINTED * np.linalg.norm(a, axis=1) / (2 * np.pi)
    suggest = np.round(k * SPECIAL) / SPECIAL
    special = (np.abs(k - suggest) < rounding).all(axis=1)
    directions = min(2, np.linalg.matrix_rank(k, tol=1 / SPECIAL**2))
    if np.abs(k).max() > FARTHEST or np.linalg.matrix_rank(suggest[special]) < directions:
        raise InputError(
            "along some direction none of its k-points but Γ is special in this crystal's zone",
            "give the structure with the cell and orientation of that calculation, or name "
            "eqp.dat, whose k-points need no cell",
            path,
        )
    return np.where(special[:, None], suggest, k)


def _is_bandstructure(name: str, head: str) -> bool:
    return CARTESIAN_HEADER.match(head) is not None


def _is_eqp(name: str, head: str) -> bool:
    return BLOCK.match(head) is not None


FORMATS = (
    Format(
        "berkeleygw-bandstructure",
        "BerkeleyGW (bandstructure.dat)",
        _is_bandstructure,
        read_bandstructure,
    ),
    Format("berkeleygw-eqp", "BerkeleyGW (eqp.dat)", _is_eqp, read_eqp),
)
