"""Gap: E_g = min_k E_{c}(k) − max_k E_{v}(k), over the k-points given."""

from dataclasses import dataclass

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
