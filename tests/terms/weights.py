"""The radial weights from their formulas, for scipy's quadrature."""

from math import exp

from nnpp.terms.fitted import nonlocal_, spin_orbit

PAIRS = {
    "so": (spin_orbit.weight, lambda r: exp(-((r / 0.7) ** 2))),
    "inner": (nonlocal_.inner_weight, lambda r: exp(-(r**2))),
    "outer": (nonlocal_.outer_weight, lambda r: exp(-((r - 1.5) ** 2))),
}
"""The weight in nnpp, and as a function of one number."""
