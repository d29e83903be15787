"""Reports: numbers of one crystal next to its reference and to experiment.

The measured values are those of zinc-blende and diamond crystals at low temperature. III-V:
Vurgaftman, Meyer and Ram-Mohan, J. Appl. Phys. 89, 5815 (2001), doi:10.1063/1.1368156, their
recommended values; their a_v is positive where the valence edge falls, `valence_by_volume`
where it rises. Si: Madelung, Semiconductors: Data Handbook (2004),
doi:10.1007/978-3-642-18865-7. Energies in eV, masses in mₑ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Row:
    """One quantity of a report; None for unknown values.

    Attributes:
        name: the name of the quantity.
        unit: the unit of all three values.
        here: the value of the potential.
        reference: the value of the reference.
        measured: the measured value.
    """

    name: str
    unit: str
    here: float | None
    reference: float | None
    measured: float | None

    @property
    def words(self) -> tuple[str, str, str]:
        """The three values as text."""
        here, reference, measured = map(_text, (self.here, self.reference, self.measured))
        return here, reference, measured


@dataclass(frozen=True)
class Report:
    """The report of one crystal.

    Attributes:
        name: the name of the system.
        rows: the quantities.
        source: the source of the measured values; empty if there are none.
        notes: remarks for the reader.
    """

    name: str
    rows: tuple[Row, ...]
    source: str
    notes: tuple[str, ...]


def _text(x: float | None) -> str:
    """Return a value with three decimals, or four if it is small."""
    if x is None:
        return "—"
    return f"{x:.4f}" if abs(x) < 0.1 else f"{x:.3f}"


VURGAFTMAN, MADELUNG = "Vurgaftman 2001", "Madelung 2004"

_COLUMNS: tuple[str, ...] = (
    "direct_gap", "splitting", "electron_mass", "gamma_1", "gamma_2", "gamma_3",
    "kane_energy", "conduction_by_volume", "valence_by_volume", "b", "d",
)  # fmt: skip

_ROWS = {
    "AlP": (3.63, 0.07, 0.22, 3.35, 0.71, 1.23, 17.7, -5.7, 3.0, -1.5, -4.6),
    "AlAs": (3.099, 0.28, 0.15, 3.76, 0.82, 1.42, 21.1, -5.64, 2.47, -2.3, -3.4),
    "AlSb": (2.386, 0.676, 0.14, 5.18, 1.19, 1.97, 18.7, -4.5, 1.4, -1.35, -4.3),
    "GaP": (2.886, 0.08, 0.13, 4.05, 0.49, 2.93, 31.4, -8.2, 1.7, -1.6, -4.6),
    "GaAs": (1.519, 0.341, 0.067, 6.98, 2.06, 2.93, 28.8, -7.17, 1.16, -2.0, -4.8),
    "GaSb": (0.812, 0.76, 0.039, 13.4, 4.7, 6.0, 27.0, -7.5, 0.8, -2.0, -4.7),
    "InP": (1.4236, 0.108, 0.0795, 5.08, 1.60, 2.10, 20.7, -6.0, 0.6, -2.0, -5.0),
    "InAs": (0.417, 0.39, 0.026, 20.0, 8.5, 9.2, 21.5, -5.08, 1.0, -1.8, -3.6),
    "InSb": (0.235, 0.81, 0.0135, 34.8, 15.5, 16.5, 23.3, -6.94, 0.36, -2.0, -4.7),
}

_GAPS = {"AlP": 2.52, "AlAs": 2.24, "AlSb": 1.696, "GaP": 2.35}
"""Indirect gaps, to X [eV]."""


def _iii_v(symbols: str) -> dict[str, float]:
    """Return the values of one crystal, and those that follow from them."""
    values = dict(zip(_COLUMNS, _ROWS[symbols], strict=True))
    values["gap"] = _GAPS.get(symbols, values["direct_gap"])
    values["gap_by_volume"] = values["conduction_by_volume"] - values["valence_by_volume"]
    return values | hole_masses(values["gamma_1"], values["gamma_2"])


def hole_masses(gamma_1: float, gamma_2: float) -> dict[str, float]:
    """Return the masses of holes along 100 from Luttinger's parameters [mₑ]."""
    return {
        "heavy_hole_mass": 1 / (gamma_1 - 2 * gamma_2),
        "light_hole_mass": 1 / (gamma_1 + 2 * gamma_2),
    }


_SILICON = {
    "gap": 1.17,
    "splitting": 0.044,
    "gamma_1": 4.285,
    "gamma_2": 0.339,
    "gamma_3": 1.446,
}

EXPERIMENT: Mapping[str, tuple[str, Mapping[str, float]]] = MappingProxyType(
    {symbols: (VURGAFTMAN, _iii_v(symbols)) for symbols in _ROWS}
    | {"Si": (MADELUNG, _SILICON | hole_masses(_SILICON["gamma_1"], _SILICON["gamma_2"]))}
)
"""Source and values of each crystal, by its formula, cation first."""

BOWING: Mapping[frozenset[str], float] = MappingProxyType(
    {
        frozenset(("InAs", "GaAs")): 0.477,
        frozenset(("AlAs", "InAs")): 0.70,
        frozenset(("InP", "GaP")): 0.65,
        frozenset(("InAs", "InP")): 0.10,
        frozenset(("GaAs", "GaP")): 0.19,
        frozenset(("GaAs", "GaSb")): 1.43,
        frozenset(("InAs", "InSb")): 0.67,
        frozenset(("GaSb", "InSb")): 0.415,
    }
)
"""Bowing C of the gap at Γ, E(x) = (1−x)E_A + xE_B − C x(1−x) (Vurgaftman 2001) [eV]."""
