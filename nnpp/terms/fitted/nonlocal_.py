"""Non-local term: ⟨G|H_NL|G′⟩ = (12π/Ω) Σ_a e^{−i(G−G′)·τ_a} (K̂·K̂′) [a6 I₁ + a7 I₂](K,K′).

It acts on the p part (l = 1) of a wave about each atom, and not on spin; K = k+G.
"""

import numpy as np

from nnpp.terms.term import Cell, Term


def inner_weight(r: np.ndarray) -> np.ndarray:
    """Return W₁ = exp(−r²), r in bohr."""
    return np.exp(-(r**2))


def outer_weight(r: np.ndarray) -> np.ndarray:
    """Return W₂ = exp(−(r−1.5)²), r in bohr."""
    return np.exp(-((r - 1.5) ** 2))


FIRST = (0.1, 0.1)
"""First strengths [hartree]. With v(q) free at every length, the loss of GaAs (GLLB-SC) is
10 eV² without non-local terms, 2.3 eV² with p waves, and 0.16 eV² with s and p waves."""


def first(number: int) -> tuple[float, float]:
    """Return small strengths, the same for every element [hartree]."""
    return FIRST


TERM = Term(
    name="nonlocal",
    symbols=("a6", "a7"),
    unit="hartree",
    words="non-local",
    description="Non-local strengths a6 and a7, on p waves [hartree].",
    formula="a6 with W₁ = exp(−r²) and a7 with W₂ = exp(−(r−1.5)²) [hartree] in "
    "(12π/Ω) Σ_a exp(−i(G−G′)·τ_a) K̂·K̂′ ∫ r² j₁(Kr) W(r) j₁(K′r) dr",
    order=1,
    l=1,
    weights=(inner_weight, outer_weight),
    cells=(Cell("SO_{X}.par", 1, filler=True), Cell("SO_{X}.par", 2, filler=True)),
    in_codes=True,
    first=first,
)
