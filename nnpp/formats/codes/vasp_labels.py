"""Names of k-points in VASP's KPOINTS, where a line gives one after its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import exists, read_text
from nnpp.structures.paths import GREEK

SAME_K = 1e-5
"""vasprun.xml has eight decimals of k; KPOINTS what its writer gave."""

OTHER = "{} beside it lists other k-points: its names are not taken"


@dataclass(frozen=True)
class _Listed:
    """K-points of a KPOINTS file, at `places` among all those of the run."""

    places: np.ndarray
    points: np.ndarray
    names: tuple[str, ...]
    cartesian: bool


def read_labels(
    path: Path, k: np.ndarray, cell: np.ndarray
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The names of the k-points of a run, if the file is there and gives them, and remarks."""
    if not exists(path):
        return None, ()
    try:
        listed = _listed(read_text(path).split("\n"))
    except InputError as error:
        return None, (f"{path.name} beside it {error.what}: its names are not taken",)
    if listed is None or not any(listed.names):
        return None, ()
    if not _fits(listed, k, cell):
        return None, (OTHER.format(path.name),)
    names = [""] * len(k)
    for place, name in zip(listed.places, listed.names, strict=True):
        names[place] = "Γ" if name == "G" and not k[place].any() else name
    return tuple(names), ()


def _listed(lines: list[str]) -> _Listed | None:
    """The named k-points; None for a mesh, and where the file is not as VASP asks."""
    count = _whole(lines[1]) if len(lines) > 3 else 0
    if count <= 0:
        return None
    along_lines = lines[2].strip()[:1] in ("L", "l")
    system, rows = (lines[3], lines[4:]) if along_lines else (lines[2], lines[3 : 3 + count])
    found = list(_rows(rows, weighted=not along_lines))
    if not found:
        return None
    points, names = zip(*found, strict=True)
    i = np.arange(len(points))
    places = i // 2 * count + i % 2 * (count - 1) if along_lines else i
    return _Listed(places, np.array(points), names, system.strip()[:1] in tuple("CcKk"))


def _whole(line: str) -> int:
    """The whole number at the beginning of a line, 0 where there is none."""
    word = (line.split() or [""])[0]
    return int(word) if word.isdecimal() and len(word) < 9 else 0


def _rows(lines: list[str], weighted: bool) -> Iterator[tuple[list[float], str]]:
    """Coordinates and name in each line that has any."""
    for line in lines:
        words = line.split()
        try:
            point = [float(word) for word in words[:3]]
        except ValueError:
            return
        if len(point) == 3:
            rest = words[4 if weighted else 3 :]
            yield point, _name(" ".join(rest))
        elif words:
            return


def _name(text: str) -> str:
    r"""What stands behind the numbers: "! \Gamma" → Γ, "SIGMA_0" → Σ_0; G may not be Γ."""
    word = (text.strip("!#'\"$ ").split() or [""])[0].strip("\\$")
    stem, _, index = word.partition("_")
    stem = stem if stem == "G" else GREEK.get(stem.upper(), stem)
    return f"{stem}_{index}" if index else stem


def _fits(listed: _Listed, k: np.ndarray, cell: np.ndarray) -> bool:
    """Whether the run has these k-points at these places, all of them."""
    if listed.places[-1] + 1 != len(k):
        return False
    ours = k[listed.places]
    if not listed.cartesian:
        return bool(np.abs(ours - listed.points).max() < SAME_K)
    ours = ours @ np.linalg.inv(cell).T
    scale = (ours * listed.points).sum() / max((listed.points**2).sum(), 1e-30)
    return bool(np.abs(ours - scale * listed.points).max() <= SAME_K * np.abs(ours).max())
