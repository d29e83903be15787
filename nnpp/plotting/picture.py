"""What a band figure shows, in eV from its zero: levels, window, edges, words for the gap."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from nnpp.errors import InputError
from nnpp.observables.bands import Bands
from nnpp.observables.dos import Dos
from nnpp.observables.gaps import Gap
from nnpp.plotting.abscissa import Abscissa, named
from nnpp.units import HARTREE_EV

PAIRED = 1e-5
"""Two levels of a doubled file are one when they agree to this [hartree]."""
EDGE = 1e-7
"""A level stands at a band edge when it agrees with it to this [hartree]."""
BELOW_EV, ABOVE_EV, ROOM_EV = 1.0, 6.0, 0.5
"""Default window: below the lowest valence band, above the CBM, above the highest band."""


@dataclass(frozen=True)
class BandPicture:
    """One band structure and what stands beside it.

    Attributes:
        title: one line above the figure.
        bands: the levels drawn as lines.
        gap: the gap of `bands`, to be marked.
        zero: where E = 0 lies: at the valence top, or where the levels have it.
        reference: levels drawn as circles, from their own valence top if zero is "vbm".
        dos: drawn beside the bands, on the same absolute energies as `bands`.
        window_ev: lowest and highest energy shown, from the zero [eV].
        notes: lines below the figure.
        name: what the lines are called.
        reference_name: what the circles are called.
        spread: half the width of a shade around each level of `bands` [hartree].
        unseen: the k-points of the reference that the fit never saw, drawn differently.
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
    unseen: Bool[np.ndarray, " refk"] | None = None


@dataclass(frozen=True)
class Marks:
    """Points of a figure: x as on its axis, E from its zero [eV], whether no fit saw them."""

    x: Float[np.ndarray, " p"]
    E: Float[np.ndarray, " p ..."]
    unseen: Bool[np.ndarray, " p"]

    def __getitem__(self, which: np.ndarray) -> "Marks":
        """Some of the points."""
        return Marks(self.x[which], self.E[which], self.unseen[which])


def valence_top(bands: Bands) -> float:
    """The highest occupied level of all k-points [hartree]."""
    if not 0 < bands.occupied <= bands.E.shape[1]:
        raise InputError(
            f"{bands.occupied} of {bands.E.shape[1]} bands occupied leave no valence top",
            "state `electrons`, or draw absolute energies",
        )
    return float(np.nanmax(np.asarray(bands.E)[:, : bands.occupied]))


ZERO = {"vbm": valence_top, "absolute": lambda bands: 0.0}
"""Where E = 0 lies in a set of bands [hartree]."""


def levels_ev(picture: BandPicture, bands: Bands) -> Float[np.ndarray, "k band"]:
    """Levels from the zero of the picture, taken in the bands themselves [eV]."""
    return (np.asarray(bands.E, float) - ZERO[picture.zero](bands)) * HARTREE_EV


def from_zero_ev(picture: BandPicture, E: np.ndarray) -> np.ndarray:
    """Energies that `picture.bands` and `picture.dos` share, from the zero [eV]."""
    return (E - ZERO[picture.zero](picture.bands)) * HARTREE_EV


def distinct(bands: Bands) -> Bands:
    """Levels that a file wrote twice, once each; others as they are."""
    E = np.asarray(bands.E)
    if not bands.spinor or E.shape[1] % 2 or bands.occupied % 2:
        return bands
    if np.nanmax(np.abs(E[:, ::2] - E[:, 1::2])) > PAIRED:
        return bands
    return Bands(bands.kpoints, bands.E[:, ::2], bands.occupied // 2, False)


def window_ev(picture: BandPicture) -> tuple[float, float]:
    """The window given, or the valence bands and the lowest conduction bands [eV]."""
    if picture.window_ev is not None:
        return picture.window_ev
    E, v = levels_ev(picture, picture.bands), picture.bands.occupied
    conduction = E[:, v:].min(initial=np.inf)
    return float(E.min()) - BELOW_EV, min(conduction + ABOVE_EV, float(E.max()) + ROOM_EV)


def filled_to(picture: BandPicture) -> float:
    """Up to where states are full: the middle of the gap, else the valence top [hartree]."""
    gap = picture.gap
    return valence_top(picture.bands) if gap is None else (gap.vbm + gap.cbm) / 2


def edges(picture: BandPicture, axis: Abscissa) -> Marks:
    """Every place of the valence band maximum and conduction band minimum."""
    gap, E = picture.gap, np.asarray(picture.bands.E, float)
    if gap is None:
        return Marks(np.empty(0), np.empty(0), np.empty(0, bool))
    v, (low, high) = picture.bands.occupied, window_ev(picture)
    top = np.flatnonzero(np.abs(E[:, v - 1] - gap.vbm) < EDGE)
    bottom = np.flatnonzero(np.abs(E[:, v] - gap.cbm) < EDGE)
    x = axis.x[np.concatenate([top, bottom])]
    height = np.repeat([gap.vbm, gap.cbm], [len(top), len(bottom)])
    height = from_zero_ev(picture, height)
    seen = (low <= height) & (height <= high)
    return Marks(x, height, np.zeros(len(x), bool))[seen]


def reference_marks(picture: BandPicture, axis: Abscissa) -> Marks:
    """The reference, at the places of the axis where its k-points lie."""
    if picture.reference is None:
        return Marks(np.empty(0), np.empty((0, 0)), np.empty(0, bool))
    reference, held = distinct(picture.reference), picture.unseen
    which, x = axis.places(np.asarray(reference.kpoints.fractional, float))
    unseen = np.zeros(len(reference.kpoints), bool) if held is None else held
    marks = Marks(x, levels_ev(picture, reference)[which], unseen[which])
    return marks[np.argsort(x, kind="stable")]


def remarks(picture: BandPicture, axis: Abscissa) -> tuple[str, ...]:
    """The notes of the picture, and what of the reference it cannot show."""
    if picture.reference is None:
        return picture.notes
    k = np.asarray(picture.reference.kpoints.fractional, float)
    shown = len(np.unique(axis.places(k)[0]))
    if shown == len(k):
        return picture.notes
    lost = f"{picture.reference_name}: {shown} of {len(k)} k-points are among those drawn"
    return (*picture.notes, lost)


def gap_words(picture: BandPicture, axis: Abscissa) -> tuple[str, str]:
    """The gap in figures, and where: ("1.90 eV", "direct at Γ")."""
    gap, kpoints = picture.gap, picture.bands.kpoints
    if gap is None:
        return "", ""
    top, bottom = (named(kpoints, axis, at) for at in (gap.at_vbm, gap.at_cbm))
    where = f"direct at {top}" if gap.direct else f"indirect, {top} → {bottom}"
    if gap.width <= 0:
        return "none", f"bands overlap by {-gap.width * HARTREE_EV:.2f} eV"
    return f"{gap.width * HARTREE_EV:.2f} eV", where
