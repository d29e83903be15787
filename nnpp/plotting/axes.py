"""One plot in an Axes of the user, or in a new pyplot figure, which notebooks show."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nnpp.observables.dos import Dos
from nnpp.observables.optics import Optics
from nnpp.plotting import style
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.bands import EDGE, draw_levels, scale_bands
from nnpp.plotting.picture import BandPicture, edges, gap_text, levels_ev
from nnpp.plotting.potential import Q_AXIS, V_Q_AXIS, PotentialCurves, draw_q, scale_across
from nnpp.units import HARTREE_EV

SIZE = (4.4, 3.2)
"""Width and height of a new figure [inch]."""


@contextmanager
def _on(ax: Axes | None, title: str) -> Iterator[Axes]:
    """Yield the Axes; a new figure has nnpp's style and a title, a given one keeps its own."""
    if ax is not None:
        yield ax
        return
    with style.look():
        figure, new = pyplot.subplots(figsize=SIZE, layout="constrained", dpi=150)
        new.set_title(title, loc="left", fontsize=style.TEXT + 1)
        yield new
        figure.canvas.draw_idle()


def plot_bands(picture: BandPicture, ax: Axes | None = None) -> Axes:
    """Draw a band structure with its gap [eV]; return the Axes.

    Args:
        picture: the bands and the window of energies.
        ax: where to draw; None for a new figure.
    """
    axis = abscissa(picture.bands.kpoints)
    with _on(ax, picture.title) as on:
        draw_levels(on, axis, levels_ev(picture, picture.bands), picture.bands.occupied)
        at, (width, where) = edges(picture, axis), gap_text(picture, axis)
        on.plot(at.x, at.E, zorder=4, **EDGE)
        scale_bands(on, picture, axis)
        if width and ax is None:
            mark = Line2D([], [], **EDGE)
            text = rf"$E_\mathrm{{g}}$ = {width}, {where}"
            on.legend([mark], [text], loc="upper center", bbox_to_anchor=(0.5, -0.08))
    return on


def plot_dos(dos: Dos, zero: float, title: str, ax: Axes | None = None) -> Axes:
    """Draw a density of states against E − zero [states/eV/cell]; return the Axes.

    Args:
        dos: the density of states.
        zero: the zero of energy [hartree].
        title: the title of a new figure.
        ax: where to draw; None for a new figure.
    """
    E = (dos.energy - zero) * HARTREE_EV
    with _on(ax, title) as on:
        full = E <= 0
        on.fill_between(E[full], dos.density[full] / HARTREE_EV, color=style.VALENCE, alpha=0.2)
        on.plot(E, dos.density / HARTREE_EV, color=style.BLACK, label="total")
        for (name, part), colour in zip(dos.atoms.items(), style.PALETTE, strict=False):
            on.plot(E, part / HARTREE_EV, color=colour, linewidth=0.8, label=f"on {name} atoms")
        on.set(xlabel=r"$E - E_\mathrm{VBM}$ (eV)", ylabel="states/eV/cell")
        on.set_xlim(float(E[0]), float(E[-1]))
        on.set_ylim(bottom=0.0)
        on.legend(frameon=False)
    return on


def plot_optics(optics: Optics, top: float, title: str, ax: Axes | None = None) -> Axes:
    """Draw ε₂ and ε₁, averaged over directions, against the photon energy; return the Axes.

    Args:
        optics: the spectra.
        top: the highest energy drawn [hartree].
        title: the title of a new figure.
        ax: where to draw; None for a new figure.
    """
    shown = optics.energy <= top
    w = optics.energy[shown] * HARTREE_EV
    with _on(ax, title) as on:
        both = (("ε₂", optics.imaginary, style.BLUE), ("ε₁", optics.real, style.ORANGE))
        for name, tensor, colour in both:
            on.plot(w, np.einsum("eii->e", tensor)[shown] / 3, color=colour, label=name)
        on.axhline(0.0, color=style.GREY, linewidth=0.5, zorder=0.5)
        on.set(xlabel=r"$\hbar\omega$ (eV)", ylabel=r"$\varepsilon$", xlim=(0.0, float(w[-1])))
        on.legend(frameon=False)
    return on


def plot_potential(curves: PotentialCurves, ax: Axes | None = None) -> Axes:
    """Draw v(q) of every element, dashed for the form it starts from; return the Axes.

    Args:
        curves: the form factors.
        ax: where to draw; None for a new figure.
    """
    with _on(ax, curves.title) as on:
        for these, stroke in curves.strokes:
            draw_q(on, these, curves.colours, stroke)
        scale_across(on, curves.q, Q_AXIS, V_Q_AXIS)
        names = {s: Line2D([], [], color=c) for s, c in curves.colours.items()}
        if len(curves.strokes) > 1:
            of_line = {c.name: Line2D([], [], color=style.DARK, **s) for c, s in curves.strokes}
            names |= of_line
        on.legend(list(names.values()), list(names), frameon=False)
    return on
