"""Strengths: one number or two for each species and term, beside the form factor v_s(q).

Strain: v_s → v_s·[1 + s1 ε + s2 ε³], ε = Ω/Ω₀ − 1, or that of the tetrahedron about each atom
(crystal/environment.py); exactly 1 in the unstrained crystal.
"""

from jaxtyping import Array, Float

from nnpp.pytree import pytree


@pytree
class Strengths:
    """What each species adds beside v_s(q); None where no species has the term.

    Attributes:
        spin_orbit: a5 [hartree].
        nonlocal_: a6 and a7, on p waves [hartree].
        charge: a4 [e].
        strain: s1 and s2.
        s_wave: b1 and b2, on s waves [hartree].
    """

    spin_orbit: Float[Array, " species"] | None = None
    nonlocal_: Float[Array, "species 2"] | None = None
    charge: Float[Array, " species"] | None = None
    strain: Float[Array, "species 2"] | None = None
    s_wave: Float[Array, "species 2"] | None = None


def strain_factor(
    strain: Float[Array, "species 2"], dilation: Float[Array, "*species"]
) -> Float[Array, " species"]:
    """1 + s1 ε + s2 ε³ of each species."""
    return 1 + strain[:, 0] * dilation + strain[:, 1] * dilation**3
