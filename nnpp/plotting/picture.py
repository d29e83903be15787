"""Content of a band figure, in eV from its zero: levels, window, edges, text for the gap."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from nnpp.errors import InputError
from nnpp.observables.bands import Bands
from nnpp.observables.dos import Dos
from nnpp.observables.gaps import Gap
from nnpp.plotting import style
from nnpp.plotting.abscissa import Abscissa, point_name
from nnpp.units import HARTREE_EV

PAIRED = 1e-5
"""Tolerance for equal levels in a file that lists each one twice [hartree]."""
EDGE = 1e-7
"""Tolerance for a level at a band edge [hartree]."""
WINDOW_EV = (-6.0, 6.0)
"""Default window around the valence band maximum [eV]."""
BELOW_EV, ABOVE_EV, MARGIN_EV = 1.0, 6.0, 0.5
"""Full window: below the lowest valence band, above the CBM, above the highest band."""
LOWEST_EV = -9.0
"""The default window reaches down to here at most, so that no band is cut [eV]."""
INSIDE_EV = 2.0
"""The default window reaches at least this far above the conduction band minimum [eV]."""


@dataclass(frozen=True)
class BandPicture:
    """One band structure with everything drawn with it.

    Attributes:
        title: one line above the figure.
        bands: the levels drawn as lines.
        gap: the gap of `bands`, which is marked; None if there is none.
        zero: E = 0 at the valence band maximum, or as in the levels.
        reference: levels drawn as circles, relative to their own maximum if zero is "vbm".
        dos: density of states at the right, with the same energy zero as `bands`.
        window_ev: lowest and highest energy drawn, from the zero [eV]; None for −6 (down to −9
            where a band would be cut) to 6 eV around the valence band maximum, and deeper bands
            in a frame of their own.
        notes: lines below the figure.
        name: name of the lines in the legend.
        reference_name: name of the circles in the legend.
        spread: half width of the shade around each level of `bands` [hartree].
        not_fitted: k-points of the reference that were not fitted, drawn differently.
        colours: of occupied and of empty bands.
        others: bands of other runs in the same figure, which its window includes.
    """

    title: str
    bands: Bands
    gap: Gap | None = None
    zero: Literal["vbm", "absolute"] = "vbm"
    reference: Bands | None = None
    dos: Dos | None = None
    window_ev: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    name: str = "nnpp"
    reference_name: str = "reference"
    spread: Float[np.ndarray, "k band"] | None = None
    not_fitted: Bool[np.ndarray, " refk"] | None = None
    colours: tuple[str, str] = (style.VALENCE, style.CONDUCTION)
    others: tuple[Bands, ...] = ()


@dataclass(frozen=True)
class Marks:
    """Points of a figure: x on its axis, E from its zero [eV], whether they were not fitted."""

    x: Float[np.ndarray, " p"]
    E: Float[np.ndarray, " p ..."]
    not_fitted: Bool[np.ndarray, " p"]

    def __getitem__(self, which: np.ndarray) -> "Marks":
        """Return some of the points."""
        return Marks(self.x[which], self.E[which], self.not_fitted[which])


def valence_top(bands: Bands) -> float:
    """Return the highest occupied level of all k-points [hartree]."""
    if not 0 < bands.occupied <= bands.E.shape[1]:
        raise InputError(
            f"no valence band maximum: {bands.occupied} of {bands.E.shape[1]} bands occupied",
            "set `electrons`, or draw absolute energies",
        )
    return float(np.nanmax(np.asarray(bands.E)[:, : bands.occupied]))


ZERO = {"vbm": valence_top, "absolute": lambda bands: 0.0}
"""Energy zero of a set of bands [hartree]."""


def levels_ev(picture: BandPicture, bands: Bands) -> Float[np.ndarray, "k band"]:
    """Return the levels relative to their own zero [eV]."""
    return (np.asarray(bands.E, float) - ZERO[picture.zero](bands)) * HARTREE_EV


def from_zero_ev(picture: BandPicture, E: np.ndarray) -> np.ndarray:
    """Return energies [hartree] relative to the zero of `picture.bands` [eV]."""
    return (E - ZERO[picture.zero](picture.bands)) * HARTREE_EV


def distinct(bands: Bands) -> Bands:
    """Return bands without the duplicates of a file that lists each level twice."""
    E = np.asarray(bands.E)
    if not bands.spinor or E.shape[1] % 2 or bands.occupied % 2:
        return bands
    if np.nanmax(np.abs(E[:, ::2] - E[:, 1::2])) > PAIRED:
        return bands
    return Bands(bands.kpoints, bands.E[:, ::2], bands.occupied // 2, False)


def window_ev(picture: BandPicture) -> tuple[float, float]:
    """Return the given window, or the default one around the valence band maximum [eV]."""
    if picture.window_ev is not None:
        return picture.window_ev
    if not 0 < picture.bands.occupied <= picture.bands.E.shape[1]:
        return full_window_ev(picture)
    lows, highs = zip(
        *(_window_of(picture, bands) for bands in (picture.bands, *picture.others)),
        strict=True,
    )
    return min(lows), max(highs)


def _window_of(picture: BandPicture, bands: Bands) -> tuple[float, float]:
    """Return the default window of one set of bands [eV]."""
    E, v = levels_ev(picture, bands), bands.occupied
    top, conduction = float(np.nanmax(E[:, :v])), float(E[:, v:].min(initial=np.inf))
    low = max(_low_end(picture, top), float(E.min()) - BELOW_EV)
    high = min(max(top + WINDOW_EV[1], conduction + INSIDE_EV), float(E.max()) + MARGIN_EV)
    return low, high


def _low_end(picture: BandPicture, top: float) -> float:
    """Return the lower end of the default window, at which no band is cut if possible [eV]."""
    low = top + WINDOW_EV[0]
    bottoms = [
        float(of_band.min())
        for E in _all_levels(picture)
        for of_band in E.T
        if of_band.min() < low < of_band.max()
    ]
    end = min(bottoms, default=np.inf) - MARGIN_EV
    return end if top + LOWEST_EV <= end < low else low


def _all_levels(picture: BandPicture) -> list[Float[np.ndarray, "k band"]]:
    """Return the levels of the lines and of the circles [eV]."""
    known = (picture.bands, picture.reference, *picture.others)
    return [levels_ev(picture, bands) for bands in known if bands is not None]


def full_window_ev(picture: BandPicture) -> tuple[float, float]:
    """Return a window with all valence and the lowest conduction bands [eV]."""
    E, v = levels_ev(picture, picture.bands), picture.bands.occupied
    conduction = E[:, v:].min(initial=np.inf)
    return float(E.min()) - BELOW_EV, min(conduction + ABOVE_EV, float(E.max()) + MARGIN_EV)


def deep_window_ev(picture: BandPicture) -> tuple[float, float] | None:
    """Return a window with all levels below the default one [eV]; None if there are none."""
    low = window_ev(picture)[0]
    below = np.concatenate([E[low > E] for E in _all_levels(picture)])
    if picture.window_ev is not None or not below.size:
        return None
    return float(below.min()) - MARGIN_EV, min(low, float(below.max()) + MARGIN_EV)


def fermi_level(picture: BandPicture) -> float:
    """Return the middle of the gap, or the highest occupied level without a gap [hartree]."""
    gap = picture.gap
    return valence_top(picture.bands) if gap is None else (gap.vbm + gap.cbm) / 2


def edges(picture: BandPicture, axis: Abscissa) -> Marks:
    """Return all points at the valence band maximum and the conduction band minimum."""
    gap, E = picture.gap, np.asarray(picture.bands.E, float)
    if gap is None:
        return Marks(np.empty(0), np.empty(0), np.empty(0, bool))
    v, (low, high) = picture.bands.occupied, window_ev(picture)
    top = np.flatnonzero(np.abs(E[:, v - 1] - gap.vbm) < EDGE)
    bottom = np.flatnonzero(np.abs(E[:, v] - gap.cbm) < EDGE)
    x = axis.x[np.concatenate([top, bottom])]
    height = np.repeat([gap.vbm, gap.cbm], [len(top), len(bottom)])
    height = from_zero_ev(picture, height)
    inside = (low <= height) & (height <= high)
    return Marks(x, height, np.zeros(len(x), bool))[inside]


def reference_marks(picture: BandPicture, axis: Abscissa) -> Marks:
    """Return the levels of the reference at the positions of its k-points on the axis."""
    if picture.reference is None:
        return Marks(np.empty(0), np.empty((0, 0)), np.empty(0, bool))
    reference, held = distinct(picture.reference), picture.not_fitted
    which, x = axis.positions(np.asarray(reference.kpoints.fractional, float))
    not_fitted = np.zeros(len(reference.kpoints), bool) if held is None else held
    marks = Marks(x, levels_ev(picture, reference)[which], not_fitted[which])
    return marks[np.argsort(x, kind="stable")]


def remarks(picture: BandPicture, axis: Abscissa) -> tuple[str, ...]:
    """Return the notes of the picture, and a note if it lacks k-points of the reference."""
    if picture.reference is None:
        return picture.notes
    k = np.asarray(picture.reference.kpoints.fractional, float)
    shown = len(np.unique(axis.positions(k)[0]))
    if shown == len(k):
        return picture.notes
    note = f"{picture.reference_name}: {shown} of {len(k)} k-points are drawn"
    return (*picture.notes, note)


def gap_text(picture: BandPicture, axis: Abscissa) -> tuple[str, str]:
    """Return width and position of the gap as text: ("1.90 eV", "direct at Γ")."""
    gap, kpoints = picture.gap, picture.bands.kpoints
    if gap is None:
        return "", ""
    top, bottom = (point_name(kpoints, axis, at) for at in (gap.at_vbm, gap.at_cbm))
    where = f"direct at {top}" if gap.direct else f"indirect, {top} → {bottom}"
    if gap.width <= 0:
        return "none", f"bands overlap by {-gap.width * HARTREE_EV:.2f} eV"
    return f"{gap.width * HARTREE_EV:.2f} eV", where
