"""Short programs that use nnpp. `python -m examples` runs them and draws the gallery."""

NAMES = (
    "first_fit",
    "own_gpaw_bands",
    "effective_masses",
    "strain_gradient",
    "sensitivity",
    "optics",
    "ensemble",
    "custom_term",
    "custom_solver",
)
"""All examples, in the order of the gallery."""
