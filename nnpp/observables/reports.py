"""Reports: numbers of one crystal next to its reference and to experiment."""

from dataclasses import dataclass


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
