"""Common style of all figures: journal sizes, one palette, reproducible bytes.

Colours: M. Okabe and K. Ito, Color Universal Design (2008), safe for colour-blind readers.
"""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import is_color_like
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

COLUMN, PAGE = 3.4, 7.0
"""Widths of a column and of a page [inch]."""
LEFT, RIGHT, TOP, BOTTOM = 0.56, 0.08, 0.10, 0.24
"""Margins around the frames, excluding the rows of text above and below [inch]."""
TEXT, SMALL = 8.0, 7.0
"""Font sizes [pt]."""
ROW = 0.165
"""Height of one row of text above or below the frames [inch]."""
LETTER = 0.55
"""Mean width of a letter, in font sizes."""
HANDLE, APART = 2.6, 1.4
"""Width of a legend mark with its space, and space after its name, in font sizes."""

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"
GREY, DARK = "#8A8A8A", "#555555"
PALETTE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
VALENCE, CONDUCTION = BLUE, VERMILLION

LOOK: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # shipped with matplotlib, so it is the same on every machine
    "font.size": TEXT,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "axes.linewidth": 0.6,
    "axes.labelsize": TEXT,
    "axes.labelpad": 2.5,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.labelsize": TEXT,
    "ytick.labelsize": TEXT,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.6,
    "ytick.minor.size": 1.6,
    "legend.fontsize": TEXT,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "round",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "svg.hashsalt": "nnpp",
}
SIZES = ("font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize")
"""Settings that are font sizes."""
Kind = Literal["png", "pdf", "svg"]
"""Format of a figure."""
UNDATED = {
    "png": {"Software": "matplotlib"},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
DOTS_PER_INCH = 300

Legend = dict[str, Line2D | tuple[Line2D, ...]]
"""One row of a legend: names and their marks."""


@dataclass(frozen=True)
class Print:
    """How a figure is printed. A figure is laid out for `TEXT`, then scaled to its font.

    Attributes:
        width: width of the figure [inch]; None for what its content needs.
        font: font size [pt].
        colours: colours of the lines in their order, e.g. of valence and conduction bands.
        kinds: file formats.
    """

    width: float | None = None
    font: float = TEXT
    colours: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("png", "pdf")

    @property
    def scale(self) -> float:
        """The figure and its text are this many times as large as they are laid out."""
        return self.font / TEXT

    def free(self, others: float = 0.0) -> float | None:
        """Return the width that is left for a frame, before scaling [inch]; None for any.

        Args:
            others: width of the other frames and of the distances between frames [inch].
        """
        if self.width is None:
            return None
        return self.width / self.scale - LEFT - RIGHT - others

    def colour(self, i: int, default: str) -> str:
        """Return the colour of line `i`."""
        return self.colours[i] if i < len(self.colours) else default


PLAIN = Print()


def is_colour(text: str) -> bool:
    """Return whether a text is a colour: a name, or #rrggbb."""
    return is_color_like(text)


@contextmanager
def look(scale: float = 1.0) -> Iterator[None]:
    """Apply the settings of all figures, whatever the user's matplotlibrc contains.

    Args:
        scale: factor of the font sizes.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(LOOK)
        for key in SIZES:
            mpl.rcParams[key] = LOOK[key] * scale
        yield


def image(figure: Figure, kind: Kind, scale: float = 1.0) -> bytes:
    """Return the figure as a file; the same figure gives the same bytes.

    Args:
        figure: the figure.
        kind: file format.
        scale: factor of the font sizes, as when it was drawn.
    """
    with look(scale), io.BytesIO() as file:
        figure.savefig(file, format=kind, dpi=DOTS_PER_INCH, metadata=UNDATED[kind])
        return file.getvalue()


@dataclass(frozen=True)
class Sheet:
    """Layout of frames side by side, in one or more rows, with text above and below.

    Attributes:
        frames: width of each frame of a row [inch].
        gap: distance between two frames [inch].
        height: height of the frames [inch].
        title: text above them, at the left.
        rows: number of equal rows.
        between: distance between two rows [inch].
        scale: factor of the whole figure and of its text.
    """

    frames: tuple[float, ...]
    gap: float
    height: float
    title: str
    rows: int = 1
    between: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> float:
        """Width of the figure before scaling [inch]."""
        return LEFT + sum(self.frames) + self.gap * (len(self.frames) - 1) + RIGHT

    def draw(
        self, named: int, legends: Sequence[Legend], notes: tuple[str, ...]
    ) -> tuple[Figure, list[Axes]]:
        """Return the figure with its title and the text below, and its empty frames by rows.

        Args:
            named: number of rows for the labels of the horizontal axes.
            legends: rows of the legend.
            notes: lines below the legend.
        """
        title = wrapped(self.title, self.width - LEFT, TEXT + 1)
        lines = [line for note in notes for line in wrapped(note, self.width - 0.16, SMALL)]
        bottom = BOTTOM + ROW * (named + len(legends) + len(lines))
        step = self.height + self.between
        height = bottom + self.rows * step - self.between + TOP + 1.1 * ROW * len(title)
        figure = Figure((self.width * self.scale, height * self.scale))
        starts = [LEFT + sum(self.frames[:i]) + self.gap * i for i in range(len(self.frames))]
        axes = [
            figure.add_axes((x / self.width, y / height, w / self.width, self.height / height))
            for y in (bottom + step * row for row in reversed(range(self.rows)))
            for x, w in zip(starts, self.frames, strict=True)
        ]
        size = (TEXT + 1) * self.scale
        axes[0].set_title("\n".join(title), loc="left", fontsize=size, pad=4.0)
        _write_below(figure, legends, lines, self.scale)
        return figure, axes


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return text broken into lines of at most `width` [inch] at a font size [pt]."""
    return textwrap.wrap(text, max(8, int(72 * width / (LETTER * size))))


def _write_below(
    figure: Figure, legends: Sequence[Legend], lines: list[str], scale: float
) -> None:
    """Write rows from the lower edge upwards: the notes, then the legends."""
    width, height = figure.get_size_inches() / scale
    for row, line in enumerate(reversed(lines)):
        at = (0.08 / width, (0.06 + ROW * row) / height)
        figure.text(*at, line, fontsize=SMALL * scale, color=DARK)
    for row, legend in enumerate(reversed(legends), start=len(lines)):
        _legend(figure, legend, (0.04 + ROW * row) / height)


def _legend(figure: Figure, legend: Legend, y: float) -> None:
    """Draw one row of markers and names, centred at height `y` of the figure."""
    figure.legend(
        handles=list(legend.values()),
        labels=list(legend.keys()),
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.0)},
        loc="lower center",
        bbox_to_anchor=(0.5, y),
        ncols=len(legend),
        borderaxespad=0.0,
        borderpad=0.0,
        handlelength=1.8,
        columnspacing=1.4,
    )


def frame_below(axes: Sequence[Axes], height: float, gap: float, scale: float = 1.0) -> Axes:
    """Shorten frames that are side by side, and return a new frame below all of them.

    Args:
        axes: the frames.
        height: height of the new frame before scaling [inch].
        gap: distance between the frames before scaling [inch].
        scale: factor of the figure.
    """
    figure = axes[0].get_figure(root=True)
    assert figure is not None, "a frame is part of a figure"
    total = figure.get_size_inches()[1] / scale
    first, last = axes[0].get_position(), axes[-1].get_position()
    for ax in axes:
        at = ax.get_position()
        raised = at.y0 + (height + gap) / total
        ax.set_position((at.x0, raised, at.width, at.y1 - raised))
    return figure.add_axes((first.x0, first.y0, last.x1 - first.x0, height / total))


def legend_rows(legend: Legend, width: float) -> list[Legend]:
    """Return a legend split into rows of at most `width` [inch]."""
    split: list[Legend] = [{}]
    free = full = width + APART * TEXT / 72
    for name, mark in legend.items():
        wide = (HANDLE + APART + LETTER * len(name)) * TEXT / 72
        if wide > free and split[-1]:
            split.append({})
            free = full
        split[-1][name] = mark
        free -= wide
    return [row for row in split if row]
