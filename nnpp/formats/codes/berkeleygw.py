"""BerkeleyGW: quasiparticle bands in bandstructure.dat (of inteqp) and eqp*.dat.

The level is E_QP; both files print it next to E_MF in eV, with the numbers of the spin and of
the band. In eqp.dat, k is in units of the reciprocal lattice vectors. In bandstructure.dat,
k is Cartesian in bohr⁻¹, 2π included: inteqp prints Σ_i k_i b_i times `blat` = 2π/alat, with
b_i in units of `blat` (BSE/intwfn.f90, and `crystal` in Common/typedefs.f90). The cell must
then be known, with the orientation it had in the calculation.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.tables import Line, read_lines
from nnpp.formats.codes.format import Format, Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.units import HARTREE_EV

CARTESIAN_HEADER = re.compile(r"#\s*spin\s+band\s+kx\s+ky\s+kz\s+E\(MF\)\s+E\(QP\)\s+Delta E")

BLOCK = re.compile(
    r"([ \t]*-?\d\.\d{9}){3}[ \t]+\d+[ \t]*\r?\n"
    r"[ \t]+[12][ \t]+\d+([ \t]*-?\d+\.\d{9}){2}[ \t]*\r?\n"
)
"""A k-point with the number of its levels, then the first level."""

PRINTED = 1e-5
"""Accuracy of the components of k, which are printed to five decimals [bohr⁻¹]."""

SUBTRACTED = 3e-9
"""Largest difference of E_QP − E_MF and the column ΔE: its last digit [eV]."""

FARTHEST = 2.0
"""Largest fractional coordinate of a path through the first zones."""

SPECIAL = 24
"""Points of high symmetry lie on multiples of b_i/24 in most lattices."""

SOLUTIONS = {
    "eqp0": ", with Σ at the mean-field energy",
    "eqp1": ", with Σ linearised in energy",
}


def read_bandstructure(path: Path, hints: Hints) -> ReferenceBands:
    """Return the bands of a bandstructure.dat, which holds one band after another."""
    if hints.crystal is None:
        raise InputError(
            "gives k in bohr⁻¹, so the lattice vectors are needed", "add --structure FILE", path
        )
    lines = read_lines(path)
    table = _table(path, lines, 8)
    _check_one_spin(lines, table[:, 0])
    off = np.abs(table[:, 6] - table[:, 5] - table[:, 7]) > SUBTRACTED
    if off.any():
        raise lines[int(np.argmax(off))].error("E(QP) − E(MF) is not Delta E", "copy it again")
    bands = _by_band(path, table)
    k = _fractional(path, bands[0, :, 2:5], hints.crystal)
    return _bands(path, k, bands[:, :, 6].T, bands[:, 0, 1])


def read_eqp(path: Path, _: Hints) -> ReferenceBands:
    """Return the bands of an eqp.dat, which holds one k-point after another."""
    lines = read_lines(path)
    k, blocks, at = [], [], 0
    while at < len(lines):
        head = lines[at]
        if len(head.words) != 4 or (count := head.integer(head.words[3])) < 1:
            raise head.error(
                "is not a k-point with its number of levels", "copy the file again"
            )
        k.append([head.real(word) for word in head.words[:3]])
        levels = lines[at + 1 : at + 1 + count]
        if len(levels) < count:
            raise head.error(
                f"announces {count} levels, but {len(levels)} follow",
                "finish the run, or copy the complete file",
            )
        blocks.append(_table(path, levels, 4))
        _check_one_spin(levels, blocks[-1][:, 0])
        at += 1 + count
    if not blocks:
        raise InputError("holds no levels", "finish the run", path)
    rows = _by_kpoint(path, blocks)
    return _bands(path, np.array(k), rows[:, :, 3], rows[0, :, 1])


def _by_band(path: Path, table: np.ndarray) -> np.ndarray:
    """Return the rows as (band, k, column), bands in ascending order, at the same k-points."""
    count = len(np.unique(table[:, 1]))
    points = len(table) // count
    bands = table[: points * count].reshape(count, points, 8)
    if len(table) % count or (bands[:, :, 1] != bands[:, :1, 1]).any():
        raise InputError(
            "does not hold each band at each k-point, band after band",
            "finish the run, or copy the complete file",
            path,
        )
    moved = (bands[:, :, 2:5] != bands[0, :, 2:5]).any(axis=(1, 2))
    if moved.any():
        raise InputError(
            f"band {bands[np.argmax(moved), 0, 1]:.0f} has other k-points than band "
            f"{bands[0, 0, 1]:.0f}",
            "use the same k-points for valence and conduction bands (use_momentum)",
            path,
        )
    return bands[np.argsort(bands[:, 0, 1])]


def _by_kpoint(path: Path, blocks: list[np.ndarray]) -> np.ndarray:
    """Return the rows as (k, band, column), bands in ascending order, the same at every k."""
    blocks = [block[np.argsort(block[:, 1])] for block in blocks]
    for i, block in enumerate(blocks, start=1):
        if not np.array_equal(block[:, 1], blocks[0][:, 1]):
            raise InputError(
                f"k-point {i} has other bands than the first",
                "calculate the same bands at every k-point",
                path,
            )
    return np.array(blocks)


def _bands(path: Path, k: np.ndarray, E: np.ndarray, numbers: np.ndarray) -> ReferenceBands:
    """Return the bands; neither file gives electrons, spinors or the structure."""
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
    """Return the numbers of all lines; the first two columns are spin and band, from 1."""
    if not lines:
        raise InputError("holds no levels", "finish the run, or copy the complete file", path)
    for line in lines:
        if len(line.words) != columns:
            raise line.error(f"has {len(line.words)} columns, not {columns}", "copy it again")
        if min(line.integer(word) for word in line.words[:2]) < 1:
            raise line.error("has a spin or a band below 1", "copy it again")
    return np.array([line.reals() for line in lines])


def _check_one_spin(lines: Sequence[Line], spins: np.ndarray) -> None:
    """Raise an error for levels of two spins, which are not one set of bands."""
    other = np.flatnonzero(spins != 1)
    if other.size:
        raise lines[other[0]].error(
            "holds the levels of two spins", "calculate without spin polarisation"
        )


def _fractional(path: Path, cartesian: np.ndarray, crystal: Crystal) -> np.ndarray:
    """Return k in units of b_i; points within rounding of a special point are set to it."""
    a = np.asarray(crystal.cell)
    k = cartesian @ a.T / (2 * np.pi)
    rounding = PRINTED * np.linalg.norm(a, axis=1) / (2 * np.pi)
    nearest = np.round(k * SPECIAL) / SPECIAL
    special = (np.abs(k - nearest) < rounding).all(axis=1)
    directions = min(2, np.linalg.matrix_rank(k, tol=1 / SPECIAL**2))
    if np.abs(k).max() > FARTHEST or np.linalg.matrix_rank(nearest[special]) < directions:
        raise InputError(
            "along some direction no k-point except Γ is a special point of this crystal",
            "give the structure with the cell and orientation of that calculation, or use "
            "eqp.dat, whose k-points need no cell",
            path,
        )
    return np.where(special[:, None], nearest, k)


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
        code="BerkeleyGW",
        traces=("sigma_hp.log", "epsmat.h5"),
    ),
    Format("berkeleygw-eqp", "BerkeleyGW (eqp.dat)", _is_eqp, read_eqp, code="BerkeleyGW"),
)
