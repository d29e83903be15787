"""The radial weights once more, from the formula, for scipy's quadrature."""

from math import exp

from nnpp.terms import radial

PAIRS = {
    "so": (radial.spin_orbit_weight, lambda r: exp(-((r / 0.7) ** 2))),
    "inner": (radial.inner_weight, lambda r: exp(-(r**2))),
    "outer": (radial.outer_weight, lambda r: exp(-((r - 1.5) ** 2))),
}
"""The weight as nnpp has it, and as a plain function of one number."""
