"""export/: a potential as the filter-diagonalisation codes of nanocrystals read it.

Their readers (TommyLinkl/semi_empirical_pseudopotentials, dchabeda/FilterBSE on GitHub) take
what `fscanf("%lg %lg")` finds: no header, at most 8192 rows, the spacing from the first two,
straight lines between rows, zero beyond the last (the older one subtracts the last value from
all). Of SO_X.par they read three rows of two numbers, and throw the second away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nnpp.config.deepseudopot.folder import CONFIG_NAME
from nnpp.config.inputs import FIT_NAME, RUN_NAME
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.text import exists, read_text

MOST_ROWS = 8192
"""Rows that the filter codes have room for."""

HEADING = "for filter-diagonalisation codes"
"""How the first line of its README.md ends."""

OURS = ("pot*.par", "SO_*.par", "S_*.par", "final_pot_*.dat")
"""Files of an export that go with the elements and charges of a potential."""


@dataclass(frozen=True)
class Element:
    """One element of a potential, ready to be written.

    Attributes:
        symbol: its name.
        r: the grid of the filter codes, from 0, uniform [bohr].
        short: v(r) without the Coulomb tail, 0 at the end [hartree].
        tail: the Coulomb tail of its charge a4 [hartree], None without charges.
        r_table: the grid of DeePseudopot's table [bohr].
        v_table: v(r) there, without tail [hartree].
        q: lengths [bohr⁻¹].
        v_q: v(q) there, without tail [hartree·bohr³].
        strain: s1 and s2 of the strain factor.
        spin: a5 of spin-orbit, a6 and a7 of the non-local term [hartree].
        charge: a4 of the tail [e], None without charges.
        s_wave: b1 and b2 of the term on s waves [hartree], None without it.
    """

    symbol: str
    r: Float[np.ndarray, " r"]
    short: Float[np.ndarray, " r"]
    tail: Float[np.ndarray, " r"] | None
    r_table: Float[np.ndarray, " table"]
    v_table: Float[np.ndarray, " table"]
    q: Float[np.ndarray, " q"]
    v_q: Float[np.ndarray, " q"]
    strain: tuple[float, float]
    spin: tuple[float, float, float]
    charge: float | None
    s_wave: tuple[float, float] | None

    @property
    def whole(self) -> Float[np.ndarray, " r"]:
        """v(r) with its tail, shifted so that the last value is 0 [hartree]."""
        return self.short if self.tail is None else self.short + self.tail - self.tail[-1]


def write_export(folder: Path, elements: list[Element], readme: str) -> list[Path]:
    """Every file of an export; the paths written."""
    texts = {name: text for e in elements for name, text in _files(e)}
    texts["qSpace_pot.dat"] = _all_form_factors(elements)
    texts["README.md"] = readme
    paths = [write_atomic(Path(folder) / name, text) for name, text in texts.items()]
    for left in (p for pattern in OURS for p in Path(folder).glob(pattern)):
        if left not in paths:
            left.unlink()  # of another potential: it would stand beside this one
    return paths


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder in which an export would replace what is none."""
    for name in (FIT_NAME, RUN_NAME, CONFIG_NAME):
        if exists(folder / name):
            raise InputError(f"holds {name}", "export into a folder of its own (--out)", folder)
    theirs = folder / "README.md"
    if exists(theirs) and not read_text(theirs).split("\n")[0].endswith(HEADING):
        raise InputError("is not of an export", "move it, or choose another --out", theirs)


def _files(e: Element) -> Iterator[tuple[str, str]]:
    """Name and content of each file of one element."""
    assert len(e.r) <= MOST_ROWS, "the filter codes would read past their memory"
    yield f"pot{e.symbol}.par", columns(e.r, e.whole)
    if e.tail is not None:
        yield f"pot{e.symbol}_SR.par", columns(e.r, e.short)
        yield f"pot{e.symbol}_LR.par", columns(e.r, e.tail)
    for name, value in zip(("a4", "a5"), e.strain, strict=True):
        yield f"pot{e.symbol}_{name}.par", f"{value!r}\n"
    yield f"SO_{e.symbol}.par", columns(np.array(e.spin), np.zeros(3))
    if e.s_wave is not None:
        yield f"S_{e.symbol}.par", "".join(f"{b!r}\n" for b in e.s_wave)
    yield f"final_pot_{e.symbol}.dat", columns(e.r_table, e.v_table)
    yield f"final_pot_q_{e.symbol}.dat", columns(e.q, e.v_q)


def _all_form_factors(elements: list[Element]) -> str:
    """v(q) of all elements side by side, under a line of names."""
    head = "    ".join(["# q", *(f"v(q)_{e.symbol}" for e in elements)])
    return f"{head}\n{columns(elements[0].q, *(e.v_q for e in elements))}"


def columns(*values: Float[np.ndarray, " row"]) -> str:
    """Numbers in rows, to the last bit."""
    rows = zip(*(x.tolist() for x in values), strict=True)
    return "".join("    ".join(repr(x) for x in row) + "\n" for row in rows)
