"""Frames one below the other, and legends in as many rows as their width asks for."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from nnpp.plotting import style

HANDLE, APART = 2.6, 1.4
"""The mark of a legend with the space after it, and the space after its name, in font sizes."""


def frame_below(axes: Sequence[Axes], height: float, gap: float) -> Axes:
    """Shorten frames that stand side by side, for one more under all of them [inch]."""
    figure = axes[0].get_figure(root=True)
    assert figure is not None, "a frame is part of a figure"
    whole = figure.get_size_inches()[1]
    first, last = axes[0].get_position(), axes[-1].get_position()
    for ax in axes:
        at = ax.get_position()
        raised = at.y0 + (height + gap) / whole
        ax.set_position((at.x0, raised, at.width, at.y1 - raised))
    return figure.add_axes((first.x0, first.y0, last.x1 - first.x0, height / whole))


def rows(legend: style.Legend, width: float) -> list[style.Legend]:
    """A legend in rows that fit into `width` [inch]."""
    broken: list[style.Legend] = [{}]
    free = whole = width + APART * style.TEXT / 72
    for name, mark in legend.items():
        wide = (HANDLE + APART + style.LETTER * len(name)) * style.TEXT / 72
        if wide > free and broken[-1]:
            broken.append({})
            free = whole
        broken[-1][name] = mark
        free -= wide
    return [row for row in broken if row]
