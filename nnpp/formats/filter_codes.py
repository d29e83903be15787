"""export/: a potential in the files of the filter-diagonalization codes for nanocrystals.

The codes (TommyLinkl/semi_empirical_pseudopotentials, dchabeda/FilterBSE on GitHub) read tables
with `fscanf("%lg %lg")`: no header, at most 8192 rows, spacing from the first two rows. They
interpolate linearly, with zero beyond the last row; the older code subtracts the last value
from all. In SO_X.par they read three rows of two numbers and ignore the second.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from nnpp.config.deepseudopot.folder import CONFIG_NAME
from nnpp.config.inputs import FIT_NAME, RUN_NAME
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.text import exists, read_text
from nnpp.terms.term import Term, terms

MOST_ROWS = 8192
"""The largest number of rows that the filter codes read."""

HEADING = "for filter-diagonalisation codes"
"""End of the first line of the README.md of an export."""

CURVES = ("pot*.par", "final_pot_*.dat")
"""Files of v(r) and v(q) of single elements."""


@dataclass(frozen=True)
class Element:
    """One element of a potential, ready to be written.

    Attributes:
        symbol: its symbol.
        r: the grid of the filter codes, from 0, uniform [bohr].
        short: v(r) without tails, 0 at the end [hartree].
        tail: the sum of the tails of its terms [hartree], or None.
        r_table: the grid of DeePseudopot's table [bohr].
        v_table: v(r) there, without tail [hartree].
        q: lengths [bohr⁻¹].
        v_q: v(q) there, without tail [hartree·bohr³].
        strengths: strengths of each term of the potential.
    """

    symbol: str
    r: Float[np.ndarray, " r"]
    short: Float[np.ndarray, " r"]
    tail: Float[np.ndarray, " r"] | None
    r_table: Float[np.ndarray, " table"]
    v_table: Float[np.ndarray, " table"]
    q: Float[np.ndarray, " q"]
    v_q: Float[np.ndarray, " q"]
    strengths: Mapping[str, tuple[float, ...]]

    @property
    def whole(self) -> Float[np.ndarray, " r"]:
        """v(r) with its tail, shifted so that the last value is 0 [hartree]."""
        return self.short if self.tail is None else self.short + self.tail - self.tail[-1]


def texts_of(elements: list[Element]) -> dict[str, str]:
    """Return the text of every file of an export but README.md, by its name."""
    texts = {name: text for e in elements for name, text in _files(e)}
    return texts | {"qSpace_pot.dat": _all_form_factors(elements)}


def write_export(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write the files of an export, remove those of an earlier one, and return the paths."""
    paths = [write_atomic(Path(folder) / name, text) for name, text in texts.items()]
    of_terms = {cell.file.format(X="*") for term in terms() for cell in term.places}
    for left in (p for pattern in {*CURVES, *of_terms} for p in Path(folder).glob(pattern)):
        if left not in paths:
            left.unlink(missing_ok=True)  # from an earlier export of another potential
    return paths


def refuse_foreign(folder: Path) -> None:
    """Raise an error for a folder with files that are not from an export."""
    for name in (FIT_NAME, RUN_NAME, CONFIG_NAME):
        if exists(folder / name):
            raise InputError(
                f"contains {name}", "export into a folder of its own (--out)", folder
            )
    theirs = folder / "README.md"
    if exists(theirs) and not read_text(theirs).split("\n")[0].endswith(HEADING):
        raise InputError("is not from an export", "move it, or choose another --out", theirs)


def _files(e: Element) -> Iterator[tuple[str, str]]:
    """Yield name and content of each file of one element."""
    assert len(e.r) <= MOST_ROWS, "more rows than the filter codes have memory for"
    yield f"pot{e.symbol}.par", columns(e.r, e.whole)
    if e.tail is not None:
        yield f"pot{e.symbol}_SR.par", columns(e.r, e.short)
        yield f"pot{e.symbol}_LR.par", columns(e.r, e.tail)
    for file, rows in files_of_terms(e.strengths).items():
        yield file.format(X=e.symbol), "".join(_row(e, *row) for row in rows)
    yield f"final_pot_{e.symbol}.dat", columns(e.r_table, e.v_table)
    yield f"final_pot_q_{e.symbol}.dat", columns(e.q, e.v_q)


def terms_written(strengths: Container[str]) -> list[Term]:
    """Return the terms of an export: those of the potential, and others that codes expect."""
    return [t for t in terms() if t.name in strengths or (t.in_codes and t.places)]


def lost_terms(strengths: Mapping[str, Any]) -> list[Term]:
    """Return the terms that change levels and that are in no file of the filter codes."""
    given = [t for t in terms() if t.name in strengths and np.any(strengths[t.name])]
    return [term for term in given if not term.in_export]


def files_of_terms(strengths: Container[str]) -> dict[str, list[tuple[Term, int]]]:
    """Return term and index of each row of each file of strengths, with {X} in its name."""
    rows: dict[str, dict[int, tuple[Term, int]]] = {}
    for term in terms_written(strengths):
        for i, cell in enumerate(term.places):
            rows.setdefault(cell.file, {})[cell.row] = (term, i)
    return {file: [by_row[i] for i in sorted(by_row)] for file, by_row in rows.items()}


def _row(e: Element, term: Term, i: int) -> str:
    """Return one strength as a line of its file."""
    value = e.strengths[term.name][i] if term.name in e.strengths else 0.0
    return f"{value!r}    0.0\n" if term.places[i].filler else f"{value!r}\n"


def _all_form_factors(elements: list[Element]) -> str:
    """Return v(q) of all elements in columns, with a line of names."""
    head = "    ".join(["# q", *(f"v(q)_{e.symbol}" for e in elements)])
    return f"{head}\n{columns(elements[0].q, *(e.v_q for e in elements))}"


def columns(*values: Float[np.ndarray, " row"]) -> str:
    """Return numbers in rows, with all digits."""
    rows = zip(*(x.tolist() for x in values), strict=True)
    return "".join("    ".join(repr(x) for x in row) + "\n" for row in rows)
