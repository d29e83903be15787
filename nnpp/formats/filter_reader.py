"""export/ as filter-diagonalisation codes read it: an independent reader.

It shares nothing with the writer, formats/filter_codes.py. File names, places of strengths and
the meaning of rows are stated here again, as the sources of those codes have them:

    potX.par      r, v(r): spacing from the first two rows, straight lines, zero beyond; the
                  older code subtracts the last value, so that both agree only if it is 0
    potX_LR.par   r, the Coulomb tail, which potX_SR.par leaves out
    potX_a4.par   s1 of the strain factor 1 + s1 ε + s2 ε³, potX_a5.par s2; 0 without the file
    SO_X.par      first numbers of three rows: spin-orbit, two non-local strengths on p waves
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError
from nnpp.special import transform_of_lines

MOST_ROWS = 8192
"""The number of rows for which the codes have memory."""

SAME = 1e-9
"""Rows that are r = 0, h, 2h, … or a sum of two files agree to this [bohr, hartree]."""

AGAIN = "export the potential again"


@dataclass(frozen=True)
class FilterElement:
    """One element as the codes read it.

    Attributes:
        h: spacing of the rows [bohr].
        short: v(r) at the rows, without tail [hartree].
        tail: −a4 erf(γr)/r at the rows [hartree]; None without a Coulomb tail.
        spin_orbit: the strength a5 [hartree].
        nonlocal_: the strengths a6 and a7 [hartree].
        strain: s1 and s2.
    """

    h: float
    short: Float[np.ndarray, " row"]
    tail: Float[np.ndarray, " row"] | None
    spin_orbit: float
    nonlocal_: tuple[float, float]
    strain: tuple[float, float]

    def v_short(self, q: Float[np.ndarray, " q"]) -> Float[np.ndarray, " q"]:
        """Return the transform of v(r) without tail [hartree·bohr³]."""
        return transform_of_lines(self.h, self.short, q)

    def v_tail(self, q: Float[np.ndarray, " q"]) -> Float[np.ndarray, " q"]:
        """Return the transform of the tail [hartree·bohr³].

        In an infinite crystal the tail continues as −a4/r beyond the last row R; a code that
        cuts it there needs dots smaller than R. The constant t(R) up to R with t(R)·R/r beyond
        has the transform 4π t(R) sin(qR)/q³, and the rest of the tail ends at 0. At q = 0 a
        Coulomb tail counts as 0, as in a neutral cell.
        """
        if self.tail is None:
            return np.zeros_like(q)
        last, R = self.tail[-1], self.h * (len(self.tail) - 1)
        v = transform_of_lines(self.h, self.tail - last, q)
        if last == 0:
            return v
        k = np.where(q > 0, q, 1.0)
        return np.where(q > 0, v + 4 * np.pi * last * np.sin(k * R) / k**3, 0.0)


def read_element(texts: Mapping[str, str], symbol: str) -> FilterElement:
    """Return one element from the texts of files by their names."""
    h, whole = _table(texts, f"pot{symbol}.par")
    tail = None
    short = whole
    if f"pot{symbol}_LR.par" in texts:
        tail = _table(texts, f"pot{symbol}_LR.par")[1]
        short = _table(texts, f"pot{symbol}_SR.par")[1]
        if whole.shape != tail.shape or np.abs(short + tail - tail[-1] - whole).max() > SAME:
            raise InputError("is not the sum of its parts", AGAIN, f"pot{symbol}.par")
    for name, v in ((f"pot{symbol}.par", whole), (f"pot{symbol}_SR.par", short)):
        if v[-1] != 0:
            raise InputError(
                "does not end at 0, so that codes read it differently", AGAIN, name
            )
    so, first, second = _numbers(texts, f"SO_{symbol}.par").reshape(3, -1)[:, 0].tolist()
    s1, s2 = (_single(texts, f"pot{symbol}_{a}.par") for a in ("a4", "a5"))
    return FilterElement(h, short, tail, so, (first, second), (s1, s2))


def _table(texts: Mapping[str, str], name: str) -> tuple[float, Float[np.ndarray, " row"]]:
    """Return the spacing [bohr] and the values of a file of two columns."""
    r, v = _numbers(texts, name).reshape(-1, 2).T
    if not 2 <= len(r) <= MOST_ROWS or np.abs(r - r[1] * np.arange(len(r))).max() > SAME:
        raise InputError(f"is no uniform table from 0 of at most {MOST_ROWS} rows", AGAIN, name)
    return float(r[1]), v


def _single(texts: Mapping[str, str], name: str) -> float:
    """Return the number in a file; 0 without the file."""
    return float(_numbers(texts, name)[0]) if name in texts else 0.0


def _numbers(texts: Mapping[str, str], name: str) -> Float[np.ndarray, " number"]:
    """Return all numbers of a file."""
    return np.array(texts[name].split(), float)
