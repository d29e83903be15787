"""Which plane waves are taken: sets of integers n with G = n₁b₁ + n₂b₂ + n₃b₃.

Every rule counts a vector on the cutoff sphere, to within rounding, as outside. All members of
a star are then either inside or outside.
"""

from collections.abc import Callable

import numpy as np

from nnpp.errors import InputError
from nnpp.structures.crystal import Crystal

ON_THE_SPHERE = 1e-10
"""Relative width of the shell that counts as the cutoff sphere."""


def _within(crystal: Crystal, k: np.ndarray, cutoff: float) -> np.ndarray:
    """All n with ½|k+G|² < E_cut, for one k in fractional coordinates."""
    cell, b = np.asarray(crystal.cell), np.asarray(crystal.reciprocal)
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


def per_k(crystal: Crystal, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return n with ½|k+G|² < E_cut, a set for each k; keeps every symmetry of the crystal."""
    return [_within(crystal, x, cutoff) for x in k]


def sphere(crystal: Crystal, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return n with ½|G|² < E_cut, one set for all k; breaks symmetry at the zone boundary."""
    return [_within(crystal, np.zeros(3), cutoff)] * len(k)


def deepseudopot(crystal: Crystal, k: np.ndarray, cutoff: float) -> list[np.ndarray]:
    """Return `sphere` within |nᵢ| ≤ int(√(2E_cut)/min|b|), the rule of DeePseudopot."""
    b = np.asarray(crystal.reciprocal)
    box = int(np.sqrt(2 * cutoff) / np.linalg.norm(b, axis=1).min())
    n = _within(crystal, np.zeros(3), cutoff)
    return [n[np.all(np.abs(n) <= box, axis=1)]] * len(k)


RULES: dict[str, Callable[[Crystal, np.ndarray, float], list[np.ndarray]]] = {
    "per-k": per_k,
    "sphere": sphere,
    "deepseudopot": deepseudopot,
}
