"""Error of every band of every system: root mean squares over k, of the fit and held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from nnpp.plotting import style
from nnpp.plotting.decades import off_scale, reach, scale_log
from nnpp.plotting.style import rows

HEIGHT, BETWEEN = 2.1, 0.08
"""Height of the frames, and room between two [inch]."""
BAND, LEAST = 0.15, 0.6
"""Room that a band would like, and the least that a system would [inch]."""
NUMBERS_APART = 0.2
"""Numbers of bands under the axis stand at least this far apart [inch]."""
ASIDE = 0.16
"""The two marks of a band stand this far beside its number."""
DOT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.4,
    "markeredgewidth": 0.7,
}
MEAN: dict[str, Any] = {"linewidth": 0.8}
FITTED: dict[str, Any] = {"color": style.BLUE, "markerfacecolor": style.BLUE}
HELD_OUT: dict[str, Any] = {"color": style.VERMILLION, "markerfacecolor": "white"}


@dataclass(frozen=True)
class BandErrors:
    """How far the bands of one system are from their reference.

    Attributes:
        name: of the system.
        fitted_mev: of each band over the k-points of the fit [meV]; NaN where unknown.
        held_out_mev: over k-points that the fit never saw [meV].
        occupied: how many of the bands are full.
    """

    name: str
    fitted_mev: Float[np.ndarray, " band"] | None = None
    held_out_mev: Float[np.ndarray, " band"] | None = None
    occupied: int | None = None

    @property
    def sides(self) -> list[tuple[Float[np.ndarray, " band"], dict[str, Any], float]]:
        """The errors known [meV], how they are drawn, and how far beside the band."""
        both = self.fitted_mev is not None and self.held_out_mev is not None
        aside = ASIDE if both else 0.0
        known = ((self.fitted_mev, FITTED, -aside), (self.held_out_mev, HELD_OUT, aside))
        return [(mev, look, x) for mev, look, x in known if mev is not None]

    @property
    def count(self) -> int:
        """The number of bands."""
        return max((len(mev) for mev, _, _ in self.sides), default=0)


def figure_errors(systems: Sequence[BandErrors], title: str = "") -> Figure:
    """Draw the errors [meV] of each band on one logarithmic axis, a frame for each system."""
    widths = _widths(systems)
    names = [style.wrapped(s.name, w, style.TEXT) for s, w in zip(systems, widths, strict=True)]
    every = [mev for s in systems for mev, _, _ in s.sides]
    with style.look():
        sheet = style.Sheet(widths, BETWEEN, HEIGHT, title)
        figure, axes = sheet.draw(max(map(len, names)), _legends(systems), _notes(systems))
        for ax, system, name, width in zip(axes, systems, names, widths, strict=True):
            scale_log(ax, *reach(*every))
            _draw(ax, system)
            _scale_bands(ax, system, width)
            ax.set_xlabel("\n".join(name))
            ax.tick_params(axis="y", labelleft=ax is axes[0])
        axes[0].set_ylabel("RMSE of each band (meV)")
    return figure


def _widths(systems: Sequence[BandErrors]) -> tuple[float, ...]:
    """Widths of the frames: together a column, or a page where that is too narrow [inch]."""
    wanted = np.array([max(LEAST, BAND * (s.count + 1)) for s in systems])
    besides = style.LEFT + style.RIGHT + BETWEEN * (len(systems) - 1)
    fits = wanted.sum() <= style.COLUMN - besides
    room = (style.COLUMN if fits else style.PAGE) - besides
    return tuple((wanted * room / wanted.sum()).tolist())


def _draw(ax: Axes, system: BandErrors) -> None:
    """A mark for each band, and a line at the root mean square of all."""
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
    """Numbers of the bands, as many as there is room for."""
    ax.set_xlim(0.4, system.count + 0.6)
    room = max(1, int(width / NUMBERS_APART))
    step = next(s for s in (1, 2, 4, 8, 20, 50, system.count) if system.count <= s * room)
    ticks = [n for n in range(1, system.count + 1) if n % step == 0] or [system.count]
    ax.xaxis.set_major_locator(FixedLocator(ticks))


def _legends(systems: Sequence[BandErrors]) -> list[style.Legend]:
    """The row below the frames: what filled and open marks are, and the lines."""
    drawn = [look for s in systems for _, look, _ in s.sides]
    kinds = (("k-points of the fit", FITTED), ("held out", HELD_OUT))
    known = {name: look for name, look in kinds if look in drawn}
    legend: style.Legend = {name: Line2D([], [], **DOT, **c) for name, c in known.items()}
    mean = tuple(Line2D([], [], color=look["color"], **MEAN) for look in known.values())
    return rows(legend | {"all bands": mean}, style.COLUMN)


def _notes(systems: Sequence[BandErrors]) -> tuple[str, ...]:
    """What the triangles and the dashed lines mean, where there are any."""
    zero = any(np.any(mev == 0) for s in systems for mev, _, _ in s.sides)
    split = any(0 < (s.occupied or 0) < s.count for s in systems)
    notes = {"left of the dashed line: occupied bands": split, "triangles: no error": zero}
    return tuple(note for note, there in notes.items() if there)
