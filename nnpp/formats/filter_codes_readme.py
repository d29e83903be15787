"""README.md of an export: which file holds what, in which unit, by which formula."""

from collections.abc import Iterator
from dataclasses import dataclass

from nnpp.files.templates import render
from nnpp.formats.filter_codes import HEADING, Element, files_of_terms, terms_written
from nnpp.terms.term import Term


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
    written = terms_written(first.strengths)
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
        charged=first.tail is not None,
        files=list(_files(first)),
        formulas=[(t.words, t.formula or t.description) for t in written],
        heads=[symbol for term in written for symbol in term.symbols],
        strengths=[_strengths(written, e) for e in elements],
        absent=[term.words for term in written if term.name not in first.strengths],
        extra=[_extra(term) for term in written if not term.in_codes],
        **vars(accuracy),
    )


def _files(e: Element) -> Iterator[tuple[str, str]]:
    """Yield the name of each file of strengths, and what its rows are."""
    for file, rows in files_of_terms(e.strengths).items():
        symbols = ", ".join(term.symbols[i] for term, i in rows)
        words = " and ".join(dict.fromkeys(term.words for term, _ in rows))
        count = f"{len(rows)} rows: " if len(rows) > 1 else ""
        skipped = any(term.places[i].filler for term, i in rows)
        filler = "; the codes skip the second column" if skipped else ""
        yield file.format(X="X"), f"{count}{symbols} ({words}){filler}"


def _strengths(written: list[Term], e: Element) -> list[str]:
    """Return the cells of one element in the table of strengths."""
    numbers = [
        x for term in written for x in e.strengths.get(term.name, (0.0,) * len(term.symbols))
    ]
    return [e.symbol, *(f"{x:.8g}" for x in numbers)]


def _extra(term: Term) -> dict[str, str]:
    """Return what a code must add to have a term that the filter codes lack."""
    files = " and ".join(dict.fromkeys(cell.file.format(X="X") for cell in term.places))
    formula = term.formula or term.description
    return {"words": term.words, "formula": formula, "files": files}
