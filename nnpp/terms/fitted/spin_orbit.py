"""Spin-orbit term: ⟨G|H_SO|G′⟩ = (12π/Ω) Σ_a e^{−i(G−G′)·τ_a} a5 I_so (−i)(K̂×K̂′)·σ/2.

(K×K′)_l = ε_lij K_i K′_j, which couples the directions i, j by C = −(i/2) ε_lij σ_l.
"""

import numpy as np

from nnpp.terms.term import Cell, Term

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""Pauli matrices σ_x, σ_y, σ_z."""

EPSILON = np.zeros((3, 3, 3))
for _l, _i, _j in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    EPSILON[_l, _i, _j], EPSILON[_l, _j, _i] = 1, -1


def weight(r: np.ndarray) -> np.ndarray:
    """Return W_so = exp(−(r/0.7)²), r in bohr."""
    return np.exp(-((r / 0.7) ** 2))


def first(number: int) -> tuple[float]:
    """Return a typical strength a5 from the atomic number, 3 hartree for iodine [hartree]."""
    return (round(3.0 * (number / 53) ** 2, 4),)


TERM = Term(
    name="spin_orbit",
    symbols=("a5",),
    unit="hartree",
    words="spin-orbit",
    description="Spin-orbit strength a5 [hartree].",
    formula="a5 with W_so = exp(−(r/0.7)²) [hartree] in "
    "(12π/Ω) Σ_a exp(−i(G−G′)·τ_a) (−i)(K̂×K̂′)·σ/2 ∫ r² j₁(Kr) W(r) j₁(K′r) dr",
    order=0,
    l=1,
    weights=(weight,),
    coupling=np.einsum("lij,lst->sitj", -0.5j * EPSILON, SIGMA),
    cells=(Cell("SO_{X}.par", 0, filler=True),),
    in_codes=True,
    first=first,
)
