"""Long range: v_LR(q) = −a4·4π/q²·exp(−q²/4γ²), the Coulomb tail of a smeared charge."""

import numpy as np

from nnpp.terms.term import Array, Term

GAMMA = 0.2
"""γ, the inverse width of the smeared charge [bohr⁻¹]."""

ORIGIN = 1e-4
"""Lengths up to this are treated as q = 0, where a neutral cell has no tail [bohr⁻¹]."""


def long_range(q: Array, charge: Array) -> Array:
    """Return v_LR(q) of each species [hartree·bohr³], for charges a4 [e] that sum to zero."""
    import jax.numpy as jnp  # fit.yaml is validated without JAX

    outside = q > ORIGIN
    q = jnp.where(outside, q, 1.0)
    coulomb = 4 * jnp.pi / q**2 * jnp.exp(-(q**2) / (4 * GAMMA**2))
    tail: Array = jnp.where(outside, coulomb, 0.0)
    return -tail[:, None] * charge


def coulomb_tail(charge: float, r: np.ndarray) -> np.ndarray:
    """Return −a4 erf(γr)/r [hartree], the transform of −a4·4π/q²·exp(−q²/4γ²)."""
    from scipy.special import erf  # slow, and not needed to read a fit.yaml

    far = np.where(r > 0, r, 1.0)
    return -charge * np.where(r > 0, erf(GAMMA * far) / far, 2 * GAMMA / np.sqrt(np.pi))


TERM = Term(
    name="charge",
    symbols=("a4",),
    unit="e",
    words="long-range charge",
    description="Long-range charge a4 [e].",
    formula="v(q) → v(q) − a4·4π/q²·exp(−q²/4γ²), γ = 0.2 bohr⁻¹",
    order=2,
    addition=long_range,
    tail=coulomb_tail,
    neutral=True,
    cells=(),
    in_codes=True,
)
