"""The levels of a dot near its gap: a figure, and the page that opens without a network.

Each level is a line: those of a multiplet side by side, occupied ones below the gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import AutoMinorLocator, FixedLocator

from nnpp.dots.levels import Levels
from nnpp.files.templates import render
from nnpp.plotting import style
from nnpp.plotting.charts import Chart
from nnpp.units import HARTREE_EV

WIDTH, NARROW, HEIGHT, GAP = 1.7, 1.15, 2.8, 0.1
"""Width of both frames, their height, and the distance between them [inch]."""

LINE, BETWEEN = 0.8, 0.2
"""Length of a level and the distance of two in a multiplet, in units of the widest one."""


@dataclass(frozen=True)
class LevelPicture:
    """What is drawn of a dot.

    Attributes:
        levels: the states near the gap.
        title: its name.
        facts: names and values of the table on its page.
    """

    levels: Levels
    title: str
    facts: Sequence[tuple[str, str]] = ()

    @property
    def energies(self) -> np.ndarray:
        """Energies [eV]."""
        return self.levels.E * HARTREE_EV

    @property
    def range(self) -> tuple[float, float]:
        """Energies that are drawn [eV]."""
        margin = 0.06 * float(np.ptp(self.energies)) or 0.1
        return float(self.energies[0] - margin), float(self.energies[-1] + margin)


def figure_levels(picture: LevelPicture) -> Figure:
    """Return a figure: levels as lines, and the part of each state at the surface."""
    levels, E = picture.levels, picture.energies
    note = f"gap {levels.gap * HARTREE_EV:.3f} eV; HOMO {levels.homo * HARTREE_EV:.3f} eV, "
    note += f"LUMO {levels.lumo * HARTREE_EV:.3f} eV"
    with style.look():
        sheet = style.Sheet((WIDTH, NARROW), GAP, HEIGHT, picture.title)
        figure, (left, right) = sheet.draw(1, (), (note,))
        for x, y, color in zip(_places(levels), E, _colors(levels), strict=True):
            left.plot([x - LINE / 2, x + LINE / 2], [y, y], color=color, lw=1.2)
        widest = float(np.max(np.abs(_places(levels)))) + 0.8
        left.set(xlim=(-widest, widest), ylim=picture.range, ylabel="E (eV)", xticks=[])
        _mark_gap(left, levels, widest)
        right.scatter(levels.surface, E, s=12, c=_colors(levels), lw=0)
        right.set(xlim=(-0.04, 1.04), ylim=picture.range, xlabel="share at the surface")
        right.tick_params(labelleft=False)
        right.xaxis.set_major_locator(FixedLocator([0, 0.5, 1]))
        for ax in (left, right):
            ax.yaxis.set_minor_locator(AutoMinorLocator(2))
    return figure


def _mark_gap(ax: Axes, levels: Levels, widest: float) -> None:
    """Draw an arrow over the gap."""
    ends = {"arrowstyle": "<->", "color": style.GREY, "lw": 0.8, "shrinkA": 1, "shrinkB": 1}
    x = -0.85 * widest
    at = (x, levels.homo * HARTREE_EV), (x, levels.lumo * HARTREE_EV)
    ax.annotate("", at[1], at[0], arrowprops=ends)


def _places(levels: Levels) -> np.ndarray:
    """Return the horizontal place of each level: those of a multiplet side by side."""
    multiplets = levels.multiplets
    x = np.zeros(len(multiplets))
    for one in np.unique(multiplets):
        members = np.flatnonzero(multiplets == one)
        x[members] = (np.arange(len(members)) - (len(members) - 1) / 2) * (LINE + BETWEEN)
    return x


def _colors(levels: Levels) -> list[str]:
    """Return the colour of each level."""
    above = len(levels.E) - levels.valence
    return [style.VALENCE] * levels.valence + [style.CONDUCTION] * above


def levels_chart(picture: LevelPicture) -> Chart:
    """Return the chart of a page: energy against the share at the surface."""
    levels, v = picture.levels, picture.levels.valence
    series = []
    for name, color, part in (
        ("occupied", "valence", slice(None, v)),
        ("empty", "conduction", slice(v, None)),
    ):
        series.append(
            {
                "name": name,
                "group": name,
                "color": color,
                "kind": "dots",
                "filled": 4,
                "hover": "{t}: {y} eV, {x} at the surface",
                "panel": 0,
                "legend": True,
                "breaks": [],
                "first": 1,
                "x": np.round(levels.surface[part], 4).tolist(),
                "y": [np.round(picture.energies[part], 5).tolist()],
                "text": list(levels.names[part]),
            }
        )
    panel = {"range": [0.0, 1.0], "label": "share at the surface", "weight": 1}
    y = {"label": "E (eV)", "range": list(picture.range), "log": False}
    label = f"levels of {picture.title}"
    return {
        "label": label, "height": 420, "panels": [panel], "y": y, "series": series,
        "zero": False,
    }  # fmt: skip


HEADS = (
    "state", "E (eV)", "residual (eV)", "bound (eV)", "participation", "core", "surface",
    "multiplet",
)  # fmt: skip


def level_rows(levels: Levels) -> list[tuple[str, ...]]:
    """Return the cells of the table of levels, the highest state first."""
    columns = (
        levels.names,
        [f"{x * HARTREE_EV:.6f}" for x in levels.E],
        [f"{x * HARTREE_EV:.1e}" for x in levels.residual],
        [f"{x * HARTREE_EV:.1e}" for x in levels.error],
        *([f"{x:.3f}" for x in y] for y in (levels.participation, levels.core, levels.surface)),
        [str(x) for x in levels.multiplets],
    )
    return list(zip(*columns, strict=True))[::-1]


def page_levels(picture: LevelPicture) -> str:
    """Return the page of a dot as one HTML file."""
    page = {
        "title": picture.title,
        "facts": picture.facts,
        "heads": HEADS,
        "rows": level_rows(picture.levels),
        "gap_before": len(picture.levels.E) - picture.levels.valence,
        "charts": {"levels": levels_chart(picture)},
    }
    return render("dot.html", page=page)
