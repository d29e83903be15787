"""README.md of an export: which file holds what, in which unit, by which formula."""

from dataclasses import dataclass

from nnpp.files.templates import render
from nnpp.formats.filter_codes import HEADING, Element

S_WAVE = """\
**The filter codes have no s-wave term and give other levels without it.** It is b1 with W₁
and b2 with W₂ [hartree] in (4π/Ω) Σ_a exp(−i(G−G′)·τ_a) ∫ r² j₀(Kr) W(r) j₀(K′r) dr, as given
in S_X.par; a code that uses this potential must add it."""


@dataclass(frozen=True)
class ExtraTerm:
    """A term that the filter codes do not have.

    Attributes:
        file: the file that holds its strengths.
        rows: what the rows of this file are.
        warning: a paragraph with the formula that a code must add.
    """

    file: str
    rows: str
    warning: str


@dataclass(frozen=True)
class Accuracy:
    """How accurately the tables of v(r) represent v(q).

    Attributes:
        short: where v(r) without its tail ends [bohr].
        cut: the largest |v(r)| beyond that [hartree].
        checked: largest q at which v(q) was compared [bohr⁻¹].
        error: the largest difference of v(q) [hartree·bohr³].
        lifted: the largest difference between rows and v(r) [hartree].
    """

    short: float
    cut: float
    checked: float
    error: float
    lifted: float


def readme(name: str, elements: list[Element], accuracy: Accuracy) -> str:
    """Return the README.md of an export as Markdown."""
    first = elements[0]
    return render(
        "filter_codes.md",
        name=name,
        heading=HEADING,
        symbols=" or ".join(e.symbol for e in elements),
        rows=len(first.r),
        reach=first.r[-1],
        step=first.r[1],
        table_rows=len(first.r_table),
        table_end=first.r_table[-1],
        q_rows=len(first.q),
        q_end=first.q[-1],
        charged=first.charge is not None,
        strengths=[_strengths(e) for e in elements],
        absent=_absent(elements),
        extra=_extra(first),
        **vars(accuracy),
    )


def _strengths(e: Element) -> list[str]:
    """Return the cells of one element in the table of strengths."""
    numbers = (*e.strain, *e.spin, *(() if e.charge is None else (e.charge,)))
    return [e.symbol, *(f"{x:.8g}" for x in numbers)]


def _absent(elements: list[Element]) -> list[str]:
    """Return the names of the terms whose strengths are all zero."""
    fitted = {
        "strain": any(x for e in elements for x in e.strain),
        "spin-orbit or non-local": any(x for e in elements for x in e.spin),
    }
    return [name for name, present in fitted.items() if not present]


def _extra(first: Element) -> list[ExtraTerm]:
    """Return the terms of a potential that the filter codes do not have."""
    s_wave = ExtraTerm("S_X.par", "two rows: b1 and b2 of the s-wave term", S_WAVE)
    return [] if first.s_wave is None else [s_wave]
