"""Figure of optical spectra: ε₁, ε₂ and the absorption against the photon energy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import AutoMinorLocator

from nnpp.observables.optics import Optics
from nnpp.plotting import style
from nnpp.units import HARTREE_EV, PER_CM

FRAME, BETWEEN, HEIGHT = 2.85, 0.66, 2.1
"""Width of a frame, distance between the two, and height [inch]."""
AXES: dict[str, dict[str, Any]] = {
    "": {"linestyle": "-"},
    "∥ c": {"linestyle": (0, (4, 2))},
}
LEAST = 1e3
"""Minimum absorption that is drawn [cm⁻¹]."""
ALIKE = 1e-3
"""Directions whose ε₂ agrees to this fraction of its maximum are drawn as one curve."""


@dataclass(frozen=True)
class OpticsPicture:
    """The content of the figure.

    Attributes:
        optics: spectra of one crystal.
        top: highest energy drawn [hartree].
        title: one line above the figure.
        notes: lines below it.
    """

    optics: Optics
    top: float
    title: str
    notes: tuple[str, ...] = ()


def figure_optics(picture: OpticsPicture) -> Figure:
    """Return the figure; uniaxial crystals have two curves, perpendicular and parallel to c.

    Args:
        picture: the content of the figure.
    """
    found, shown = picture.optics, picture.optics.energy <= picture.top
    w = found.energy[shown] * HARTREE_EV
    two = {"": slice(0, 2), "∥ c": slice(2, 3)} if _uniaxial(found) else {"": slice(0, 3)}
    curves: style.Legend = {}
    with style.look():
        sheet = style.Sheet((FRAME, FRAME), BETWEEN, HEIGHT, picture.title)
        names = [f"{e}{_across(two)}" for e in ("ε₂", "ε₁")]
        for colour, e in zip((style.BLUE, style.ORANGE), names, strict=True):
            curves[e] = Line2D([], [], color=colour)
        if len(two) > 1:
            curves["∥ c"] = Line2D([], [], color=style.DARK, **AXES["∥ c"])
        figure, axes = sheet.draw(1, [curves], picture.notes)
        for which, along in two.items():
            for e, colour in ((found.imaginary, style.BLUE), (found.real, style.ORANGE)):
                mean = np.einsum("eii->ei", e)[shown][:, along].mean(axis=1)
                axes[0].plot(w, mean, color=colour, **AXES[which])
        _absorption(axes[1], found, w, shown)
        axes[0].axhline(0.0, color=style.GREY, linewidth=0.5, zorder=0.5)
        axes[0].set_ylabel(r"$\varepsilon$")
        axes[0].yaxis.set_minor_locator(AutoMinorLocator())
        for ax in axes:
            ax.set_xlim(0.0, float(w[-1]))
            ax.set_xlabel(r"$\hbar\omega$ (eV)")
            ax.xaxis.set_minor_locator(AutoMinorLocator())
    return figure


def _across(two: dict[str, slice]) -> str:
    """Return the suffix for the solid lines."""
    return " ⊥ c" if len(two) > 1 else ""


def _uniaxial(found: Optics) -> bool:
    """Return whether ε along z differs from ε along x and y, which are equal."""
    x, y, z = (found.imaginary[:, i, i] for i in range(3))
    most = ALIKE * max(np.abs(z).max(), np.abs(x).max())
    return bool(np.abs(x - z).max() > most >= np.abs(x - y).max())


def _absorption(ax: Axes, found: Optics, w: np.ndarray, shown: np.ndarray) -> None:
    """Draw α on a logarithmic axis [cm⁻¹], averaged over directions."""
    alpha = found.absorption[shown] * PER_CM
    ax.semilogy(w, np.where(alpha > LEAST, alpha, np.nan), color=style.DARK)
    ax.set_ylim(LEAST, 3 * max(alpha.max(), LEAST))
    ax.set_ylabel(r"$\alpha$ (cm$^{-1}$)")
