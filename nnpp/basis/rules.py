"""Which plane waves are taken: sets of integers n with G = n₁b₁ + n₂b₂ + n₃b₃.

Every rule counts a vector on the cutoff sphere, to within rounding, as outside. All members of
a star are then either inside or outside.

With a sharp cutoff, levels jump where plane waves cross the cutoff sphere, by up to 50 meV
along a path. `smooth` has no such jumps: the kinetic energy of a plane wave rises to infinity
before it leaves the sphere (terms/kinetic.py), so that levels are smooth in k, volume and
strain.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnpp.errors import InputError

Cell = Float[np.ndarray, "3 3"]
"""Lattice vectors as rows [bohr]."""

ON_THE_SPHERE = 1e-10
"""Relative width of the shell that counts as the cutoff sphere."""

LONGEST_SMOOTH = 0.99
"""Largest |k+G| of `smooth`, relative to that at the cutoff.

There T is 7·10³ times the cutoff: dropping such a plane wave moves a level by some 0.01 meV,
and rounding errors of a dense solver, which grow with the largest T, stay near 10⁻¹¹ hartree.
"""


@dataclass(frozen=True)
class Rule:
    """A rule that selects plane waves.

    Attributes:
        select: returns a set of n for each k, from a cell, k-points (fractional) and E_cut.
        smooth: whether the kinetic energy rises smoothly to infinity at the cutoff.
        symmetric: whether levels keep every symmetry of the crystal.
    """

    select: Callable[[Cell, np.ndarray, float], list[np.ndarray]]
    smooth: bool = False
    symmetric: bool = False


def _reciprocal(cell: Cell) -> Cell:
    """Return the reciprocal lattice vectors as rows [bohr⁻¹]."""
    return 2 * np.pi * np.linalg.inv(cell).T


def _within(cell: Cell, k: np.ndarray, cutoff: float) -> np.ndarray:
    """Return all n with ½|k+G|² < E_cut, for one k in fractional coordinates."""
    b = _reciprocal(cell)
    reach = np.sqrt(2 * cutoff) * np.linalg.norm(cell, axis=1) / (2 * np.pi)
    axes = [
        np.arange(np.floor(-r - x), np.ceil(r - x) + 1) for r, x in zip(reach, k, strict=True)
    ]
    n = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    kinetic = np.sum(((n + k) @ b) ** 2, axis=1) / 2
    n = n[kinetic < cutoff * (1 - ON_THE_SPHERE)].astype(int)
    if not len(n):
        raise InputError(
            f"no plane wave lies below {cutoff:g} hartree at k = {k}", "raise the cutoff"
        )
    return n


def _smooth(cell: Cell, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return n with |k+G| < 0.99 √(2E_cut), a set for each k."""
    return _per_k(cell, k, cutoff * LONGEST_SMOOTH**2)


def _per_k(cell: Cell, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return n with ½|k+G|² < E_cut, a set for each k; keeps every symmetry of the crystal."""
    return [_within(cell, x, cutoff) for x in k]


def _sphere(cell: Cell, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return n with ½|G|² < E_cut, one set for all k; breaks symmetry at the zone boundary."""
    return [_within(cell, np.zeros(3), cutoff)] * len(k)


def _deepseudopot(cell: Cell, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return n of `sphere` within |nᵢ| ≤ int(√(2E_cut)/min|b|), the rule of DeePseudopot."""
    b = _reciprocal(cell)
    box = int(np.sqrt(2 * cutoff) / np.linalg.norm(b, axis=1).min())
    n = _within(cell, np.zeros(3), cutoff)
    return [n[np.all(np.abs(n) <= box, axis=1)]] * len(k)


def fixed_at_gamma(rule: Rule) -> Rule:
    """Return the rule that takes the plane waves of Γ at every k.

    Levels are then analytic in k near Γ with a sharp cutoff, and smooth (C∞) with `smooth`.

    Args:
        rule: the rule at Γ.

    Returns:
        The rule for all k.
    """

    def select(cell: Cell, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
        return rule.select(cell, np.zeros((1, 3)), cutoff) * len(k)

    return Rule(select, smooth=rule.smooth)


SMOOTH = Rule(_smooth, smooth=True, symmetric=True)
PER_K = Rule(_per_k, symmetric=True)
SPHERE = Rule(_sphere)
DEEPSEUDOPOT = Rule(_deepseudopot)

RULES = {
    "smooth": SMOOTH,
    "per-k": PER_K,
    "sphere": SPHERE,
    "deepseudopot": DEEPSEUDOPOT,
}
"""The rules under the names that files use for them."""
