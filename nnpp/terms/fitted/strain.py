"""Strain: v_s(q) → v_s(q)·[1 + s1 ε + s2 ε³].

ε = Ω/Ω₀ − 1 of the crystal, or of the tetrahedron of neighbours about each atom
(structures/environment.py); the factor is exactly 1 in the unstrained crystal.
"""

from nnpp.terms.term import Array, Cell, Term


def strain_factor(strain: Array, dilation: Array) -> Array:
    """Return 1 + s1 ε + s2 ε³ of each species."""
    return 1 + strain[:, 0] * dilation + strain[:, 1] * dilation**3


TERM = Term(
    name="strain",
    symbols=("s1", "s2"),
    unit="1",
    words="strain factors",
    description="s1 and s2 of the strain factor 1 + s1 ε + s2 ε³.",
    formula="v → v·(1 + s1 ε + s2 ε³), ε = Ω/Ω₀ − 1 of the tetrahedron of an atom's neighbours",
    order=3,
    factor=strain_factor,
    cells=(Cell("pot{X}_a4.par"), Cell("pot{X}_a5.par")),
    in_codes=True,
)
