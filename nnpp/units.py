"""Conversion factors between atomic units and the units of files and figures.

Source: CODATA 2018, doi:10.1103/RevModPhys.93.025010.
"""

HARTREE_EV = 27.211386245988
BOHR_ANGSTROM = 0.529177210903

DEEPSEUDOPOT_HARTREE_EV = 27.2114
"""The value of the code DeePseudopot, for its files and parity tests alone."""

ENERGY = {
    "hartree": 1.0,
    "Ha": 1.0,
    "rydberg": 0.5,
    "Ry": 0.5,
    "eV": 1 / HARTREE_EV,
    "meV": 1e-3 / HARTREE_EV,
}
"""Hartree per unit, for energies with a unit."""

LENGTH = {
    "bohr": 1.0,
    "angstrom": 1 / BOHR_ANGSTROM,
    "Å": 1 / BOHR_ANGSTROM,
    "nm": 10 / BOHR_ANGSTROM,
}
"""Bohr per unit, for lengths with a unit."""

MASS = {"me": 1.0}
"""Electron masses per unit, for masses with a unit."""

SLOPE = {
    "hartree/bohr": 1.0,
    "eV/bohr": 1 / HARTREE_EV,
    "eV/angstrom": BOHR_ANGSTROM / HARTREE_EV,
    "eV/Å": BOHR_ANGSTROM / HARTREE_EV,
}
"""Hartree/bohr per unit, for slopes with a unit."""

PER_CM = 1e8 / BOHR_ANGSTROM
"""cm⁻¹ per bohr⁻¹."""

SPEED_OF_LIGHT = 137.035999084
"""The speed of light c = 1/α in atomic units."""
