"""Expected values of II-VI compounds, from the reference bands in inputs/reference.

GPAW with GLLB-SC and spin-orbit coupling: differences of levels at Γ. A test compares them with
the files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Wurtzite:
    """The reference of a compound in wurtzite, at its measured lattice.

    Attributes:
        a: lattice constant in the basal plane [bohr].
        ratio: c/a.
        u: internal parameter.
        above: the gap at Γ minus that of zinc blende [eV].
        splits: distances from the highest valence level at Γ by name [eV].
    """

    a: float
    ratio: float
    u: float
    above: float
    splits: Mapping[str, float]


SOURCE = "reference bands by GPAW"
"""Source of all values, as it is printed."""

GAP_BY_VOLUME: Mapping[str, float] = MappingProxyType({"CdSe": -2.560})
"""dE_g/d ln Ω at Γ in zinc blende, from volumes of 0.99 and 1.01 [eV]."""

WURTZITE: Mapping[str, Wurtzite] = MappingProxyType(
    {
        "CdSe": Wurtzite(
            8.125633,
            1.630480,
            0.3767,
            0.0587,
            MappingProxyType({"A − B": 0.0215, "A − C": 0.3833}),
        )
    }
)
"""References in wurtzite, by formula."""
