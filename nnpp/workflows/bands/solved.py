"""What came out for one system of a fit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from nnpp.formats.ensemble import Levels
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import Comparison
from nnpp.observables.dos import Dos
from nnpp.observables.gaps import Gap
from nnpp.setup.cases import Case


@dataclass(frozen=True)
class Solved:
    """What came out for one system.

    Attributes:
        case: the system.
        bands: its levels.
        gap: band edges, where a conduction band was asked for.
        comparison: with the reference, where both are at the same k-points.
        splitting: Γ8 − Γ7 at Γ, of spinors in zinc blende [hartree].
        dos: density of states, where asked for.
        seconds: taken by this system, compiling included.
        paths: files written.
        members: levels of an ensemble of the same potential at the same k-points.
        unseen: k-points of the reference that the fit never saw.
    """

    case: Case
    bands: Bands
    gap: Gap | None
    comparison: Comparison | None
    splitting: float | None
    dos: Dos | None
    seconds: float
    paths: tuple[Path, ...] = ()
    members: Levels | None = None
    unseen: Bool[np.ndarray, " refk"] | None = None
