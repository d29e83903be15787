"""Figures of errors: root mean squares of every band, and coverage of error bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoMinorLocator, FixedLocator
from scipy.special import erf

from nnpp.observables.comparison import Coverage
from nnpp.plotting import style
from nnpp.plotting.decades import log_range, off_scale, scale_log
from nnpp.plotting.style import legend_rows

HEIGHT, LOW, BETWEEN, APART = 2.1, 1.55, 0.08, 0.26
"""Height of the frames in one and in several rows, and distance of two and of rows [inch]."""
MOST = 4
"""Largest number of frames in a row; more systems are drawn in several rows."""
BAND, LEAST = 0.15, 0.6
"""Preferred width per band, and minimum width per system [inch]."""
MICRO_MEV = 0.05
"""Errors that are all below this are drawn in µeV [meV]."""
NUMBER_SPACING = 0.2
"""Minimum distance between band numbers below the axis [inch]."""
ASIDE = 0.16
"""Horizontal shift of the two marks of a band from its number."""
DOT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.4,
    "markeredgewidth": 0.7,
}
MEAN: dict[str, Any] = {"linewidth": 0.8}
FITTED: dict[str, Any] = {"color": style.BLUE, "markerfacecolor": style.BLUE}
HELD_OUT: dict[str, Any] = {"color": style.VERMILLION, "markerfacecolor": "white"}


COVERAGE_WIDTH, COVERAGE_HEIGHT, T_MAX = 2.85, 2.4, 5.0
"""Width and height of the coverage frame [inch], and the largest t drawn."""
NORMAL: dict[str, Any] = {"color": style.GREY, "linestyle": (0, (4, 2)), "linewidth": 0.9}


@dataclass(frozen=True)
class BandErrors:
    """Root-mean-square errors of the bands of one system.

    Attributes:
        name: name of the system.
        fitted_mev: error of each band over the fitted k-points [meV]; NaN if unknown.
        held_out_mev: error of each band over the held-out k-points [meV].
        occupied: number of occupied bands.
    """

    name: str
    fitted_mev: Float[np.ndarray, " band"] | None = None
    held_out_mev: Float[np.ndarray, " band"] | None = None
    occupied: int | None = None

    @property
    def sides(self) -> list[tuple[Float[np.ndarray, " band"], dict[str, Any], float]]:
        """The known errors [meV], their line style, and their shift from the band number."""
        both = self.fitted_mev is not None and self.held_out_mev is not None
        aside = ASIDE if both else 0.0
        known = ((self.fitted_mev, FITTED, -aside), (self.held_out_mev, HELD_OUT, aside))
        return [(mev, look, x) for mev, look, x in known if mev is not None]

    @property
    def count(self) -> int:
        """Number of bands."""
        return max((len(mev) for mev, _, _ in self.sides), default=0)


def figure_errors(systems: Sequence[BandErrors], title: str = "") -> Figure:
    """Return a figure of the errors of each band [meV] with one frame per system.

    Args:
        systems: the errors of each system.
        title: one line above the figure.
    """
    rows = -(-len(systems) // MOST)
    widths = _widths(systems, -(-len(systems) // rows))
    height = HEIGHT if rows == 1 else LOW
    names = [
        style.wrapped(s.name, w - 0.1, style.TEXT)
        for s, w in zip(systems, widths * rows, strict=False)
    ]
    drawn, unit = _in_units(systems)
    limits = _limits(drawn, style.ROW * max(map(len, names)) / height)
    with style.look():
        sheet = style.Sheet(widths, BETWEEN, height, title, rows, APART)
        figure, axes = sheet.draw(1, _legends(systems), _notes(systems))
        for i, (ax, system, name) in enumerate(zip(axes, drawn, names, strict=False)):
            scale_log(ax, *limits)
            _draw(ax, system)
            _scale_bands(ax, system, widths[i % len(widths)])
            ax.text(0.04, 0.975, "\n".join(name), transform=ax.transAxes, va="top")
            ax.set_xlabel("band" if i + len(widths) >= len(systems) else "")
            first = i % len(widths) == 0
            ax.tick_params(axis="y", labelleft=first)
            ax.set_ylabel(f"RMSE ({unit})" if first else "")
        for ax in axes[len(systems) :]:
            ax.remove()
    return figure


def _in_units(systems: Sequence[BandErrors]) -> tuple[list[BandErrors], str]:
    """Return the errors in meV, or in µeV if all are tiny, and the name of the unit."""
    every = [mev[np.isfinite(mev)] for s in systems for mev, _, _ in s.sides]
    if not 0 < max((float(mev.max(initial=0.0)) for mev in every), default=0.0) < MICRO_MEV:
        return list(systems), "meV"

    def micro(mev: np.ndarray | None) -> np.ndarray | None:
        return None if mev is None else 1e3 * mev

    return [
        replace(s, fitted_mev=micro(s.fitted_mev), held_out_mev=micro(s.held_out_mev))
        for s in systems
    ], "µeV"


def _limits(systems: Sequence[BandErrors], free: float) -> tuple[float, float]:
    """Return the range of all errors, with a free part at the top for the names."""
    low, high = log_range(*(mev for s in systems for mev, _, _ in s.sides))
    return low, high * (high / low) ** (free / (1 - free))


def _widths(systems: Sequence[BandErrors], columns: int) -> tuple[float, ...]:
    """Return the widths of the frames, which fill a column or, if needed, a page [inch]."""
    if columns < len(systems):
        free = style.PAGE - style.LEFT - style.RIGHT - BETWEEN * (columns - 1)
        return (free / columns,) * columns
    wanted = np.array([max(LEAST, BAND * (s.count + 1)) for s in systems])
    margins = style.LEFT + style.RIGHT + BETWEEN * (len(systems) - 1)
    fits = wanted.sum() <= style.COLUMN - margins
    available = (style.COLUMN if fits else style.PAGE) - margins
    return tuple((wanted * available / wanted.sum()).tolist())


def _draw(ax: Axes, system: BandErrors) -> None:
    """Draw a mark for each band, and a line at the root mean square of all bands."""
    for mev, look, aside in system.sides:
        band = np.arange(1, len(mev) + 1) + aside
        known = np.isfinite(mev)
        ax.plot(band[known & (mev > 0)], mev[known & (mev > 0)], zorder=3, **DOT, **look)
        off_scale(ax, band[known], mev[known], **DOT | look)
        if known.any():
            ax.axhline(np.sqrt(np.mean(mev[known] ** 2)), color=look["color"], **MEAN)
    if system.occupied is not None and 0 < system.occupied < system.count:
        ax.axvline(
            system.occupied + 0.5, color=style.GREY, linewidth=0.5, linestyle=(0, (4, 3))
        )


def _scale_bands(ax: Axes, system: BandErrors, width: float) -> None:
    """Label the bands with as many numbers as fit below the axis."""
    ax.set_xlim(0.4, system.count + 0.6)
    most = max(1, int(width / NUMBER_SPACING))
    step = next(s for s in (1, 2, 4, 8, 20, 50, system.count) if system.count <= s * most)
    ticks = [n for n in range(1, system.count + 1) if n % step == 0] or [system.count]
    ax.xaxis.set_major_locator(FixedLocator(ticks))


def _legends(systems: Sequence[BandErrors]) -> list[style.Legend]:
    """Return the legend of filled and open marks and of the lines."""
    drawn = [look for s in systems for _, look, _ in s.sides]
    kinds = (("fitted k-points", FITTED), ("held out", HELD_OUT))
    known = {name: look for name, look in kinds if look in drawn}
    legend: style.Legend = {name: Line2D([], [], **DOT, **c) for name, c in known.items()}
    mean = tuple(Line2D([], [], color=look["color"], **MEAN) for look in known.values())
    return legend_rows(legend | {"all bands": mean}, style.COLUMN)


def _notes(systems: Sequence[BandErrors]) -> tuple[str, ...]:
    """Return notes on the triangles and the dashed lines, if there are any."""
    zero = any(np.any(mev == 0) for s in systems for mev, _, _ in s.sides)
    split = any(0 < (s.occupied or 0) < s.count for s in systems)
    notes = {"left of the dashed line: occupied bands": split, "triangles: zero error": zero}
    return tuple(note for note, there in notes.items() if there)


def figure_coverage(
    found: Mapping[str, Coverage], title: str, notes: tuple[str, ...]
) -> Figure:
    """Return a figure of the share of levels within t spreads, compared with a normal error.

    Args:
        found: coverage of each set of levels, by its name in the legend.
        title: one line above the figure.
        notes: lines below it.
    """
    t = np.linspace(0, T_MAX, 400)
    colours = dict(zip(found, style.PALETTE, strict=False))
    legend: style.Legend = {n: Line2D([], [], color=c) for n, c in colours.items()}
    legend["normal distribution"] = Line2D([], [], **NORMAL)
    with style.look():
        sheet = style.Sheet((COVERAGE_WIDTH,), 0.0, COVERAGE_HEIGHT, title)
        figure, (ax,) = sheet.draw(1, [legend], notes)
        ax.plot(t, erf(t / np.sqrt(2)), **NORMAL)
        for name, colour in colours.items():
            ax.plot(t, found[name].share(t), color=colour, drawstyle="steps-post")
        ax.set_xlim(0, T_MAX)
        ax.set_ylim(0, 1.02)
        ax.set_xlabel(r"$|E - E_\mathrm{ref}|\,/\,$spread")
        ax.set_ylabel("fraction of levels")
        ax.xaxis.set_minor_locator(AutoMinorLocator())
        ax.yaxis.set_minor_locator(AutoMinorLocator())
    return figure
