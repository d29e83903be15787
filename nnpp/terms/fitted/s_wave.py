"""Non-local term on s waves: ⟨G|H_s|G′⟩ = (4π/Ω) Σ_a e^{−i(G−G′)·τ_a} [b1 I₁ + b2 I₂](K,K′).

I_W(K,K′) = ∫ r² j₀(Kr) W(r) j₀(K′r) dr, with the weights W₁ and W₂ of the term on p waves.
It acts on the s part (l = 0) of a wave about each atom. With the term on p waves, the s part,
the p part and the higher parts have different potentials. This is the semilocal form of
Chelikowsky and Cohen, Phys. Rev. B 14, 556 (1976), doi:10.1103/PhysRevB.14.556.
"""

from nnpp.terms.fitted.nonlocal_ import first, inner_weight, outer_weight
from nnpp.terms.term import Cell, Term

TERM = Term(
    name="s_wave",
    symbols=("b1", "b2"),
    unit="hartree",
    words="s-wave",
    description="Non-local strengths b1 and b2, on s waves [hartree].",
    formula="b1 with W₁ = exp(−r²) and b2 with W₂ = exp(−(r−1.5)²) [hartree] in "
    "(4π/Ω) Σ_a exp(−i(G−G′)·τ_a) ∫ r² j₀(Kr) W(r) j₀(K′r) dr",
    order=4,
    l=0,
    weights=(inner_weight, outer_weight),
    cells=(Cell("S_{X}.par", 0), Cell("S_{X}.par", 1)),
    first=first,
)
