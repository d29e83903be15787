"""Horizontal axis of a band figure: x(k) = Σ|Δk| along a path, or the index in a list."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from nnpp.structures.kpoints import KPoints

SAME_X = 1e-9
"""Tolerance for equal distances along the path [bohr⁻¹]."""
SAME_K = 1e-4
"""Tolerance for equal fractional coordinates; files write 0.3333."""
BENT = 0.02
"""A path turns where the sine of the angle between two steps exceeds this."""


@dataclass(frozen=True)
class Abscissa:
    """Position of each k-point on the axis, and which k-points a line connects.

    Attributes:
        k: the k-points in units of the reciprocal lattice vectors.
        x: distance along the path [bohr⁻¹], or number in the list, from 1.
        pieces: ranges of k-points without a jump; single k-points in a list.
        ticks: x of the labelled k-points and of the jumps.
        names: labels of the ticks, such as "Γ", or "U|K" at a jump.
    """

    k: Float[np.ndarray, "k 3"]
    x: Float[np.ndarray, " k"]
    pieces: tuple[slice, ...]
    ticks: tuple[float, ...]
    names: tuple[str, ...]

    @property
    def path(self) -> bool:
        """Whether the k-points form a path, so that neighbours are connected."""
        return len(self.pieces) < len(self.x)

    @property
    def jumps(self) -> list[int]:
        """Indices of the k-points at which a new piece starts."""
        return [piece.start for piece in self.pieces[1:]]

    def positions(
        self, k: Float[np.ndarray, "n 3"]
    ) -> tuple[Int[np.ndarray, " p"], np.ndarray]:
        """Return the positions of k-points on this axis: their indices in `k`, and x.

        A k-point between two neighbours of the path lies between them. A k-point that the
        path visits twice has two positions; a k-point off the path has none.
        """
        starts = np.concatenate(
            [np.r_[p.start : max(p.stop - 1, p.start + 1)] for p in self.pieces]
        )
        stops = np.where(np.isin(starts + 1, [*self.jumps, len(self.x)]), starts, starts + 1)
        met = [_on_segments(self, starts, stops, point) for point in k]
        which = np.repeat(np.arange(len(k)), [len(x) for x in met])
        return which, np.concatenate([np.empty(0), *met])


def _on_segments(
    axis: Abscissa, starts: np.ndarray, stops: np.ndarray, point: np.ndarray
) -> np.ndarray:
    """Return the distinct x at which the segments [start, stop] contain `point`."""
    a, along = axis.k[starts], axis.k[stops] - axis.k[starts]
    length2 = np.sum(along**2, axis=1)
    t = np.sum((point - a) * along, axis=1) / np.where(length2 > 0, length2, 1.0)
    t = np.clip(t, 0.0, 1.0)
    off = np.abs(a + t[:, None] * along - point).max(axis=1)
    x = axis.x[starts] + t * (axis.x[stops] - axis.x[starts])
    return np.unique(np.round(x[off < SAME_K], 6))


def abscissa(kpoints: KPoints) -> Abscissa:
    """Return the axis of k-points.

    They form a path if every unlabelled k-point lies on a straight line between its
    neighbours, otherwise a list.
    """
    k, x = np.asarray(kpoints.fractional, float), np.asarray(kpoints.distance, float)
    apart = np.abs(np.diff(k, axis=0)).max(axis=1, initial=0.0) > SAME_K
    jumps = (np.flatnonzero(apart & (np.diff(x) < SAME_X)) + 1).tolist()
    if _is_path(k, kpoints.labels, jumps):
        starts = [0, *jumps]
    else:
        x, starts, jumps = np.arange(1.0, len(k) + 1), list(range(len(k))), []
    pieces = tuple(slice(a, b) for a, b in zip(starts, [*starts[1:], len(k)], strict=True))
    marks = _marks(x, kpoints.labels, jumps)
    return Abscissa(k, x, pieces, tuple(marks), tuple("|".join(m) for m in marks.values()))


def _is_path(k: np.ndarray, labels: tuple[str, ...], jumps: list[int]) -> bool:
    """Return whether k-points between labels lie on straight lines between their neighbours."""
    ends = {0, len(k) - 1, *jumps, *(j - 1 for j in jumps)}
    inner = np.array([i for i, label in enumerate(labels) if not label and i not in ends], int)
    before, after = k[inner] - k[inner - 1], k[inner + 1] - k[inner]
    product = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    turn = np.linalg.norm(np.cross(before, after), axis=1)
    straight = (turn <= BENT * product) & (np.sum(before * after, axis=1) >= 0)
    return sum(map(bool, labels)) >= 2 and inner.size > 0 and bool(straight.all())


def _marks(x: np.ndarray, labels: tuple[str, ...], jumps: list[int]) -> dict[float, list[str]]:
    """Return the distinct labels at each x."""
    marks: dict[float, list[str]] = {}
    for i, label in enumerate(labels):
        near = next((m for m in marks if abs(m - x[i]) < SAME_X), float(x[i]))
        if label or i in jumps:
            marks.setdefault(near, [])
        if label and label not in marks[near]:
            marks[near].append(label)
    return marks


def subscripted(name: str, low: str) -> str:
    """Return a label with the part after "_" formatted by `low`, e.g. "<sub>{}</sub>"."""
    parts = (part.partition("_") for part in name.split("|"))
    return "|".join(
        letter + low.format(index) if index else letter for letter, _, index in parts
    )


def point_name(kpoints: KPoints, axis: Abscissa, i: int) -> str:
    """Return the label of a k-point or of an equal one, else Γ, its position or its number."""
    same = np.flatnonzero(np.abs(axis.k - axis.k[i]).max(axis=1) < SAME_K)
    labels = [kpoints.labels[j] for j in same if kpoints.labels[j]]
    if np.abs(axis.k[i]).max() < SAME_K:
        labels.append("Γ")
    return next(iter(labels), between(kpoints, axis, i) if axis.path else f"k-point {i + 1}")


def between(kpoints: KPoints, axis: Abscissa, i: int) -> str:
    """Return the position of a k-point between two labels: "0.94 Γ–X"."""
    labelled = np.flatnonzero([bool(label) for label in kpoints.labels])
    before, after = labelled[labelled < i], labelled[labelled > i]
    if not (before.size and after.size):
        return coordinates(axis.k[i])
    start, end = before[-1], after[0]
    share = (axis.x[i] - axis.x[start]) / (axis.x[end] - axis.x[start])
    return f"{share:.2f} {kpoints.labels[start]}–{kpoints.labels[end]}"


def coordinates(k: Float[np.ndarray, "3"]) -> str:
    """Return the coordinates of a k-point as text: "(0.425, 0, 0.425)"."""
    return "(" + ", ".join(f"{c:.4g}" for c in np.round(k, 3) + 0.0) + ")"
