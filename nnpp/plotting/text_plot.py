"""Curves in a terminal: logarithmic y against steps, drawn in Braille dots or in ASCII."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Bit of each of the 4 × 2 dots of a Braille letter."""

BRAILLE = 0x2800

MARKS = "*o"
"""Marks of the curves in ASCII."""

FRAME = {True: ("┤", "│", "└", "─"), False: ("|", "|", "+", "-")}
"""Tick, axis, corner and bottom of the frame, with and without Unicode."""

SPARSE = 2
"""Of the second curve every second column of dots is drawn, as it has no other colour."""


@dataclass(frozen=True)
class Canvas:
    """A frame of characters.

    Attributes:
        columns: its width without the labels of the axis.
        rows: its height.
        unicode: whether the terminal can show Braille letters.
    """

    columns: int
    rows: int
    unicode: bool

    @property
    def fine(self) -> tuple[int, int]:
        """The number of dots along x and y."""
        return (2 * self.columns, 4 * self.rows) if self.unicode else (self.columns, self.rows)


def log_plot(
    curves: Mapping[str, tuple[Float[np.ndarray, " step"], Float[np.ndarray, " step"]]],
    width: int,
    rows: int,
    unicode: bool,
) -> list[str]:
    """Return the lines of a plot; the first two curves are distinguished.

    Args:
        curves: steps and values by name; values that are not positive are left out.
        width: the width of all lines, with the labels of the axis.
        rows: the height of the frame.
        unicode: whether the terminal can show Braille letters.
    """
    found = [_positive(x, y) for x, y in curves.values()]
    x, y = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
    if not len(x):
        return []
    low, high = _range(y)
    labels = _labels(low, high, rows)
    margin = max(map(len, labels.values()))
    tick, axis, corner, bottom = FRAME[unicode]
    canvas = Canvas(max(width - margin - 2, 4), rows, unicode)
    letters = _letters(canvas, found, (float(x.min()), float(x.max())), (low, high))
    lines = [
        f"{labels.get(row, ''):>{margin}} {tick if row in labels else axis}{text}".rstrip()
        for row, text in enumerate(letters)
    ]
    first, last = f"{x.min():.0f}", f"{x.max():.0f}"
    gap = max(canvas.columns - len(first) - len(last), 1)
    steps = f"{first}{' ' * gap}{last}" if x.max() > x.min() else first
    pad = " " * (margin + 1)
    return [*lines, f"{pad}{corner}{bottom * canvas.columns}", f"{pad} {steps}"[:width]]


def _positive(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points that a logarithmic axis can show."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    shown = np.isfinite(y) & (y > 0)
    return x[shown], y[shown]


def _range(y: np.ndarray) -> tuple[float, float]:
    """Return the decimal logarithms of the ends of the axis."""
    low, high = float(np.log10(y.min())), float(np.log10(y.max()))
    return (low, high) if high - low > 0.1 else (low - 0.05, high + 0.05)


def _labels(low: float, high: float, rows: int) -> dict[int, str]:
    """Return labels of the axis by row: powers of ten, or 1, 2 and 5 if there are few."""
    powers = np.arange(np.floor(low), np.ceil(high) + 1)
    fine = np.log10(np.outer(10.0**powers, (1, 2, 5))).ravel()
    shown = [x[(x >= low) & (x <= high)] for x in (powers, fine, np.array([low, high]))]
    values = next(x for i, x in enumerate(shown) if len(x) > 2 - i)
    values = values[:: max(1, -(-2 * len(values) // rows))]
    at = np.round((high - values) / (high - low) * (rows - 1)).astype(int)
    return {int(row): _label(10.0**value) for row, value in zip(at, values, strict=True)}


def _label(value: float) -> str:
    """Return a number with three digits, as a decimal number up to a million."""
    return f"{value:.0f}" if 1e3 <= value < 1e6 else f"{value:.3g}"


def _letters(
    canvas: Canvas,
    curves: list[tuple[np.ndarray, np.ndarray]],
    across: tuple[float, float],
    along: tuple[float, float],
) -> list[str]:
    """Return the rows of the frame."""
    wide, high = canvas.fine
    cells = np.zeros((canvas.rows, canvas.columns), int)
    marks = np.full((canvas.rows, canvas.columns), " ")
    for number, (x, y) in enumerate(curves):
        if not len(x):
            continue
        span = across[1] - across[0] or 1.0
        px = (x - across[0]) / span * (wide - 1)
        py = (along[1] - np.log10(y)) / (along[1] - along[0]) * (high - 1)
        grid = np.arange(np.ceil(px[0]), np.floor(px[-1]) + 1)
        line = np.round(np.interp(grid, px, py)).astype(int)
        before = np.concatenate([line[:1], line[:-1]])
        for i, j, last in zip(grid.astype(int), line, before, strict=True):
            if not canvas.unicode:
                marks[j, i] = MARKS[number % len(MARKS)]
            elif number == 0 or (i // SPARSE) % SPARSE == 0:
                first = min(last + 1, j) if number == 0 else j  # a steep curve has no gaps
                for k in range(first, max(j, last if number == 0 else j) + 1):
                    cells[k // 4, i // 2] |= DOTS[k % 4, i % 2]
    if canvas.unicode:
        return ["".join(chr(BRAILLE + c) if c else " " for c in row) for row in cells]
    return ["".join(row) for row in marks]
