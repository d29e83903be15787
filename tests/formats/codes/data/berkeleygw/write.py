"""Writes bandstructure.dat and eqp1.dat as inteqp and sigma of BerkeleyGW format them.

The levels are those of no solid: bands 2 to 6 of a model on an fcc lattice, whose
quasiparticle energies are scissored. Fortran's formats are in the comments.
"""

from pathlib import Path

import numpy as np

ALAT = 10.26  # bohr
K = np.array(
    [[0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0, 0, 0], [0.1875, 0, 0.1875], [0.5, 0, 0.5]]
)  # L, Λ, Γ, Δ, X
B = np.array([[-1, -1, 1], [1, 1, 1], [-1, 1, -1]])  # in units of blat = 2π/alat
FOLDER = Path(__file__).parent


def mean_field(band: int) -> np.ndarray:
    """A level for each k-point [eV]."""
    return 2.5 * band - 7 + 0.3 * np.cos(2 * np.pi * K).sum(axis=1) * (-1) ** band


def quasiparticle(band: int) -> np.ndarray:
    """The same, after the scissors [eV]."""
    E = mean_field(band)
    return E - 0.2 + 0.01 * E if band <= 4 else 1.05 * E + 0.4


def bandstructure() -> str:
    """Band after band; Cartesian k, Σ_i k_i b_i · blat."""
    cartesian = K @ B * 2 * np.pi / ALAT
    rows = [
        "# spin    band          kx          ky          kz          E(MF)          E(QP)"
        "        Delta E",
        "#                        (Cartesian coordinates)             (eV)           (eV)"
        "           (eV)",
    ]
    for band in range(2, 7):
        for (x, y, z), mf, qp in zip(
            cartesian, mean_field(band), quasiparticle(band), strict=True
        ):
            rows.append(  # i6,i8,3f12.5,3f15.9
                f"{1:6d}{band:8d}{x:12.5f}{y:12.5f}{z:12.5f}{mf:15.9f}{qp:15.9f}{qp - mf:15.9f}"
            )
    return "\n".join(rows) + "\n"


def eqp() -> str:
    """K-point after k-point; fractional k."""
    rows = []
    for i, (x, y, z) in enumerate(K):
        rows.append(f"{x:13.9f}{y:13.9f}{z:13.9f}{5:8d}")  # 3f13.9,i8
        for band in range(2, 7):  # 2i8,2f15.9
            mf, qp = mean_field(band)[i], quasiparticle(band)[i]
            rows.append(f"{1:8d}{band:8d}{mf:15.9f}{qp:15.9f}")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    (FOLDER / "bandstructure.dat").write_text(bandstructure())
    (FOLDER / "eqp1.dat").write_text(eqp())
