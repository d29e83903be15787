"""Reports: numbers of one crystal next to its reference and to experiment."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

QUANTITIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "gap": ("gap", "eV"),
        "direct_gap": ("gap at Γ", "eV"),
        "splitting": ("Δso", "eV"),
        "electron_mass": ("m electron Γ", "mₑ"),
        "heavy_hole_mass": ("m heavy 100", "mₑ"),
        "light_hole_mass": ("m light 100", "mₑ"),
        "gamma_1": ("γ₁", ""),
        "gamma_2": ("γ₂", ""),
        "gamma_3": ("γ₃", ""),
        "kane_energy": ("E_P", "eV"),
        "conduction_by_volume": ("dE_c/d ln Ω", "eV"),
        "valence_by_volume": ("dE_v/d ln Ω", "eV"),
        "gap_by_volume": ("dE_g/d ln Ω", "eV"),
        "b": ("b", "eV"),
        "d": ("d, clamped", "eV"),
    }
)
"""Quantities of a report: name and unit by key."""

COLUMNS = ("nnpp", "±", "fit", "reference", "experiment")
"""Columns of a report after name and unit."""


LEVEL_GROUPS = ("valence top", "conduction bottom", "all levels")
"""Groups of levels whose errors are printed, in the order of `LevelErrors`."""


@dataclass(frozen=True)
class Row:
    """One quantity of a report; None for unknown values.

    Attributes:
        name: the name of the quantity.
        unit: the unit of all values.
        here: the value of the potential.
        spread: standard deviation of the members of an ensemble.
        fitted: how the fit determines the value: "target", "levels", "volumes", "not fitted".
        reference: the value of the reference.
        measured: the measured value.
        source: the source of the measured value; empty without one.
    """

    name: str
    unit: str
    here: float | None
    spread: float | None
    fitted: str
    reference: float | None
    measured: float | None
    source: str

    @property
    def words(self) -> tuple[str, ...]:
        """The columns as text, in the order of `COLUMNS`."""
        here, spread, reference, measured = map(
            _text, (self.here, self.spread, self.reference, self.measured)
        )
        return here, spread, self.fitted, reference, measured


@dataclass(frozen=True)
class Report:
    """The report of one crystal.

    Attributes:
        name: the name of the system.
        rows: the quantities.
        notes: remarks for the reader.
    """

    name: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def _text(x: float | None) -> str:
    """Return a value with three decimals, or four if it is small."""
    if x is None:
        return "—"
    return f"{x:.4f}" if abs(x) < 0.1 else f"{x:.3f}"
