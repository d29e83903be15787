"""Masses at Γ from levels that are stored at k-points near it, as in files of reference bands.

With Δ(k) = E(k) − E(Γ), the mean over the levels of a band edge,

    Δ (1 + αΔ) = ½ Σ_ij A_ij k_i k_j,        1/m = tr A / 3,

which is Kane's non-parabolic band: a quadratic and a quartic term, the latter along (k·A·k)².
A has the symmetry of the crystal. A and α are fitted to all points within `REACH` of Γ. There
is no result where the points are too few or too coarse for both, or do not follow this form.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nnpp.observables.edges import Edges

REACH = 0.05
"""Largest |k| of a fit [bohr⁻¹]."""

APART = 1.5
"""The farthest point is at least so many times as far from Γ as the nearest one."""

LARGEST_RESIDUAL = 0.01
"""Largest root mean square residual, relative to the largest Δ."""

AT_GAMMA = 1e-9
"""Largest |k| that counts as Γ [bohr⁻¹]."""

ON_AXIS = 1e-6
"""Sine of the angle up to which a point lies on an axis."""

AXES = {"100": np.eye(3), "111": np.array([[a, b, 1.0] for a in (1, -1) for b in (1, -1)])}
"""Cubic axes, up to their sign."""

Points = Float[np.ndarray, "k 3"]


@dataclass(frozen=True)
class Curvature:
    """The curvature of a band edge at Γ, and the fit that gave it.

    Attributes:
        inverse: 1/m, the mean over directions [1/mₑ]; negative at a maximum.
        points: number of k-points.
        reach: their largest |k| [bohr⁻¹].
        residual: root mean square residual of the fit [hartree].
    """

    inverse: float
    points: int
    reach: float
    residual: float


def curvature(
    k: Points, delta: Float[np.ndarray, " k"], rotations: Float[np.ndarray, "op 3 3"]
) -> Curvature | None:
    """Return the curvature of a band edge; None if the points do not determine it.

    Args:
        k: wave vectors [bohr⁻¹].
        delta: Δ at each of them [hartree].
        rotations: orthogonal matrices k → k R that leave the levels unchanged.
    """
    needed = int(np.linalg.matrix_rank(_invariant(_DIRECTIONS, rotations)))
    mean = np.array([1.0, 1, 1, 0, 0, 0]) / 3
    return _fitted(np.linalg.norm(k, axis=1), delta, _invariant(k, rotations), needed, mean)


def _fitted(
    distance: Float[np.ndarray, " k"],
    delta: Float[np.ndarray, " k"],
    quadratic: Float[np.ndarray, "k n"],
    needed: int,
    mean: Float[np.ndarray, " n"],
) -> Curvature | None:
    """Return the fit of Δ(1 + αΔ) = Σ_n A_n q_n.

    Args:
        distance: |k| of each point [bohr⁻¹].
        delta: Δ at each of them [hartree].
        quadratic: q_n of each point [bohr⁻²].
        needed: number of independent A_n.
        mean: their weights in 1/m.
    """
    near = (distance > AT_GAMMA) & (distance <= REACH)
    distance, delta, quadratic = distance[near], delta[near], quadratic[near] / REACH**2
    if len(delta) < needed + 2 or distance.max() < APART * distance.min():
        return None
    if np.linalg.matrix_rank(quadratic, tol=1e-6) < needed:
        return None
    largest = float(np.abs(delta).max())
    design = np.column_stack([quadratic, -(delta**2) / largest])
    found = np.linalg.lstsq(design, delta, rcond=1e-10)[0]
    residual = float(np.sqrt(np.mean((design @ found - delta) ** 2)))
    if not residual < LARGEST_RESIDUAL * largest:
        return None
    inverse = float(mean @ found[:-1]) / REACH**2
    return Curvature(inverse, len(delta), float(distance.max()), residual)


_DIRECTIONS = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]], float
)
"""Vectors that determine every symmetric tensor."""


def _invariant(k: Points, rotations: Float[np.ndarray, "op 3 3"]) -> Float[np.ndarray, "k 6"]:
    """Return the coefficients of A (xx, yy, zz, yz, xz, xy) in ½ k·A·k, the mean of images."""
    images = np.einsum("ki,oij->okj", k, rotations)
    x, y, z = np.moveaxis(images, -1, 0)
    terms = np.stack([x * x / 2, y * y / 2, z * z / 2, y * z, x * z, x * y], axis=-1)
    return terms.mean(axis=0)


def electron(
    k: Points,
    E: Float[np.ndarray, "k level"],
    at_gamma: Float[np.ndarray, " level"],
    edges: Edges,
    rotations: Float[np.ndarray, "op 3 3"],
) -> Curvature | None:
    """Return the curvature of the conduction edge.

    Args:
        k: wave vectors [bohr⁻¹].
        E: ascending levels [hartree].
        at_gamma: those at Γ.
        edges: where the band edges are among the levels.
        rotations: orthogonal matrices k → k R that leave the levels unchanged.
    """
    levels = slice(*edges.conduction)
    return curvature(k, E[:, levels].mean(axis=1) - at_gamma[levels].mean(), rotations)


def holes(
    k: Points,
    E: Float[np.ndarray, "k level"],
    at_gamma: Float[np.ndarray, " level"],
    edges: Edges,
) -> Iterator[tuple[str, Curvature]]:
    """Yield "heavy 100", "light 100", "heavy 111" and "light 111" of Γ8, as far as determined.

    Arguments as of `electron`; the edge is that of zinc blende or diamond with spin-orbit
    coupling.
    """
    first, end = edges.valence
    top = at_gamma[first:end].mean()
    for axis, directions in AXES.items():
        on_axis = _along(k, directions)
        distance = np.linalg.norm(k[on_axis], axis=1)
        for name, low in (("light", first), ("heavy", first + 2)):
            delta = E[on_axis, low : low + 2].mean(axis=1) - top
            found = _fitted(distance, delta, distance[:, None] ** 2 / 2, 1, np.ones(1))
            if found is not None and found.inverse < 0:
                yield f"{name} {axis}", found


def _along(k: Points, directions: Float[np.ndarray, "axis 3"]) -> np.ndarray:
    """Return which wave vectors lie along one of the directions."""
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    across = k[:, None] - (k @ unit.T)[..., None] * unit
    sine = np.linalg.norm(across, axis=-1).min(axis=1)
    return sine <= ON_AXIS * np.linalg.norm(k, axis=1)
