"""Wave vectors k = Σ_i k_i b_i: listed, on a mesh reduced by symmetry, or along a path."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from nnpp.devices.tracing import concrete
from nnpp.errors import InputError
from nnpp.pytree import pytree, static
from nnpp.structures.crystal import Crystal


@pytree
class KPoints:
    """Wave vectors with their weights and their positions in a figure.

    Attributes:
        fractional: k in units of the reciprocal lattice vectors b_i.
        weights: the weight of each k in a sum over the zone; their sum is 1.
        distance: Σ|Δk| along the path; a jump between two pieces adds nothing [bohr⁻¹].
        labels: names of special points ("Γ", "X"), "" elsewhere.
    """

    fractional: Float[Array, "k 3"]
    weights: Float[Array, " k"]
    distance: Float[Array, " k"]
    labels: tuple[str, ...] = static()

    def __len__(self) -> int:
        """Return the number of k-points."""
        return len(self.labels)

    @property
    def gamma(self) -> int | None:
        """The index of Γ, or of a reciprocal lattice vector; None without one."""
        k = np.asarray(concrete(self.fractional, "a k-point"))
        at = np.flatnonzero(np.all(np.abs(k - np.round(k)) < 1e-9, axis=1))
        return int(at[0]) if at.size else None

    @property
    def require_gamma(self) -> int:
        """The index of Γ; an InputError without one."""
        if self.gamma is None:
            raise InputError(
                "Γ is not among the k-points, but is required", "add the k-point 0 0 0"
            )
        return self.gamma


def path_distance(crystal: Crystal, fractional: np.ndarray, jumps: np.ndarray) -> np.ndarray:
    """Return the distance along a path [bohr⁻¹] without the steps into each k of `jumps`."""
    steps = np.linalg.norm(
        np.diff(fractional, axis=0) @ np.asarray(crystal.concrete.reciprocal), axis=1
    )
    steps[jumps - 1] = 0.0
    return np.concatenate([[0.0], np.cumsum(steps)])


def listed(
    crystal: Crystal,
    fractional: ArrayLike,
    weights: ArrayLike | None = None,
    labels: tuple[str, ...] | None = None,
    jumps: tuple[int, ...] = (),
) -> KPoints:
    """Return k-points from a list.

    Args:
        crystal: the crystal.
        fractional: coordinates in units of the reciprocal lattice vectors.
        weights: weights, in any normalisation; equal by default.
        labels: names of special points.
        jumps: indices of k-points where a new piece of a path starts.
    """
    fractional = jnp.asarray(fractional, float)
    fractional = fractional if fractional.ndim > 1 else fractional[None]
    k = np.asarray(concrete(fractional, "a k-point"))
    w = np.ones(len(k)) if weights is None else np.asarray(weights, float)
    labels = ("",) * len(k) if labels is None else labels
    if k.shape[1:] != (3,) or not k.size or not np.isfinite(k).all():
        raise InputError("a k-point is not three finite coordinates", "correct the k-points")
    if w.shape != (len(k),) or len(labels) != len(k):
        raise InputError(f"{len(k)} k-points need as many weights and labels", "correct them")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
        raise InputError("k-point weights must be ≥ 0 and not all zero", "correct the weights")
    distance = path_distance(crystal, k, np.asarray([j for j in jumps if j > 0], int))
    return KPoints(fractional, jnp.asarray(w / w.sum()), jnp.asarray(distance), labels)
