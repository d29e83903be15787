"""Gaps: the band gap, the spin-orbit splitting at Γ, and groups of bands separated by gaps.

E_g = min_k E_c(k) − max_k E_v(k) over the given k-points
Δ   = E(Γ8) − E(Γ7) of the valence band top of a zinc-blende crystal
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.errors import InputError
from nnpp.observables.bands import Bands

SAME_K = 1e-6
"""Two k-points are one when their coordinates agree to this, up to whole numbers."""

SAME_ENERGY = 1e-9
"""Edges at partners of a star, which only rounding sets apart, agree to this [hartree]."""


@dataclass(frozen=True)
class Gap:
    """Band edges [hartree] and where they lie (places in the list of k-points)."""

    vbm: float
    cbm: float
    at_vbm: int
    at_cbm: int
    direct: bool

    @property
    def width(self) -> float:
        """E_g; negative when the bands overlap [hartree]."""
        return self.cbm - self.vbm


def gap(bands: Bands) -> Gap:
    """Valence band maximum, conduction band minimum, and whether they meet at one k."""
    E, v = np.asarray(bands.E), bands.occupied
    if not 0 < v < E.shape[1]:
        raise InputError(
            f"{E.shape[1]} bands, of which {v} are occupied, leave no gap to look for",
            f"ask for more than {v} bands, or state `electrons`",
        )
    at_vbm, at_cbm = int(E[:, v - 1].argmax()), int(E[:, v].argmin())
    vbm, cbm = float(E[at_vbm, v - 1]), float(E[at_cbm, v])
    vertical = E[:, v] - E[:, v - 1]
    if vertical.min() - (cbm - vbm) < SAME_ENERGY:
        at_vbm = at_cbm = int(vertical.argmin())
    k = np.asarray(bands.kpoints.fractional)
    apart = k[at_vbm] - k[at_cbm]
    direct = bool(np.all(np.abs(apart - np.round(apart)) < SAME_K))
    return Gap(vbm, cbm, at_vbm, at_cbm, direct)


def direct_gap_at(bands: Bands, k: int) -> Float[Array, ""]:
    """E_c(k) − E_v(k) at one of the k-points; differentiable [hartree]."""
    return bands.E[k, bands.occupied] - bands.E[k, bands.occupied - 1]


NEEDED = "the splitting needs all filled levels at Γ, six or more"


def spin_orbit_splitting(bands: Bands) -> Float[Array, ""]:
    """The splitting at the first Γ among the k-points [hartree]."""
    return splitting_at(bands, bands.kpoints.require_gamma)


def splitting_at(bands: Bands, gamma: int) -> Float[Array, ""]:
    """Mean of the four upper minus mean of the two lower of the six highest filled levels at Γ.

    Positive for the usual order [hartree]; zero without spin-orbit. Means, so that its
    derivative exists at the multiplets. An inverted pair (Γ7 above) comes out negative.
    """
    doubled = bands.doubled()
    if not 6 <= doubled.occupied <= doubled.E.shape[1]:
        raise InputError(NEEDED, f"ask for {bands.occupied} bands or more")
    E = doubled.E[gamma, doubled.occupied - 6 : doubled.occupied]
    quartet_below = E[4] - E[3] > E[2] - E[1]
    inverted, usual = E[:4].mean() - E[4:].mean(), E[2:].mean() - E[:2].mean()
    return jnp.where(quartet_below, inverted, usual)


APART, WIDE = 1e-3, 1e-2
"""A gap between two groups, and one that parts closed shells from others [hartree]."""

CLEARLY = 3.0
"""The gaps about closed shells are so many times as wide as those of any other choice."""

DEEP = 1.1
"""So far below the valence top [hartree] there are closed shells only; 2s of F lies at 0.9."""

Run = tuple[int, int]
"""The first of some bands in a row, from 0, and the one after their last."""


def _gaps(E: Float[np.ndarray, "k band"]) -> Float[np.ndarray, " gap"]:
    """The gap above each band but the last, over all k; negative where bands overlap."""
    return E[:, 1:].min(axis=0) - E[:, :-1].max(axis=0)


def groups(E: Float[np.ndarray, "k band"]) -> list[Run]:
    """The groups of bands in rising order."""
    starts = [0, *(int(i) + 1 for i in np.flatnonzero(_gaps(E) > APART))]
    return list(zip(starts, [*starts[1:], E.shape[1]], strict=True))


def closed_shells(
    E: Float[np.ndarray, "k band"], occupied: int, count: int
) -> tuple[Run, ...] | None:
    """The `count` bands that are closed shells, as 4d of Cd, which a program counts as valence.

    All that are deep, and then a row of bands that wide gaps part from the others. None where
    they are too many, or where several rows would do.
    """
    top = E[:, :occupied].max()
    deep = int((E[:, :occupied].max(axis=0) < top - DEEP).sum())
    if deep >= count:
        return ((0, count),) if deep == count else None
    rest = _parted(E[:, deep:], occupied - deep, count - deep)
    if rest is None:
        return None
    run = (rest + deep, rest + count)
    if not deep:
        return (run,)
    return ((0, run[1]),) if run[0] == deep else ((0, deep), run)


def _parted(E: Float[np.ndarray, "k band"], occupied: int, count: int) -> int | None:
    """Where the row of `count` bands below the valence top starts that wide gaps part.

    A gap within the row that is wider still tells of two shells, and others may lie between.
    """
    gaps = _gaps(E)
    above = np.concatenate([[np.inf], gaps])
    first = np.arange(max(occupied - count, 0))
    narrower = np.minimum(above[first], above[first + count])
    if not (narrower > WIDE).any():
        return None
    second, best = np.sort(np.append(narrower, 0.0))[-2:]
    start = int(narrower.argmax())
    within = gaps[start : start + count - 1].max(initial=0.0)
    return start if best > max(CLEARLY * second, within) else None
