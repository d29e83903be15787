"""The declaration of a term with fitted strengths, one object that all packages read.

A file in `terms/fitted/` holds one term and ends with `TERM = Term(...)`. The keys of fit.yaml,
the trainable parts, stored models, exports, cards, checks and H itself iterate over `terms()`.
`register` adds a term at run time.

A term acts in one of three ways:

    separable   (4π(2l+1)/Ω) Σ_a e^{−i(G−G′)·τ_a} Σ_n a_n I_n(K,K′) Σ_ij Y_i(K) C_ij Y_j(K′),
                I_n = ∫ r² j_l(Kr) W_n(r) j_l(K′r) dr, K = k+G, Y = 1 (l = 0) or K̂ (l = 1)
    factor      v_s(q) → v_s(q)·factor(a_s, ε)
    addition    v_s(q) → v_s(q) + addition(q, a)_s

This file imports neither JAX nor NumPy, and the files in `fitted/` do not import JAX, so that
fit.yaml is validated without it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal

from nnpp.errors import NnppError

Array = Any
"""An array of JAX or NumPy; naming their classes would import them."""

Codes = Literal["filter"]
"""Codes that a fit can serve: filter-diagonalisation codes, which read an export."""

Weight = Callable[[Array], Array]
"""W(r) of r in bohr, with values of at most 1."""

NEW = 1000
"""The place of terms without one of their own."""


@dataclass(frozen=True)
class Cell:
    """The place of one strength in an export for other codes.

    Attributes:
        file: the name of the file, with {X} for the element.
        row: its row in the file.
        filler: whether a second column of zeros follows, which these codes skip.
    """

    file: str
    row: int = 0
    filler: bool = False


@dataclass(frozen=True, eq=False)
class Term:
    """A term with strengths of each species.

    Attributes:
        name: its key in fit.yaml, and the name of its arrays in stored models.
        symbols: one for each strength of a species.
        unit: unit of the strengths.
        words: its name in texts.
        description: its description in the schema of fit.yaml.
        formula: its matrix element, for the README of an export to codes without the term.
        order: place among the leaves of a potential, on which seeds and stored models depend; a
            new term has the default.
        l: angular momentum of its projectors, 0 (s) or 1 (p).
        weights: W_n(r), one for each strength; none for a term that changes v(q).
        coupling: C of shape (spin, i, spin, i), with one or two spins and 2l + 1 directions; by
            default the identity, without spin.
        factor: returns the factor on v_s, 1 without strain, from a (species, n) and ε.
        addition: returns the addition to v_s (q, species) [hartree·bohr³], from q and a.
        tail: returns the addition in real space [hartree], from one strength and r.
        neutral: whether the mean over the cell is subtracted from the strengths.
        cells: place of each strength in an export; by default in rows of NAME_X.par.
        in_codes: whether the codes that read an export know the term.
        first: returns strengths for a new fit from the atomic number; None without the term.
    """

    name: str
    symbols: tuple[str, ...]
    unit: str
    words: str
    description: str
    formula: str = ""
    order: int = NEW
    l: int = 0
    weights: tuple[Weight, ...] = ()
    coupling: Array | None = None
    factor: Callable[[Array, Array], Array] | None = None
    addition: Callable[[Array, Array], Array] | None = None
    tail: Callable[[float, Array], Array] | None = None
    neutral: bool = False
    cells: tuple[Cell, ...] | None = None
    in_codes: bool = False
    first: Callable[[int], tuple[float, ...]] | None = None

    def __post_init__(self):
        wrong = next(self._mistakes(), None)
        if wrong is not None:
            raise NnppError(f"term {self.name}: {wrong}")

    def _mistakes(self) -> Iterator[str]:
        """Yield what is wrong with the declaration, and what to do."""
        acts = (bool(self.weights), self.factor is not None, self.addition is not None)
        if sum(acts) != 1:
            yield "acts by weights, factor or addition; give exactly one of them"
        if self.weights and len(self.weights) != len(self.symbols):
            yield (
                f"has {len(self.weights)} weights and {len(self.symbols)} symbols; "
                "give one weight for each symbol"
            )
        if self.l not in (0, 1):
            yield f"has l={self.l}; projectors exist for l=0 and l=1 (nnpp/terms/projectors.py)"
        i = 2 * self.l + 1
        if self.coupling is not None and self.coupling.shape not in ((1, i) * 2, (2, i) * 2):
            yield (
                f"has a coupling of shape {self.coupling.shape}; "
                f"give (spin, {i}, spin, {i}) with one or two spins"
            )
        if self.cells and len(self.cells) != len(self.symbols):
            yield (
                f"has {len(self.cells)} cells and {len(self.symbols)} symbols; "
                "give one cell for each symbol"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the strengths after that of the species: none for a single strength."""
        return () if len(self.symbols) == 1 else (len(self.symbols),)

    @property
    def C(self) -> Array:
        """The coupling of directions and spins, shape (spin, i, spin, i)."""
        import numpy as np  # not needed to read a fit.yaml

        if self.coupling is not None:
            return self.coupling
        return np.eye(2 * self.l + 1, dtype=complex)[None, :, None, :]

    @property
    def acts_on_spin(self) -> bool:
        """Whether the term needs spinors."""
        return self.coupling is not None and len(self.coupling) == 2

    @property
    def in_export(self) -> bool:
        """Whether files for filter codes contain the term: known to them, or added to v(r)."""
        return self.in_codes or self.tail is not None

    @property
    def places(self) -> tuple[Cell, ...]:
        """Place of each strength in an export."""
        if self.cells is not None:
            return self.cells
        return tuple(Cell(f"{self.name}_{{X}}.par", i) for i in range(len(self.symbols)))


_registered: dict[str, Term] = {}


def terms() -> tuple[Term, ...]:
    """Return all terms, from the files in `fitted/` and registered ones, in their order."""
    return tuple(
        sorted({**_shipped(), **_registered}.values(), key=lambda t: (t.order, t.name))
    )


def term_named(name: str) -> Term:
    """Return the term with this name."""
    for term in terms():
        if term.name == name:
            return term
    raise NnppError(f"{name}: no such term; known: {', '.join(t.name for t in terms())}")


def register(term: Term) -> None:
    """Add a term until the process ends, or replace the one of the same name."""
    _registered[term.name] = term


def unregister(name: str) -> None:
    """Remove a term that `register` added."""
    del _registered[name]


def neutral(strength: Array, count: Array) -> Array:
    """Return the nearest strengths that sum to zero over a cell with `count` atoms of each."""
    return strength - count @ strength / count.sum()


@cache
def _shipped() -> dict[str, Term]:
    """Return the terms of the package `fitted`, one in each of its files."""
    package = import_module("nnpp.terms.fitted")
    files = [f"{package.__name__}.{m.name}" for m in iter_modules(package.__path__)]
    found = [import_module(file).TERM for file in files]
    by_name = {term.name: term for term in found}
    if len(by_name) != len(found):
        names = ", ".join(term.name for term in found)
        raise NnppError(f"two files in nnpp/terms/fitted have the same name of a term: {names}")
    return by_name
