"""seedname_wsvec.dat of Wannier90: for R, m, n, the N vectors T that bring n nearest to m.

⟨m0|H|nR⟩ is shared equally among the cells R + T (Pizzi et al., J. Phys.: Condens. Matter
32, 165902 (2020), doi:10.1088/1361-648X/ab51ff, §4.2), as Wannier90 does where it draws bands.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Complex, Int

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import reading

MOST = 12_000_000
"""Elements of H in all cells; 0.2 GB."""

MANY = 64
"""Vectors T for one pair; a corner of the Wigner-Seitz cell has at most eight."""


def numbered(path: Path) -> Iterator[Line]:
    """The lines of a file of any size, counted from 1; none is longer than lines are."""
    with reading(path), path.open("rb") as file:
        number = 0
        while text := file.readline(10_000):
            number += 1
            yield Line(path, number, tuple(text.decode("latin-1").split()))


def shared_among_images(
    path: Path, R: Int[np.ndarray, "cell 3"], H: Complex[np.ndarray, "cell m n"]
) -> tuple[Int[np.ndarray, "image 3"], Complex[np.ndarray, "image m n"]]:
    """The cells R + T, and what each holds of H [eV]."""
    place = {tuple(r): i for i, r in enumerate(R.tolist())}
    seen = np.zeros(H.shape, bool)
    shares: dict[tuple[int, ...], np.ndarray] = {}
    for head, images in _records(path):
        cell, (m, n) = place.get(head[:3]), (head[3] - 1, head[4] - 1)
        if cell is None or not (0 <= m < H.shape[1] and 0 <= n < H.shape[2]):
            raise _of_another_run(path)
        seen[cell, m, n] = True
        for T in images:
            image = tuple(r + t for r, t in zip(head[:3], T, strict=True))
            share = shares.setdefault(image, np.zeros(H.shape[1:], complex))
            share[m, n] += H[cell, m, n] / len(images)
        if len(shares) * H[0].size > MOST:
            raise InputError("names more cells than R and its images", "copy it again", path)
    if not seen.all():
        raise _of_another_run(path)
    return np.array(list(shares)), np.array(list(shares.values()))


def _records(path: Path) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """(R, m, n), and all the T that belong to it."""
    lines = numbered(path)
    next(lines, None)
    for line in lines:
        head = _integers(line, 5)
        (count,) = _integers(_next(path, lines), 1)
        if not 0 < count <= MANY:
            raise line.error(f"names {count} images of one cell", "copy the file again")
        yield head, [_integers(_next(path, lines), 3) for _ in range(count)]


def _next(path: Path, lines: Iterator[Line]) -> Line:
    """The next line, which there must be."""
    line = next(lines, None)
    if line is None:
        raise InputError("ends in the middle", "finish the run, or copy it whole", path)
    return line


def _integers(line: Line, count: int) -> tuple[int, ...]:
    """So many whole numbers."""
    if len(line.words) != count:
        raise line.error(f"has {len(line.words)} columns, not {count}", "copy the file again")
    return tuple(line.whole(word) for word in line.words)


def _of_another_run(path: Path) -> InputError:
    return InputError(
        "is not about the same cells and functions as the _hr.dat beside it",
        "put the files of one run together",
        path,
    )
