"""README.md of an export: which file holds what, in which unit, by which formula."""

from collections.abc import Iterator
from dataclasses import dataclass

from nnpp.formats.filter_codes import HEADING, Element, files_of_terms, terms_written
from nnpp.terms.term import Term

TEXT = """\
# {name} {heading}

Atomic units: lengths in bohr, wave numbers in bohr⁻¹, energies in hartree. X is {symbols}.
Columns are separated by blanks, without a header (except in qSpace_pot.dat). The model itself,
complete and checked by SHA-256, is potential.safetensors with potential.json.

    potX.par           r, v(r): {rows} rows, r = 0 … {reach:g}, step {step:g}; last value 0
{tailed_rows}\
{strength_rows}
    final_pot_X.dat    r, v(r) on DeePseudopot's grid: {table_rows} rows, r = 0 … {table_end:g}
    final_pot_q_X.dat  q, v(q) [hartree·bohr³], not divided by a volume: {q_rows} rows,
                       q = 0 … {q_end:g}
    qSpace_pot.dat     the same for all elements side by side, under a line of names

    v(r) = (1/2π²r) ∫ q sin(qr) v(q) dq        v(q) = 4π ∫ r² [sin(qr)/qr] v(r) dr

Terms in addition to v(q):

{formulas}

_a4 and _a5 are named as in the filter codes: their a4 and a5 are nnpp's strain s1 and s2, not
nnpp's charge a4 and spin-orbit a5.

{values}
{absent}{unknown}
v(r){untailed} is set to 0 at {short:g} bohr, where it is at most {cut:.1e} hartree.
The codes draw straight lines between the rows. Drawn in this way and transformed back,
potX{sr}.par gives v(q), q ≤ {checked:g}, again to {error:.1e} hartree·bohr³.
For that its rows are v − δ²v/12 + δ⁴v/90 (δ² the second difference), at most {lifted:.1e}
hartree from v(r): lines between samples would cut every bend. Samples are in final_pot_X.dat.
{tail}"""

TAILED_ROWS = """\
                       with the Coulomb tail, shifted to end at 0
    potX_SR.par        r, v(r) without the Coulomb tail; the same r
    potX_LR.par        r, −a4·erf(γr)/r, γ = 0.2 bohr⁻¹: the tail alone, not shifted
"""

UNKNOWN = """
**The filter codes have no term {words}, and give other levels without it.** It is
{formula},
with the strengths in {files}; a code that uses this potential has to add it.
"""

TAIL = """
potX.par is the sum of potX_SR.par and potX_LR.par, less the last value of that. In a neutral
dot these shifts cancel. Charges are as fitted: in a compound where they do not sum to zero nnpp
subtracts the same amount from every atom, the filter codes do not. FilterBSE wants
`longRange = 1` for them. The final_pot files and tables of v(q) are without the tail.
"""


@dataclass(frozen=True)
class Accuracy:
    """How well tables of v(r) represent v(q).

    Attributes:
        short: where v(r) without tail ends [bohr].
        cut: its largest value beyond [hartree].
        checked: up to where v(q) was compared [bohr⁻¹].
        error: the largest difference of v(q) [hartree·bohr³].
        lifted: the largest difference between rows and v(r) [hartree].
    """

    short: float
    cut: float
    checked: float
    error: float
    lifted: float


def readme(name: str, elements: list[Element], accuracy: Accuracy) -> str:
    """The text."""
    first = elements[0]
    written = terms_written(first.strengths)
    return TEXT.format(
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
        strength_rows="\n".join(_rows_of_files(first)),
        formulas="\n".join(f"    {t.words}: {t.formula or t.description}" for t in written),
        values="\n".join(_values(written, elements)),
        absent=_absent(written, first),
        unknown="".join(_unknown(t) for t in written if not t.in_codes),
        **vars(accuracy),
        **_of_tails(first.tail is not None),
    )


def _of_tails(tailed: bool) -> dict[str, str]:
    """The passages that only potentials with charges need."""
    words = {
        "tailed_rows": TAILED_ROWS,
        "untailed": " without its tail",
        "sr": "_SR",
        "tail": TAIL,
    }
    return words if tailed else dict.fromkeys(words, "")


def _rows_of_files(e: Element) -> Iterator[str]:
    """One line for each file of strengths: its name, then what its rows are."""
    for file, rows in files_of_terms(e.strengths).items():
        of_rows = ", ".join(f"{term.symbols[i]} ({term.words})" for term, i in rows)
        count = f"{len(rows)} rows: " if len(rows) > 1 else ""
        skipped = any(term.places[i].filler for term, i in rows)
        filler = "; the second column is a filler, which the codes skip" if skipped else ""
        yield f"    {file.format(X='X'):<18} {count}{of_rows}{filler}"


def _values(written: list[Term], elements: list[Element]) -> Iterator[str]:
    """A table of all strengths, one row for each element."""
    symbols = [f"{s} ({term.words})" for term in written for s in term.symbols]
    yield " | ".join(["| element", *symbols]) + " |"
    yield "|---" * (1 + len(symbols)) + "|"
    for e in elements:
        numbers = [
            x
            for term in written
            for x in e.strengths.get(term.name, (0.0,) * len(term.symbols))
        ]
        yield " | ".join([f"| {e.symbol}", *(f"{x:.8g}" for x in numbers)]) + " |"


def _absent(written: list[Term], e: Element) -> str:
    """The terms whose strengths are zero because the potential does not have them."""
    without = [term.words for term in written if term.name not in e.strengths]
    return f"\nNot in this potential, so zeros: {', '.join(without)}.\n" if without else ""


def _unknown(term: Term) -> str:
    """A term that the codes do not have."""
    files = " and ".join(dict.fromkeys(cell.file.format(X="X") for cell in term.places))
    return UNKNOWN.format(
        words=term.words, formula=term.formula or term.description, files=files
    )
