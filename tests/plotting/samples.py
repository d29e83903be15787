"""Bands along a zinc-blende path with a jump: plain cosines, so that every edge is known."""

import jax.numpy as jnp
import numpy as np

from nnpp.observables.bands import Bands
from nnpp.observables.dos import Dos
from nnpp.observables.gaps import gap
from nnpp.plotting.picture import BandPicture
from nnpp.plotting.potential import PotentialCurves
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.paths import path
from nnpp.units import HARTREE_EV
from tests.systems import zincblende

PIECES = (("L", "Γ", "X", "U"), ("K", "Γ"))
GAP_EV = 1.9
TOP = 0.137
"""The valence top, away from zero [hartree]."""


def along(points: int = 60) -> KPoints:
    """L–Γ–X–U|K–Γ."""
    return path(zincblende(), PIECES, points)


def unlabelled() -> KPoints:
    """The same k-points as a list."""
    return listed(zincblende(), np.asarray(along().fractional))


def cosines(kpoints: KPoints, lowest: int | None = None) -> Bands:
    """Two valence and two conduction bands; edges at Γ, or the conduction edge elsewhere."""
    k = np.asarray(kpoints.fractional)
    k_c = np.zeros(3) if lowest is None else k[lowest]
    wave = 1 - np.cos(2 * np.pi * k).mean(axis=1)
    upper = 1 - np.cos(2 * np.pi * (k - k_c)).mean(axis=1)
    low, high = TOP - 0.1 * np.outer(wave, [3.0, 1.0]), TOP + GAP_EV / HARTREE_EV
    E = np.hstack([low - [0.3, 0.0], high + 0.1 * np.outer(upper, [1.0, 2.0]) + [0.0, 0.1]])
    return Bands(kpoints, jnp.asarray(E), 2, False)


def dos() -> Dos:
    """Two bumps that hold four electrons and four empty states."""
    energy = np.linspace(TOP - 0.4, TOP + 0.4, 801)
    bumps = [np.exp(-(((energy - TOP - c) / 0.04) ** 2)) for c in (-0.15, 0.22)]
    density = 4 * np.sum(bumps, axis=0) / (0.04 * np.sqrt(np.pi))
    return Dos(energy, density, np.cumsum(density) * (energy[1] - energy[0]))


def picture(**changes) -> BandPicture:
    """Bands with their gap, and whatever is asked for beside them."""
    bands = changes.pop("bands", cosines(along()))
    return BandPicture("a <crystal> of cosines", bands, gap(bands), **changes)


def curves(reference: PotentialCurves | None = None, depth: float = 60.0) -> PotentialCurves:
    """Two elements with Gaussian form factors."""
    q, r = np.linspace(0, 6, 61), np.linspace(0, 8, 81)
    v_q = {"Cd": -depth * np.exp(-(q**2)), "Se": -2 * depth * np.exp(-(q**2))}
    v_r = {s: v[0] / 8 / np.pi**1.5 * np.exp(-(r**2) / 4) for s, v in v_q.items()}
    shells = {"Cd": np.array([0.95, 1.1, 9.0])}
    return PotentialCurves(q, v_q, r, v_r, reference=reference, shells=shells)
