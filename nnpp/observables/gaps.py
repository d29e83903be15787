"""Gaps: the band gap, the spin-orbit splitting at Γ, and groups of bands separated by gaps.

E_g = min_k E_c(k) − max_k E_v(k) over the given k-points
Δ   = E(Γ8) − E(Γ7) of the valence band top of a zinc-blende crystal
"""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.devices.tracing import concrete, differentiated
from nnpp.errors import InputError
from nnpp.observables.bands import Bands

SAME_K = 1e-6
"""k-points are equal if their coordinates agree to this, up to integers."""

MULTIPLET = 1e-7
"""Levels at one k-point that differ by less are one multiplet [hartree]."""

SAME_ENERGY = 1e-9
"""Band edges at equivalent k-points agree to this; they differ by rounding only [hartree]."""


@dataclass(frozen=True)
class Gap:
    """The band edges of a set of k-points.

    Attributes:
        vbm: valence band maximum [hartree]; an array if JAX differentiates it.
        cbm: conduction band minimum [hartree]; likewise.
        at_vbm: index of the k-point of the valence band maximum.
        at_cbm: index of the k-point of the conduction band minimum.
        direct: whether both are at the same k.
    """

    vbm: Any
    cbm: Any
    at_vbm: int
    at_cbm: int
    direct: bool

    @property
    def width(self) -> Any:
        """The gap E_g, negative if the bands overlap [hartree]."""
        return self.cbm - self.vbm


def gap(bands: Bands) -> Gap:
    """Return the band edges over the k-points of `bands`; differentiable.

    The derivative of an edge that is a multiplet is the mean over its levels; of a partly
    occupied multiplet, over its occupied or its empty levels.

    Raises:
        InputError: if there is no occupied or no empty band.
    """
    E, v = np.asarray(concrete(bands.E, "a level")), bands.occupied
    if not 0 < v < E.shape[1]:
        raise InputError(
            f"{E.shape[1]} bands, of which {v} are occupied, have no gap",
            f"request more than {v} bands, or set `electrons`",
        )
    at_vbm, at_cbm = int(E[:, v - 1].argmax()), int(E[:, v].argmin())
    vbm, cbm = float(E[at_vbm, v - 1]), float(E[at_cbm, v])
    vertical = E[:, v] - E[:, v - 1]
    if vertical.min() - (cbm - vbm) < SAME_ENERGY:
        at_vbm = at_cbm = int(vertical.argmin())
    k = np.asarray(concrete(bands.kpoints.fractional, "a k-point"))
    apart = k[at_vbm] - k[at_cbm]
    direct = bool(np.all(np.abs(apart - np.round(apart)) < SAME_K))
    if differentiated(bands.E):
        vbm = _mean(bands.E[at_vbm, :v], E[at_vbm, :v], v - 1)
        cbm = _mean(bands.E[at_cbm, v:], E[at_cbm, v:], 0)
    return Gap(vbm, cbm, at_vbm, at_cbm, direct)


def _mean(E: Float[Array, " level"], known: np.ndarray, level: int) -> Float[Array, ""]:
    """Return the mean of the multiplet that a level belongs to [hartree]."""
    return jnp.mean(E[np.flatnonzero(np.abs(known - known[level]) < MULTIPLET)])


def direct_gap_at(bands: Bands, k: int) -> Float[Array, ""]:
    """Return E_c(k) − E_v(k) at the k-point of index `k`; differentiable [hartree]."""
    return bands.E[k, bands.occupied] - bands.E[k, bands.occupied - 1]


NEEDED = "the splitting needs all occupied levels at Γ, six or more"


def spin_orbit_splitting(bands: Bands) -> Float[Array, ""]:
    """Return the splitting at the first Γ among the k-points [hartree]."""
    return splitting_at(bands, bands.kpoints.require_gamma)


def splitting_at(bands: Bands, gamma: int) -> Float[Array, ""]:
    """Return Δ of the six highest occupied levels at Γ [hartree].

    Δ is the mean of the four upper levels minus the mean of the two lower ones: zero without
    spin-orbit, negative if the pair Γ7 lies above. Means have a derivative at multiplets.

    Args:
        bands: levels at k-points, Γ among them.
        gamma: the index of Γ.
    """
    doubled = bands.doubled()
    if not 6 <= doubled.occupied <= doubled.E.shape[1]:
        raise InputError(NEEDED, f"request {bands.occupied} bands or more")
    E = doubled.E[gamma, doubled.occupied - 6 : doubled.occupied]
    quartet_below = E[4] - E[3] > E[2] - E[1]
    inverted, usual = E[:4].mean() - E[4:].mean(), E[2:].mean() - E[:2].mean()
    return jnp.where(quartet_below, inverted, usual)


APART, WIDE = 1e-3, 1e-2
"""A gap between two groups, and a gap between closed shells and other bands [hartree]."""

CLEARLY = 3.0
"""Ratio of the gaps about closed shells to those of any other choice."""

DEEP = 1.1
"""Bands this far below the valence top are closed shells; 2s of F lies at 0.9 [hartree]."""

Run = tuple[int, int]
"""Consecutive bands: the first, counted from 0, and the one after the last."""


def _gaps(E: Float[np.ndarray, "k band"]) -> Float[np.ndarray, " gap"]:
    """Return the gap above each band but the last, over all k; negative for an overlap."""
    return E[:, 1:].min(axis=0) - E[:, :-1].max(axis=0)


def groups(E: Float[np.ndarray, "k band"]) -> list[Run]:
    """Return the groups of bands that overlap in energy, in ascending order."""
    starts = [0, *(int(i) + 1 for i in np.flatnonzero(_gaps(E) > APART))]
    return list(zip(starts, [*starts[1:], E.shape[1]], strict=True))


def closed_shells(
    E: Float[np.ndarray, "k band"], occupied: int, count: int
) -> tuple[Run, ...] | None:
    """Return the `count` bands that are closed shells, such as 4d of Cd.

    Programs may count closed shells as valence. They are all deep bands, and then consecutive
    bands that are separated from the others by wide gaps.

    Args:
        E: levels in ascending order [hartree].
        occupied: number of occupied bands.
        count: number of closed-shell bands.

    Returns:
        One or two runs of bands; None if there are more deep bands, or several choices.
    """
    top = E[:, :occupied].max()
    deep = int((E[:, :occupied].max(axis=0) < top - DEEP).sum())
    if deep >= count:
        return ((0, count),) if deep == count else None
    rest = _separated(E[:, deep:], occupied - deep, count - deep)
    if rest is None:
        return None
    run = (rest + deep, rest + count)
    if not deep:
        return (run,)
    return ((0, run[1]),) if run[0] == deep else ((0, deep), run)


def _separated(E: Float[np.ndarray, "k band"], occupied: int, count: int) -> int | None:
    """Return the first of `count` bands below the valence top that wide gaps separate.

    A wider gap between these bands would mean two shells, with other bands possibly between.
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
