"""First forms of elements: Zunger's form where it is published, a typical one elsewhere.

The typical one is the screened empty core (Ashcroft, Phys. Lett. 23, 48 (1966)) written in
Zunger's form: −4πZ cos(q r_c)/(q² + k_s²) has the node π/2r_c and, at q = 0, −4πZ/k_s², where
k_s² = 4k_F/π and k_F³ = 3π²n for n valence electrons in a volume (Thomas and Fermi). With the
range of the published forms, a2 = 3 and a3 = 0.55 bohr²,

    v(q) = a0 (q² − a1)/(a2 e^{a3 q²} − 1),   a1 = (π/2r_c)²,   a0 = (a2 − 1)·4πZ/(k_s² a1).
"""

from math import pi

PUBLISHED = {
    "Cd": (-31.4518, 1.3890, -0.0502, 1.6603),
    "Se": (8.4921, 4.3513, 1.3600, 0.3227),
    "S": (7.6697, 4.5192, 1.3456, 0.3035),
    "In": (50.52125600, 2.08060694, 2.99746849, 0.51659601),
    "Ga": (50.91553834, 2.32117774, 3.74512863, 0.59911115),
    "As": (25.70448291, 2.62806888, 1.58938433, 0.51483870),
    "P": (27.48125398, 2.59934529, 1.66391955, 0.47585808),
    "Pb": (88.83, 2.605, 4.2869, 0.5195),
    "I": (113.756, 2.1413, 2.8422, 0.5671),
    "Cs": (0.0, 0.73523927, 2.46919399, 1.33888287),
}
"""Published a0 … a3 (hartree, bohr) of fits to zb-CdSe, CdS, the III-V family and CsPbI₃."""

A2, A3 = 3.0, 0.55
"""Those of the typical form."""

CORE = 0.42
"""r_c as a share of the covalent radius: the mean of the nodes of the published forms."""


def first_form(Z: int, radius: float, density: float) -> tuple[float, float, float, float]:
    """a0 … a3 of an element, from valence, covalent radius [bohr] and electrons [bohr⁻³]."""
    a1 = (pi / (2 * CORE * radius)) ** 2
    k_s2 = 4 / pi * (3 * pi**2 * density) ** (1 / 3)
    return (A2 - 1) * 4 * pi * Z / (k_s2 * a1), a1, A2, A3
