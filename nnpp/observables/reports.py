"""A report: numbers of one crystal, beside its reference and experiment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One quantity; None where nobody has a number.

    Attributes:
        name: what it is called.
        unit: of all three.
        here: what the potential gives.
        reference: what it was held against.
        measured: what experiment found.
    """

    name: str
    unit: str
    here: float | None
    reference: float | None
    measured: float | None

    @property
    def words(self) -> tuple[str, str, str]:
        """The three numbers, to four figures."""
        here, reference, measured = map(_word, (self.here, self.reference, self.measured))
        return here, reference, measured


@dataclass(frozen=True)
class Report:
    """All rows of one crystal.

    Attributes:
        name: of the system.
        rows: its quantities.
        source: whose experiments; empty if there are none.
        notes: what to know.
    """

    name: str
    rows: tuple[Row, ...]
    source: str
    notes: tuple[str, ...]


def _word(x: float | None) -> str:
    """Three decimals, or more of small numbers."""
    if x is None:
        return "—"
    return f"{x:.4f}" if abs(x) < 0.1 else f"{x:.3f}"
